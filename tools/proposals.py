"""Assessments and proposals: what the agents hand over. Nothing in them decides anything."""

from typing import Annotated, Literal

from pydantic import Field

from tools.actions import AnyAction
from tools.facts import Scalar
from tools.pricing.priced import PricedChange
from tools.values import Currency, Day, Id, Line, Minor, RecordKey, Text, Value

FactId = Annotated[str, Field(max_length=300)]
Level = Literal["low", "medium", "high"]
Sentiment = Literal["negative", "neutral", "positive"]
Share = Annotated[int, Field(ge=0, le=100)]


class Usage(Value):
    """What model calls cost: `cost_micros` in millionths of the price list's currency, None where no price is known."""

    calls: Annotated[int, Field(ge=0)]
    tokens_in: Annotated[int, Field(ge=0)]
    tokens_out: Annotated[int, Field(ge=0)]
    cost_micros: Annotated[int, Field(ge=0)] | None = None
    latency_ms: Annotated[int, Field(ge=0)] = 0


class Assessment(Value):
    """What the event means. `abstained` says why no category was chosen; then `category` is None.

    `sentiment` is how the writer sounds towards the firm, None where nothing was read; it steers nothing.
    `confidence` is a calibrated percentage; `evidence` names facts. `model`, `prompt` and `usage` stamp where it came
    from and what that cost.
    """

    category: Line | None
    urgency: Level = "medium"
    impact: Level = "medium"
    sentiment: Sentiment | None = None
    confidence: Share
    evidence: list[FactId] = []
    abstained: Line | None = None
    novelty: Share = 0
    language: Line = "en"
    model: Line
    prompt: Line | None = None
    usage: Usage | None = None


class ArgumentSource(Value):
    """Where the planner says an argument came from; shown to people, never read by the policy."""

    facts: list[FactId] = []
    method: Line


class ProposedFinding(Value):
    """What a detector found, as a proposal rests on it. `amount_minor` in `currency` is the money at stake, if known.

    `confidence` is the percentage of such findings that people confirm. The colleague `owner_id`, else somebody in
    `owner_role`, knows the right value.
    """

    kind: Line
    title: Line
    record: RecordKey
    says: Text
    evidence: list[FactId]
    confidence: Share
    amount_minor: Minor | None = None
    currency: Currency | None = None
    owner_id: Id | None = None
    owner_role: Line
    remedy: Line


class WeekLoads(Value):
    """How much of somebody's days is booked, percent, week by week from the Monday `first_on`, without and with what is
    proposed."""

    person_id: Id
    first_on: Day
    before: Annotated[list[int], Field(max_length=600)]
    after: Annotated[list[int], Field(max_length=600)]


class Proposal(Value):
    """One action with the reasons for it. `id` is `prp_…`; `$ref`s of later proposals name it."""

    id: Annotated[str, Field(pattern=r"^prp_[0-9a-z]{26}$")]
    action: AnyAction
    rationale: Text
    evidence: list[FactId] = []
    provenance: dict[str, ArgumentSource] = {}
    alternatives: list[Text] = []
    expected_effect: Text
    undo: Text
    triggered_by: list[FactId] = []
    ungrounded: list[Line] = []
    loads: list[WeekLoads] = []
    findings: list[ProposedFinding] = []
    change: PricedChange | None = None


class Outcome(Value):
    """The end of one graph run: proposals, or none and why ("seen, nothing proposed, because …")."""

    assessment: Assessment
    proposals: Annotated[list[Proposal], Field(max_length=100)] = []
    nothing_because: Line | None = None
    summary: Text


class ProposedValue(Value):
    """One argument as a reviewer sees it: the value, what supports it, and how far that support is trusted."""

    argument: Line
    value: Scalar
    support: Literal["record", "person", "unsupported", "untrusted", "text", "reference"]
    record: Line | None = None
    field: Line | None = None
