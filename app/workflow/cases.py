"""Cases: opening them, finding the one an event belongs to, and telling from their rows what state they are in."""

from datetime import datetime

from sqlalchemy import Exists, bindparam, exists, select
from sqlmodel import Session, col

from app.errors import Problem
from app.ids import new_id
from app.store.models import Case, Execution, Proposal, Review, TriageRun

LIVE_EXECUTIONS = ("waiting", "running", "unknown")

# Built once: putting a statement together costs more than running it.
_BY_ID = select(Case).where(col(Case.id) == bindparam("ident"), col(Case.tenant) == bindparam("of"))
_LOCKED = _BY_ID.with_for_update()
_JOINABLE = select(Case).where(col(Case.tenant) == bindparam("of"), col(Case.correlation) == bindparam("subject"))


def _any(model: type[TriageRun] | type[Review] | type[Execution], *statuses: str) -> Exists:
    return exists().where(col(model.case_id) == bindparam("ident"), col(model.status).in_(statuses))


_STATE = select(
    (
        _any(Review, "pending") | _any(Execution, "running").where(col(Execution.connector) == "manual")
    ).label("waiting"),
    (_any(TriageRun, "waiting", "running") | _any(Execution, *LIVE_EXECUTIONS)).label("open"),
    # What failed before a correction was answered by it.
    (
        _any(TriageRun, "failed").where(col(TriageRun.case_generation) == bindparam("generation"))
        | _any(Execution, "failed").where(
            col(Proposal.id) == col(Execution.proposal_id), col(Proposal.case_generation) == bindparam("generation")
        )
    ).label("failed"),
)  # fmt: skip


def find(session: Session, tenant: str, case_id: str, *, lock: bool = False) -> Case:
    """The tenant's case. Raises Problem `not_found`, for another tenant's case too."""
    found = session.execute(_LOCKED if lock else _BY_ID, {"ident": case_id, "of": tenant})
    case: Case | None = found.scalars().first()
    if case is None:
        raise Problem("not_found", f"There is no case {case_id}.")
    return case


def open_or_join(
    session: Session,
    *,
    tenant: str,
    workflow: str,
    kind: str,
    subject: str | None,
    correlation: str | None,
    customer_id: str | None,
    now: datetime,
) -> tuple[Case, bool]:
    """The open case of that correlation, else a new one that the caller has yet to store, and whether it is new.

    Two deliveries that open the same case at once meet the unique index: the second rolls back and is tried again.
    """
    if correlation is not None:
        asked = {"of": tenant, "subject": correlation}
        if (case := session.execute(_JOINABLE, asked).scalars().first()) is not None:
            return case, False
    ident = new_id("cas", now)
    case = Case(
        id=ident, tenant=tenant, workflow=workflow, kind=kind, status="open", subject=subject, correlation=correlation,
        customer_id=customer_id, data_subject=f"case:{ident}", opened_at=now, updated_at=now,
    )  # fmt: skip
    return case, True


def settle(session: Session, case: Case, now: datetime) -> None:
    """Sets the case's status from its rows: work under way, people asked, failed, or done (then nothing joins it)."""
    session.flush()
    if case.status == "unrecognised":
        return

    waiting, is_open, failed = (
        session.connection().execute(_STATE, {"ident": case.id, "generation": case.generation}).one()
    )
    if waiting:
        case.status = "waiting"
    elif is_open:
        case.status = "open"
    elif failed:
        case.status = "failed"
    else:
        case.status = "done"
        case.correlation = None
    case.updated_at = now
    session.add(case)
