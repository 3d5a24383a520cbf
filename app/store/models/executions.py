"""Executions of approved actions, the budget they reserve, and the tasks of what people do by hand."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from app.store.columns import json_field, optional_time_field, time_field
from app.store.row import Row


class Execution(Row, table=True):
    """The one execution of one approved action.

    Status: waiting | running | succeeded | failed | unknown | undone | void.
    `key` is the idempotency key `cs_<proposal id>`. `fence` rises with each claim, and only its holder may record.
    `waits_for` names what comes first: an earlier proposal that is to take effect, or the review that asks again.
    `result` holds ids and values that later actions may refer to by `$ref`, `wrote` the records that it changed,
    each as `<kind>/<id>@<version after it>`.
    """

    __table_args__ = (
        Index(
            "ix_execution_due", "status", "due_at", postgresql_where=text("status IN ('waiting','running','unknown')")
        ),
        Index("ix_execution_case", "case_id", "status"),
        Index("ix_execution_tool", "tenant", "tool", "status", "created_at"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    case_id: str
    proposal_id: str = Field(unique=True)
    review_id: str | None = None
    tool: str
    connector: str
    key: str = Field(unique=True)
    args_digest: str
    status: str
    attempt: int = 0
    fence: int = 0
    waits_for: str | None = None
    due_at: datetime = time_field()
    claimed_at: datetime | None = optional_time_field()
    error: str | None = None
    result: dict[str, Any] = json_field(dict)
    wrote: list[str] = json_field(list)
    receipt_payload: str | None = None
    undone_by: str | None = None
    created_at: datetime = time_field()
    finished_at: datetime | None = optional_time_field()


class Reservation(Row, table=True):
    """Money that an execution holds or has used of a window, by contract, customer, tool and approver.

    Amounts are minor units of the tenant's base currency. A failed or void execution's row is deleted.
    """

    __table_args__ = (Index("ix_reservation_scope", "tenant", "scope", "at"),)

    execution_id: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)  # contract/<id>, customer/<id>, tool/<name>, approver/<id>
    tenant: str
    amount_minor: int = Field(sa_type=BigInteger)
    at: datetime = time_field()


class ManualTask(Row, table=True):
    """An approved action that no connector can do, given to a named person and closed with evidence.

    Without an assignee it is for whoever could have approved the action."""

    __tablename__ = "manual_task"

    id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    execution_id: str = Field(unique=True)
    assignee_id: str | None = Field(default=None, index=True)
    status: str  # open | done | declined
    evidence_payload: str | None = None
    created_at: datetime = time_field()
    closed_at: datetime | None = optional_time_field()
    closed_by: str | None = None
