"""History: what this tenant has already moved, asked for and taken back, as a decision counts it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

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


def duplicates(session: Session, tenant: str, target: str, proposal_id: str, since: datetime) -> int:
    """How many other proposals of that target are waiting for people, at work or done since then."""
    mine = (
        col(Proposal.tenant) == tenant, col(Proposal.target) == target, col(Proposal.id) != proposal_id,
        col(Proposal.created_at) >= since, col(Proposal.status) == "decided",
    )  # fmt: skip
    at_work = select(col(Execution.proposal_id)).where(
        col(Execution.tenant) == tenant, col(Execution.status).in_((*LIVE_EXECUTIONS, "succeeded"))
    )
    asked = select(col(Review.proposal_id)).where(col(Review.tenant) == tenant, col(Review.status) == "pending")
    query = select(func.count()).select_from(Proposal).where(*mine)
    live = col(Proposal.id).in_(at_work) | col(Proposal.id).in_(asked)
    return int(session.exec(query.where(live)).one())


def moved(session: Session, tenant: str, scope: str, since: datetime, *, but: str | None = None) -> int:
    """Minor units of the base currency reserved or used under `scope` since then, without execution `but`."""
    query = select(func.coalesce(func.sum(col(Reservation.amount_minor)), 0)).where(
        col(Reservation.tenant) == tenant, col(Reservation.scope) == scope, col(Reservation.at) >= since
    )
    if but is not None:
        query = query.where(col(Reservation.execution_id) != but)
    return int(session.exec(query).one())


def reversals(session: Session, tenant: str, tool: str, now: datetime) -> tuple[int, int]:
    """Executions of the tool that took effect in the last year, and how many of them were taken back."""
    query = select(col(Execution.status), func.count()).where(
        col(Execution.tenant) == tenant, col(Execution.tool) == tool,
        col(Execution.status).in_(("succeeded", "undone")), col(Execution.created_at) >= now - timedelta(days=365),
    )  # fmt: skip
    counts = {status: int(count) for status, count in session.exec(query.group_by(col(Execution.status)))}
    return sum(counts.values()), counts.get("undone", 0)


def created_keys(session: Session, tenant: str, case_id: str, action: Action) -> list[str]:
    """Keys of records that this tenant's executions created: of the case, and those that `action` would take back."""
    query = select(col(Execution.result)).where(
        col(Execution.tenant) == tenant, col(Execution.case_id) == case_id, col(Execution.status) == "succeeded"
    )
    keys: list[str] = []
    for result in session.exec(query):
        for name, value in result.items():
            kind = name.removesuffix("_ids").removesuffix("_id")
            if kind != name:
                keys.extend(f"{kind}/{ident}" for ident in (value if isinstance(value, list) else [value]))
    if isinstance(action, CancelRecord):
        wanted = {f"{action.kind}/{ident}" for ident in action.ids}
        return [key for key in keys if key in wanted]
    return keys
