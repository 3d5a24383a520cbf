"""Cases: opening them, finding the one an event belongs to, and telling from their rows what state they are in."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import Problem
from app.ids import new_id
from app.store.models import Case, Execution, Review, TriageRun

LIVE_EXECUTIONS = ("waiting", "running", "unknown")


def find(session: Session, tenant: str, case_id: str, *, lock: bool = False) -> Case:
    """The tenant's case. Raises Problem `not_found`, for another tenant's case too."""
    query = select(Case).where(col(Case.id) == case_id, col(Case.tenant) == tenant)
    case = session.exec(query.with_for_update() if lock else query).first()
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
    """The open case of that correlation, else a new one, and whether it is new.

    Two deliveries that open the same case at once meet the unique index: the second rolls back and is tried again.
    """
    if correlation is not None:
        query = select(Case).where(col(Case.tenant) == tenant, col(Case.correlation) == correlation)
        if (case := session.exec(query).first()) is not None:
            return case, False
    ident = new_id("cas", now)
    case = Case(
        id=ident, tenant=tenant, workflow=workflow, kind=kind, status="open", subject=subject, correlation=correlation,
        customer_id=customer_id, data_subject=f"case:{ident}", opened_at=now, updated_at=now,
    )  # fmt: skip
    session.add(case)
    session.flush()
    return case, True


def settle(session: Session, case: Case, now: datetime) -> None:
    """Sets the case's status from its rows: work under way, people asked, failed, or done (then nothing joins it)."""
    session.flush()
    if case.status == "unrecognised":
        return

    def count(model: type[TriageRun] | type[Review] | type[Execution], *statuses: str) -> int:
        query = select(func.count()).select_from(model)
        found = session.exec(query.where(col(model.case_id) == case.id, col(model.status).in_(statuses))).one()
        return int(found)

    if count(Review, "pending") or _by_hand(session, case.id):
        case.status = "waiting"
    elif count(TriageRun, "waiting", "running") or count(Execution, *LIVE_EXECUTIONS):
        case.status = "open"
    elif count(TriageRun, "failed") or count(Execution, "failed"):
        case.status = "failed"
    else:
        case.status = "done"
        case.correlation = None
    case.updated_at = now
    session.add(case)


def _by_hand(session: Session, case_id: str) -> bool:
    query = select(Execution.id).where(
        col(Execution.case_id) == case_id, col(Execution.connector) == "manual", col(Execution.status) == "running"
    )
    return session.exec(query).first() is not None
