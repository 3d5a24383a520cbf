"""History: what this tenant has already moved, asked for and taken back, as a decision counts it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, false, func, or_, select
from sqlmodel import Session, col

from app.store import rows
from app.store.columns import one_of
from app.store.models import Execution, Proposal, Reservation, Review
from app.workflow.cases import LIVE_EXECUTIONS
from tools.actions import Action, CancelRecord
from tools.registry import TOOLS
from tools.supports import Prose
from tools.values import digest

# What makes two actions of one tool the same thing done twice. Of the other tools: every argument that is not prose.
_SAME: Mapping[str, tuple[str, ...]] = {
    "create_project": ("contract_id",),
    "assign_person": ("project_id", "person_id"),
    "create_task": ("about", "title"),
    "create_change_order": ("project_id", "change_request_id", "title"),
    "open_renewal": ("contract_id",),
    "release_invoice": ("invoice_id",),
    "write_off": ("invoice_id",),
    "send_customer_message": ("recipient", "subject"),
    "notify_channel": ("channel", "text"),
}


def target_of(action: Action) -> str:
    """Equal for actions that would do the same thing twice; a digest, since it may cover personal data."""
    supports = TOOLS[action.tool].supports
    names = _SAME.get(action.tool) or tuple(name for name, by in supports.items() if by != (Prose(),))
    args = action.args()
    return f"{action.tool}:{digest({name: args[name] for name in names if name in args})}"


COUNTED = (Proposal, Review, Execution, Reservation)
# Built once: putting a statement together costs more than running it, and each decision asks all of these.
_CREATED = select(col(Execution.result)).where(
    col(Execution.case_id) == bindparam("case"), col(Execution.status) == "succeeded",
    col(Execution.tenant) == bindparam("of"),
)  # fmt: skip


def duplicates(
    session: Session, tenant: str, targets: Collection[str], since: datetime, *, but: str | None = None
) -> dict[str, int]:
    """How many proposals of each target, without proposal `but`, are waiting for people, at work or done since then."""
    names, statement = _named(targets), _duplicates(len(targets))
    asked = {"of": tenant, "but": but or "", "since": since, **names}
    found = {target: int(count) for target, count in rows.written(session, *COUNTED).execute(statement, asked)}
    return {target: found.get(target, 0) for target in targets}


def moved(
    session: Session, tenant: str, scopes: Collection[str], since: datetime, *, but: str | None = None
) -> dict[str, int]:
    """Minor units of the base currency reserved or used since then, by scope, without execution `but`."""
    names, statement = _named(scopes), _moved(len(scopes))
    asked = {"of": tenant, "since": since, "but": but or "", **names}
    found = {scope: int(amount) for scope, amount in rows.written(session, *COUNTED).execute(statement, asked)}
    return {scope: found.get(scope, 0) for scope in scopes}


def reversals(session: Session, tenant: str, tools: Collection[str], now: datetime) -> dict[str, tuple[int, int]]:
    """Executions of each tool that took effect in the last year, and how many of them were taken back."""
    asked = {"of": tenant, "since": now - timedelta(days=365), **_named(tools)}
    counts: dict[str, Counter[str]] = {tool: Counter() for tool in tools}
    for tool, status, count in rows.written(session, *COUNTED).execute(_reversals(len(tools)), asked):
        counts[tool][status] = int(count)
    return {tool: (of_it.total(), of_it["undone"]) for tool, of_it in counts.items()}


def created(session: Session, tenant: str, case_id: str) -> list[str]:
    """Keys of records that the case's executions created."""
    keys: list[str] = []
    for (result,) in rows.written(session, *COUNTED).execute(_CREATED, {"of": tenant, "case": case_id}):
        for name, value in result.items():
            kind = name.removesuffix("_ids").removesuffix("_id")
            if kind != name:
                keys.extend(f"{kind}/{ident}" for ident in (value if isinstance(value, list) else [value]))
    return keys


def created_keys(keys: Sequence[str], action: Action) -> list[str]:
    """Those of the created records that count for an action: of a `CancelRecord` those that it would take back."""
    if isinstance(action, CancelRecord):
        wanted = {f"{action.kind}/{ident}" for ident in action.ids}
        return [key for key in keys if key in wanted]
    return list(keys)


def _named(values: Collection[str]) -> dict[str, str]:
    return {f"one{place}": value for place, value in enumerate(values)}


def _one_of(column: Any, count: int) -> ColumnElement[bool]:
    return or_(false(), *(column == bindparam(f"one{place}") for place in range(count)))


@cache
def _duplicates(targets: int) -> Select[str | None, int]:
    return (
        select(col(Proposal.target), func.count())
        .where(
            col(Proposal.tenant) == bindparam("of"), _one_of(col(Proposal.target), targets),
            col(Proposal.id) != bindparam("but"), col(Proposal.created_at) >= bindparam("since"),
            col(Proposal.status) == "decided",
            exists().where(
                col(Execution.proposal_id) == col(Proposal.id),
                one_of(col(Execution.status), (*LIVE_EXECUTIONS, "succeeded")),
            )
            | exists().where(col(Review.proposal_id) == col(Proposal.id), col(Review.status) == "pending"),
        )
        .group_by(col(Proposal.target))
    )  # fmt: skip


@cache
def _reversals(tools: int) -> Select[str, str, int]:
    return (
        select(col(Execution.tool), col(Execution.status), func.count())
        .where(
            col(Execution.tenant) == bindparam("of"), _one_of(col(Execution.tool), tools),
            one_of(col(Execution.status), ("succeeded", "undone")), col(Execution.created_at) >= bindparam("since"),
        )
        .group_by(col(Execution.tool), col(Execution.status))
    )  # fmt: skip


@cache
def _moved(scopes: int) -> Select[str, int]:
    return (
        select(col(Reservation.scope), func.sum(col(Reservation.amount_minor)))
        .where(
            col(Reservation.tenant) == bindparam("of"), _one_of(col(Reservation.scope), scopes),
            col(Reservation.at) >= bindparam("since"),
            col(Reservation.execution_id) != bindparam("but"),
        )
        .group_by(col(Reservation.scope))
    )  # fmt: skip
