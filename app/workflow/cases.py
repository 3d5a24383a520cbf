"""Cases: opening them, finding the one an event belongs to, and telling from their rows what state they are in.

Whoever changes a case, or any run, proposal, review, execution or task of it, locks the case first, before reading what
they go by. So writers queue for one row, in one place, and cannot wait for each other in a circle (SQLite has one lock
for everything; this is for PostgreSQL). Who needs two cases takes them in the order of their ids.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Exists, Select, bindparam, exists, select
from sqlmodel import Session, SQLModel, col

from app.errors import Problem
from app.ids import new_id
from app.store import rows
from app.store.columns import one_of
from app.store.models import Case, Execution, ManualTask, Proposal, Review, TriageRun

LIVE_EXECUTIONS = ("waiting", "running", "unknown")

# Built once: putting a statement together costs more than running it.
_BY_ID = select(Case).where(col(Case.id) == bindparam("ident"), col(Case.tenant) == bindparam("of"))
_LOCKED = _BY_ID.with_for_update()
# Who waits for the lock finds the case only if it may still be joined then.
_JOINABLE = (
    select(Case)
    .where(col(Case.tenant) == bindparam("of"), col(Case.correlation) == bindparam("subject"))
    .with_for_update()
)
_JOINABLE_SEVERAL = (
    select(col(Case.id))
    .where(col(Case.tenant) == bindparam("of"), col(Case.correlation).in_(bindparam("subjects", expanding=True)))
    .order_by(col(Case.id))
    .with_for_update()
)
_SEVERAL = (
    select(Case)
    .where(col(Case.tenant) == bindparam("of"), col(Case.id).in_(bindparam("idents", expanding=True)))
    .order_by(col(Case.id))
    .with_for_update()
)
_OF: dict[type[SQLModel], Select[Any]] = {
    model: select(Case)
    .join(model, col(model.case_id) == col(Case.id))
    .where(col(model.id) == bindparam("ident"))
    .with_for_update(of=Case)
    for model in (Execution, Review, TriageRun)
}
_OF[ManualTask] = (
    select(Case)
    .join(Execution, col(Execution.case_id) == col(Case.id))
    .join(ManualTask, col(ManualTask.execution_id) == col(Execution.id))
    .where(col(ManualTask.id) == bindparam("ident"))
    .with_for_update(of=Case)
)


def _any(model: type[TriageRun] | type[Review] | type[Execution], *statuses: str) -> Exists:
    return exists().where(col(model.case_id) == bindparam("ident"), one_of(col(model.status), statuses))


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


def find(session: Session, tenant: str, case_id: str) -> Case:
    """The tenant's case. Raises Problem `not_found`, for another tenant's case too."""
    return _found(session, _BY_ID, tenant, case_id)


def lock(session: Session, tenant: str, case_id: str) -> Case:
    """`find`, and nobody else changes anything of the case until the transaction ends."""
    return _found(session, _LOCKED, tenant, case_id)


def lock_several(session: Session, tenant: str, case_ids: Iterable[str]) -> dict[str, Case]:
    """Those of the tenant's cases that there are, locked in the order in which everybody takes several."""
    found = session.execute(_SEVERAL, {"of": tenant, "idents": list(case_ids)})
    return {case.id: case for case in found.scalars()}


def lock_of(session: Session, model: type[Execution | Review | TriageRun | ManualTask], ident: str) -> Case | None:
    """The case of a row, locked; None where there is no such row. The caller has yet to look whose it is."""
    case: Case | None = session.execute(_OF[model], {"ident": ident}).scalars().first()
    return case


def lock_joinable(session: Session, tenant: str, correlations: Iterable[str]) -> None:
    """Locks the open cases of several correlations, before events join one after the other."""
    session.connection().execute(_JOINABLE_SEVERAL, {"of": tenant, "subjects": list(correlations)})


def _found(session: Session, query: Select[Any], tenant: str, case_id: str) -> Case:
    case: Case | None = session.execute(query, {"ident": case_id, "of": tenant}).scalars().first()
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
    if case.status == "unrecognised":
        return
    connection = rows.written(session, TriageRun, Proposal, Review, Execution)
    waiting, is_open, failed = connection.execute(_STATE, {"ident": case.id, "generation": case.generation}).one()
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
