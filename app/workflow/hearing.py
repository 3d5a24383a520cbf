"""Hearing: the questions of one case, decided about in one transaction.

For each action a policy request is made from its arguments and the records. Nothing that a model wrote reaches it;
doubt (low confidence, novelty, ungrounded text) can only add risk.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlmodel import Session

from app import tenancy
from app.context import Context
from app.store.models import Case
from app.workflow import history, route
from app.workflow.material import Material, seen
from app.workflow.trigger import Trigger
from policies import decision as policy
from policies.backing import back, support_of
from policies.context import Cumulated, EventValue, RequestContext
from policies.request import PolicyRequest, build_request
from policies.risk import Doubt
from policies.sources import Sources
from tools.actions import Action, SendCustomerMessage
from tools.facts import Scalar
from tools.proposals import ProposedValue


@dataclass(frozen=True)
class Question:
    """One action to decide about, with what the case says of it. `results` are read-backs by `$ref` target."""

    proposal_id: str
    action: Action
    doubt: Doubt
    earlier: Mapping[str, Action] = field(default_factory=dict)
    results: Mapping[str, Scalar] = field(default_factory=dict)
    editor: str | None = None
    edited: Sequence[str] = ()
    evidence: Sequence[str] = ()
    execution_id: str | None = None

    @cached_property
    def args_digest(self) -> str:
        return self.action.digest()

    @cached_property
    def target(self) -> str:
        return history.target_of(self.action)


@dataclass(frozen=True)
class Judged:
    """The decision with all that it looked at. `request` is None where it could not even be built.

    `manager` is the record of the line manager of who would be booked.
    """

    question: Question
    decision: policy.Decision
    request: PolicyRequest | None
    support: dict[str, ProposedValue]
    seen: dict[str, str]
    manager: str | None = None


@dataclass(frozen=True)
class _Past:
    """What history says: by scope, by target, by tool, and the records that the case's executions created."""

    moved: Mapping[str, int]
    duplicates: Mapping[str, int]
    reversals: Mapping[str, tuple[int, int]]
    created: Sequence[str]


class Hearing:
    """What is the same for every question of the case is worked out once, and history is asked once for all of them.

    `actions`: those that there will be questions about, where there are several; nothing may be stored of them yet.
    Raises Problem and tenancy.SettingInvalid where the tenant's settings cannot be read.
    """

    def __init__(
        self, ctx: Context, session: Session, case: Case, trigger: Trigger, material: Material, now: datetime,
        actions: Sequence[Action] = (),
    ) -> None:  # fmt: skip
        self._session, self._case, self._trigger, self._material, self._now = session, case, trigger, material, now
        self._actions = actions
        self._past: _Past | None = None
        self._filed: Counter[str] = Counter()
        self._settings = tenancy.read(session, case.tenant)
        self._engine = ctx.rulesets.standing.engine
        self._sources: Sources | None = None

    def judge(self, question: Question) -> Judged:
        """Decides about one action as things stand. Any error on the way gives `deny`, never less."""
        settings, engine, case = self._settings, self._engine, self._case
        mode = settings.mode(case.workflow)
        if (question.editor is not None or case.corrector_ids) and mode == "auto":
            mode = "propose"  # what a person typed goes back to people, however harmless
        happened = None if question.execution_id else self._trigger.event.time
        if mode == "auto" and settings.perhaps_done(question.action, happened):
            mode = "propose"
        if not {ref.proposal for ref in question.action.refs().values()} <= question.earlier.keys():
            # It would wait for ever for what is not to come.
            why = "It refers to the result of a proposal that was refused or does not come before it"
            return Judged(question, engine.refuse(mode, why), None, {}, {})
        reached = self._material.reached
        try:
            context = self._context(question)
            self._sources = self._sources or Sources(reached, context)
            backed = back(question.action, reached, context, self._sources)
            request = build_request(question.action, reached, context, backed)
            support = support_of(question.action, reached, context, backed)
            rested_on = seen(question.action, support.values(), question.evidence, self._material)
            thresholds = settings.thresholds(case.unit, question.action.tool)
            decided = engine.judge(request, question.doubt, mode, thresholds)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in deciding, the answer is no
            refused = engine.refuse(mode, f"The request could not be built: {type(error).__name__}")
            return Judged(question, refused, None, {}, {})
        manager = route.line_manager(question.action, self._material.known)
        return Judged(question, decided, request, support, rested_on, manager)

    def filed(self, question: Question) -> None:
        """What was asked about is on record now and may take effect: the same once more is a possible duplicate."""
        self._filed[question.target] += 1

    def _context(self, question: Question) -> RequestContext:
        action = question.action
        past = self._past = self._past or self._asked(question)
        moved = {scope: past.moved[name] for scope, name in self._scopes(action).items()}
        executions, reversals = past.reversals[action.tool]
        alike = past.duplicates[question.target] + self._filed[question.target]
        return RequestContext(
            **self._same,
            editor=question.editor, edited=list(question.edited),
            cumulated=Cumulated(
                contract_minor=moved.get("contract", 0), customer_minor=moved.get("customer", 0),
                tool_minor=moved.get("tool", 0), principal_minor=moved.get("requester", 0),
            ),
            duplicates=alike + self._settings.unexplained(action), executions=executions, reversals=reversals,
            earlier=dict(question.earlier), results=dict(question.results),
            created=history.created_keys(past.created, action),
            evidence_customers=sorted(self._cited_customers(question)),
        )  # fmt: skip

    @cached_property
    def _same(self) -> dict[str, Any]:
        """The part of the context that no question changes."""
        settings, case, material, trigger = self._settings, self._case, self._material, self._trigger
        return {
            "tenant": case.tenant, "unit": case.unit, "workflow": case.workflow, "now": self._now,
            "outside_hours": not settings.hours(case.unit).open_at(self._now, settings.time_zone),
            "base_currency": settings.base_currency, "trigger_trust": trigger.by,
            "event_fields": {
                name: EventValue(value=value, trust=trust) for name, (value, trust) in trigger.values().items()
            },
            "trust": settings.trust(), "roots": material.roots, "named": material.named,
            "exchange_rates": material.exchange_rates, "closed_periods": material.closed_periods,
            "lending": material.lending,
            "case_customers": sorted(material.reached.customers()),
            "channels": [*material.channels, *settings.channels], "foreign_names": material.foreign_names,
        }  # fmt: skip

    def _asked(self, question: Question) -> _Past:
        session, tenant = self._session, self._case.tenant
        actions = self._actions or [question.action]
        since = self._now - timedelta(days=self._settings.window_days)
        scopes = {name for action in actions for name in self._scopes(action).values()}
        targets = {history.target_of(action) for action in actions}
        return _Past(
            moved=history.moved(session, tenant, scopes, since, but=question.execution_id),
            duplicates=history.duplicates(session, tenant, targets, since, but=question.proposal_id),
            reversals=history.reversals(session, tenant, {action.tool for action in actions}, self._now),
            created=history.created(session, tenant, self._case.id),
        )

    def _scopes(self, action: Action) -> dict[str, str]:
        found = route.scopes(self._case, action, self._material.known)
        return {scope: f"{scope}/{ident}" for scope, ident in found.items()}

    def _cited_customers(self, question: Question) -> set[str]:
        """Whose the cited facts are; in what leaves the house, a record out of the case's reach is a stranger's."""
        found = self._material.customers_cited(question.evidence)
        cited = {ident.partition("#")[0] for ident in question.evidence if not ident.startswith("event#")}
        if isinstance(question.action, SendCustomerMessage) and not cited <= self._material.known.records.keys():
            found.add("unknown")
        return found
