"""What the API answers, as types: the description of the API is made of them, and tests hold the answers against it.

The views make plain JSON; nothing is validated again on its way out. Every field is always there; `None` where there is
nothing to say. Times are RFC 3339 in UTC to the millisecond.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.errors import Code
from policies.decision import Effect, Mode, Requirement
from policies.risk import Factor
from tools.facts import Fact
from tools.pricing.priced import PricedChange
from tools.proposals import ProposedFinding, ProposedValue, WeekLoads

Item = TypeVar("Item")

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Sha256 = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
Base64 = Annotated[str, Field(pattern="^[A-Za-z0-9+/]+={0,2}$")]
Natural = Annotated[int, Field(ge=0)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
CaseStatus = Literal["open", "waiting", "done", "failed", "unrecognised"]
ReviewStatus = Literal["pending", "approved", "rejected", "expired", "withdrawn", "superseded"]
ExecutionStatus = Literal["waiting", "running", "succeeded", "failed", "unknown", "undone", "void"]


class Answer(BaseModel):
    """No field that is not described is sent."""

    model_config = ConfigDict(extra="forbid")


class Page(Answer, Generic[Item]):
    """`next_cursor` opens the next page; None on the last."""

    items: list[Item]
    next_cursor: str | None


class Named(Answer):
    id: str
    name: str | None


class Asked(Answer):
    """`args` is None where what was asked for has been erased."""

    tool: str
    args: dict[str, Any] | None


class Risk(Answer):
    score: Annotated[int, Field(ge=0, le=100)]
    factors: list[Factor]


class _Decided(Answer):
    effect: Effect
    rules: list[str]
    reasons: list[str]
    mode: Mode
    ruleset: str
    stage: str
    at: Time


class ReviewDecision(_Decided):
    id: str
    amount_minor: int | None


class ProposalDecision(_Decided):
    risk: Risk
    observed: bool


class Source(Answer):
    """Where an argument came from: what the planner says (`facts`, `method`), and the record that supports it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"required": ["support"]})

    facts: list[str] = []
    method: str = ""
    support: ProposedValue | None


class Said(Answer):
    """`counts`: of what the review asks now, not of arguments that were changed since. `answer`: to a question."""

    by: Named
    verdict: Literal["approve", "edit", "reject", "respond", "withdraw"]
    roles: list[str]
    args_digest: str | None
    surface: str
    counts: bool
    at: Time
    comment: str | None
    answer: str | None


class Review(Answer):
    """`line_manager`: the person record of who is asked where a requirement names that relation like a role."""

    id: str
    case_id: str
    proposal_id: str
    status: ReviewStatus
    unit: str | None
    customer: str | None
    erased: bool
    action: Asked
    args_digest: Sha256
    rationale: str | None
    evidence: list[Fact]
    provenance: dict[str, Source]
    alternatives: list[str]
    expected_effect: str | None
    undo: str | None
    ungrounded: list[str]
    findings: list[ProposedFinding]
    change: PricedChange | None
    loads: list[WeekLoads]
    edited_from: dict[str, Any] | None
    depends_on: list[str]
    risk: Risk
    decision: ReviewDecision
    required: list[Requirement]
    line_manager: str | None
    verdicts: list[Said]
    editors: list[Named]
    created_at: Time
    due_at: Time | None
    expires_at: Time | None
    escalated_at: Time | None
    decided_at: Time | None
    decided_by: Named | None


class BatchDone(Answer):
    review_id: str
    status: ReviewStatus


class BatchRefused(Answer):
    review_id: str
    code: Code
    detail: str


class Batch(Answer):
    """One answer for each review, in the order in which they were named."""

    items: list[BatchDone | BatchRefused]


class _CaseHead(Answer):
    id: str
    status: CaseStatus
    kind: str
    workflow: str
    subject: str | None
    customer: str | None
    project: str | None
    unit: str | None
    generation: Annotated[int, Field(ge=1)]
    because: str | None
    opened_at: Time
    updated_at: Time
    summary: str | None


class CaseSummary(_CaseHead):
    pass


class CaseEvent(Answer):
    id: str
    source: str
    type: str
    subject: str | None
    time: Time
    received_at: Time
    recognised: bool
    data: dict[str, Any] | None
    erased: bool


class Assessed(Answer):
    status: str
    category: str | None
    urgency: str | None
    impact: str | None
    sentiment: str | None
    confidence: Annotated[int, Field(ge=0, le=100)] | None
    abstained: str | None
    nothing_because: str | None
    evidence: list[str]
    language: str | None
    stamps: dict[str, Any]
    error: str | None


class Assessing(Answer):
    """No run has finished yet."""

    status: str
    error: str | None


class Proposed(Answer):
    id: str
    status: str
    generation: int
    ordinal: int
    action: Asked
    args_digest: Sha256
    erased: bool
    rationale: str | None
    evidence: list[Fact]
    expected_effect: str | None
    undo: str | None
    alternatives: list[str]
    depends_on: list[str]
    undo_of: str | None
    decision: ProposalDecision | None


class Executed(Answer):
    id: str
    case_id: str
    proposal_id: str
    review_id: str | None
    tool: str
    connector: str
    key: str
    args_digest: Sha256
    status: ExecutionStatus
    attempt: Natural
    waits_for: str | None
    error: str | None
    result: dict[str, Any]
    undone_by: str | None
    created_at: Time
    finished_at: Time | None


class Execution(Executed):
    action: Asked | None
    erased: bool


class TimelineActor(Answer):
    id: str
    name: str | None
    kind: Literal["person", "service", "system"]


class Happened(Answer):
    seq: Natural
    at: Time
    kind: str
    surface: str
    actor: TimelineActor
    refs: dict[str, str]
    details: dict[str, Any]


class Case(_CaseHead):
    """`timeline` holds the first 500 entries of the log that name the case."""

    requester: str | None
    merged_into: str | None
    events: list[CaseEvent]
    assessment: Assessed | Assessing | None
    proposals: list[Proposed]
    reviews: list[Review]
    executions: list[Executed]
    timeline: list[Happened]


class CaseOpened(Answer):
    case_id: str


class CasesTouched(Answer):
    """The corrected one first."""

    cases: list[str]


class Undoing(Answer):
    """What became of the proposal to take the effect back."""

    proposal_id: str
    effect: Effect
    review_id: str | None
    execution_id: str | None
