"""Events, the cases they belong to, the graph runs made for them and the journal of paid model calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from app.store.columns import json_field, optional_time_field, time_field
from app.store.row import Row


class Case(Row, table=True):
    """All that is done about one subject. Status: open | waiting | done | failed | unrecognised.

    `correlation` is the subject's key while events may still join the case, None after. `generation` rises with each
    correction and supersedes what was planned before. `because` says in words why nothing was proposed or what failed.
    `corrector_ids` are who said what it is really about; they do not approve what comes of that.
    `data_subject` is the id under whose key everything derived for the case is sealed; an event's own content is sealed
    under that of the person who asked.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_open", "tenant", "correlation", unique=True),
        Index("ix_case_list", "tenant", "opened_at", "id"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    unit: str | None = None
    workflow: str
    kind: str
    status: str
    subject: str | None = None
    correlation: str | None = None
    customer_id: str | None = Field(default=None, index=True)
    project_id: str | None = None
    requester_id: str | None = None
    requested_by: str | None = None
    data_subject: str = Field(index=True)
    generation: int = 1
    because: str | None = None
    merged_into: str | None = None
    corrector_ids: list[str] = json_field(list)
    opened_at: datetime = time_field()
    updated_at: datetime = time_field()


class Event(Row, table=True):
    """An accepted delivery, once. Events of a case are worked off in the order of `time`, not of arrival."""

    __table_args__ = (UniqueConstraint("tenant", "source", "event_id"),)

    id: str = Field(primary_key=True)
    tenant: str
    source: str
    event_id: str
    type: str
    subject: str | None = None
    time: datetime = time_field()
    received_at: datetime = time_field()
    case_id: str = Field(index=True)
    recognised: bool
    principal_id: str | None = None
    requested_by: str | None = None
    payload: str


class TriageRun(Row, table=True):
    """One run of the graph for one event under one generation of its case.

    Status: waiting | running | done | failed | superseded. `claim` fences: only its holder may record the outcome.
    """

    __tablename__ = "triage_run"
    __table_args__ = (
        UniqueConstraint("case_id", "event_id", "case_generation"),
        Index("ix_triage_run_case", "case_id", "status"),
        Index("ix_triage_run_due", "status", "due_at", postgresql_where=text("status IN ('waiting', 'running')")),
        Index(
            "ix_triage_run_heard", "tenant", "finished_at", sqlite_where=text("sentiment IS NOT NULL"),
            postgresql_where=text("sentiment IS NOT NULL"),
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    tenant: str
    case_id: str
    event_id: str
    case_generation: int
    status: str
    attempt: int = 0
    due_at: datetime = time_field()
    claim: str | None = None
    claimed_at: datetime | None = optional_time_field()
    finished_at: datetime | None = optional_time_field()
    error: str | None = None
    nothing_because: str | None = None
    abstained: str | None = None
    category: str | None = None
    urgency: str | None = None
    impact: str | None = None
    sentiment: str | None = None
    confidence: int | None = None
    outcome_payload: str | None = None
    stamps: dict[str, Any] = json_field(dict)


class ModelCall(Row, table=True):
    """A paid model call: digest of prompt and settings → response. A repeated run replays it and pays nothing.

    `prompt` stamps the prompt file; `latency_ms` is what the answer took.
    """

    __tablename__ = "model_call"
    __table_args__ = (
        UniqueConstraint("tenant", "case_id", "request_digest"), Index("ix_model_call_day", "tenant", "at"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    tenant: str
    case_id: str = Field(index=True)
    request_digest: str
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_micros: int = 0
    latency_ms: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    prompt: str = Field(default="", sa_column_kwargs={"server_default": ""})
    response_payload: str
    at: datetime = time_field()
