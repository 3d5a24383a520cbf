"""Steps: what a specialist plans. Each argument says where it came from; a step becomes one Proposal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from agents.wording import EFFECT, UNDO
from tools.actions import Ref, parse_action
from tools.billing.finding import Finding
from tools.pricing.priced import PricedChange
from tools.proposals import ArgumentSource, Proposal, ProposedFinding, WeekLoads


@dataclass(frozen=True)
class Given:
    """One argument: its value, the facts it rests on, and how it was got from them."""

    value: Any
    facts: tuple[str, ...] = ()
    method: str = "read from the record"


@dataclass(frozen=True)
class Earlier:
    """An argument that an earlier step's execution will give: `field` of the result of the step named `step`."""

    step: str
    field: str


@dataclass(frozen=True)
class Letter:
    """What a customer message must say. `subject` and `body` are the template filled from facts.

    `facts` is all that a model which rewrites the letter gets to see, beside the template's own words.
    """

    purpose: str
    subject: str
    body: str
    facts: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Step:
    """One action to propose. `name` is unique in its plan; `letter` is set where the draft node writes the text.

    `computed` are values that the specialist's own arithmetic made from facts and that its prose may state;
    `findings` are what a detector found and the step is proposed for.
    """

    name: str
    tool: str
    args: Mapping[str, Given | Earlier]
    rationale: str
    evidence: Sequence[str] = ()
    triggered_by: Sequence[str] = ()
    alternatives: Sequence[str] = ()
    letter: Letter | None = None
    computed: Sequence[int | date | str] = ()
    ungrounded: Sequence[str] = ()
    loads: Sequence[WeekLoads] = ()
    findings: Sequence[Finding] = ()
    change: PricedChange | None = None

    def with_args(self, **given: Given) -> "Step":
        return replace(self, args={**self.args, **given})


@dataclass(frozen=True)
class Plan:
    """What a specialist answers: steps in the order of their dependence, or none and why; `summary` for people."""

    summary: str
    steps: tuple[Step, ...] = field(default=())
    nothing_because: str | None = None


def proposal(step: Step, earlier: Mapping[str, str], ident: str) -> Proposal:
    """The step as a proposal; `earlier` holds the proposal ids of the steps before it, which it may refer to.

    Raises pydantic.ValidationError when an argument does not fit its action, KeyError for a reference to no such step.
    """
    args: dict[str, Any] = {}
    provenance: dict[str, ArgumentSource] = {}
    for name, given in step.args.items():
        if isinstance(given, Earlier):
            args[name] = Ref(target=f"{earlier[given.step]}/result/{given.field}")
            provenance[name] = ArgumentSource(method=f"the {given.field} that {given.step} will report")
        elif given.value is not None:
            args[name] = given.value
            provenance[name] = ArgumentSource(facts=list(given.facts), method=given.method)
    found = [fact for one in step.findings for fact in one.evidence]
    cited = dict.fromkeys([*step.evidence, *(fact for source in provenance.values() for fact in source.facts), *found])
    return Proposal(
        id=ident, action=parse_action(step.tool, args), rationale=step.rationale, evidence=list(cited),
        provenance=provenance, alternatives=list(step.alternatives),
        expected_effect=EFFECT[step.tool], undo=UNDO[step.tool], triggered_by=list(step.triggered_by),
        ungrounded=list(step.ungrounded), loads=list(step.loads), findings=[_proposed(one) for one in step.findings],
        change=step.change,
    )  # fmt: skip


def _proposed(finding: Finding) -> ProposedFinding:
    stake = finding.stake
    return ProposedFinding(
        kind=finding.kind, title=finding.title, record=finding.record, says=finding.says,
        evidence=list(finding.evidence), confidence=finding.confidence,
        amount_minor=stake.amount_minor if stake else None, currency=stake.currency if stake else None,
        owner_id=finding.owner_id, owner_role=finding.owner_role, remedy=finding.remedy,
    )  # fmt: skip
