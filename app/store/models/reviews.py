"""Proposals, what policy decided of them, the reviews that asks for, and what people said."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from app.store.columns import json_field, optional_time_field, time_field
from app.store.row import Row


class Proposal(Row, table=True):
    """One proposed action. `content_payload` seals the tools.proposals.Proposal; a review's edit makes a new digest.

    `seen` holds digests of the fields and records that the decision rests on. Status: decided |
    observed | denied | rejected | withdrawn | expired | failed | superseded. `undo_of` names the
    execution that the action takes back, `asked_by` who asked for that.
    """

    __table_args__ = (
        Index("ix_proposal_case", "case_id", "ordinal"),
        Index("ix_proposal_target", "tenant", "target", "created_at"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    case_id: str
    run_id: str | None = None
    case_generation: int
    ordinal: int
    tool: str
    target: str | None = None  # what the action is about, to tell possible duplicates
    status: str
    args_digest: str
    seen: dict[str, str] = json_field(dict)
    depends_on: list[str] = json_field(list)
    undo_of: str | None = Field(default=None, index=True)
    asked_by: str | None = None
    content_payload: str
    created_at: datetime = time_field()


class Decision(Row, table=True):
    """What policy said of one digest of arguments, with all it looked at. The newest of a proposal counts."""

    __table_args__ = (Index("ix_decision_proposal", "proposal_id", "at"),)

    id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    proposal_id: str
    args_digest: str
    effect: str  # auto | review | deny
    observed: bool = False
    rules: list[str] = json_field(list)
    reasons: list[str] = json_field(list)
    requirements: list[dict[str, Any]] = json_field(list)
    risk_score: int
    risk_factors: list[dict[str, Any]] = json_field(list)
    request: dict[str, Any] = json_field(dict)
    doubt: dict[str, Any] = json_field(dict)
    mode: str
    ruleset_digest: str
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    stage: str  # propose | edit | execute | undo
    at: datetime = time_field()


class Review(Row, table=True):
    """A request for human judgement. Status: pending | approved | rejected | expired | withdrawn | superseded.

    Only verdicts since `asked_at` on `args_digest` count. `priority` orders the queue: see app/workflow/route.py.
    `line_manager` is the person record of who would be booked's line manager when it asked: whom to tell, no right.
    """

    __table_args__ = (
        Index("ix_review_queue", "tenant", "status", "priority", "id"),
        Index("ix_review_risk", "tenant", "status", "risk_score", "id"),
        Index("ix_review_customer", "tenant", "customer_id", "status", "priority", "id"),
        Index("ix_review_deadline", "tenant", "status", "due_at"),
        Index("ix_review_due", "expires_at", postgresql_where=text("status = 'pending'")),
        Index("ix_review_case", "case_id", "tenant", "status", "priority", "id"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    unit: str | None = None
    case_id: str
    proposal_id: str = Field(index=True)
    decision_id: str
    tool: str
    customer_id: str | None = None
    status: str
    args_digest: str
    risk_score: int
    priority: int
    required: list[dict[str, Any]] = json_field(list)
    editor_ids: list[str] = json_field(list)
    line_manager: str | None = None
    asked_at: datetime = time_field()
    escalated_to: str | None = None
    escalated_at: datetime | None = optional_time_field()
    due_at: datetime = time_field()
    expires_at: datetime = time_field()
    created_at: datetime = time_field()
    decided_at: datetime | None = optional_time_field()
    decided_by: str | None = None


class Verdict(Row, table=True):
    """What one person said of one review; verdicts on another digest than the review's present one no longer count.

    `answer_payload`: what the assistant answered to a question, `answered_at` when.
    """

    __table_args__ = (Index("ix_verdict_review", "review_id", "at"),)

    id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    review_id: str
    principal_id: str
    verdict: str
    args_digest: str | None = None
    roles: list[str] = json_field(list)
    lent: dict[str, str] = json_field(dict)  # of those roles the ones that are not their own → who lent them
    limit_minor: int | None = Field(default=None, sa_type=BigInteger)
    surface: str
    shown_at: datetime | None = optional_time_field()
    comment_payload: str | None = None
    answer_payload: str | None = None
    answered_at: datetime | None = optional_time_field()
    at: datetime = time_field()
