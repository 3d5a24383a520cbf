"""What failed, and what nobody knows yet."""

from collections.abc import Iterator

from sqlmodel import col, func, select

from agents.summaries import Ref, Statement
from app.store.models import Case, Decision, Execution, TriageRun
from app.views.exceptions.scope import DETAILED, MOST_REFS, Scope, refs


def trouble(scope: Scope) -> Iterator[Statement]:
    yield from _unknown(scope)
    yield from _failed(scope)
    yield from _not_worked_off(scope)
    yield from _not_understood(scope)


def _amount(scope: Scope, proposal_id: str) -> int | None:
    """Money at stake by the newest decision about a proposal, in minor units of the base currency."""
    query = select(Decision.amount_minor).where(col(Decision.proposal_id) == proposal_id)
    return scope.session.exec(query.order_by(col(Decision.at).desc(), col(Decision.id).desc())).first()


def _unknown(scope: Scope) -> Iterator[Statement]:
    mine = [col(Execution.tenant) == scope.tenant, col(Execution.status) == "unknown", *scope.sight(Case.unit)]
    query = select(Execution, Case).join(Case, col(Case.id) == col(Execution.case_id)).where(*mine)
    rows = scope.session.exec(query.order_by(col(Execution.created_at), col(Execution.id)).limit(200)).all()
    for row, case in rows[:DETAILED]:
        minor = _amount(scope, row.proposal_id)
        since = scope.moment(row.claimed_at or row.created_at)
        says = f"Whether {scope.what(row.tool, case.customer_id, minor)} took effect on {since} is not known."
        yield scope.statement(
            "trouble", says, [Ref("execution", row.id), Ref("case", case.id)], amount_minor=minor or None
        )
    if rest := rows[DETAILED:]:
        says = f"Of {len(rest)} more actions it is not known whether they took effect."
        yield scope.statement("trouble", says, refs("execution", [row.id for row, _ in rest]), count=len(rest))


def _failed(scope: Scope) -> Iterator[Statement]:
    mine = [
        col(Execution.tenant) == scope.tenant, col(Execution.status) == "failed",
        col(Execution.finished_at) >= scope.since, *scope.sight(Case.unit),
    ]  # fmt: skip
    query = select(Execution, Case).join(Case, col(Case.id) == col(Execution.case_id)).where(*mine)
    rows = scope.session.exec(query.order_by(col(Execution.finished_at).desc(), col(Execution.id)).limit(200)).all()
    for row, case in rows[:DETAILED]:
        minor, ended = _amount(scope, row.proposal_id), row.finished_at or row.created_at
        unresolved = (row.error or "").startswith("unresolved")
        came = "could not be established to have happened or not" if unresolved else "failed"
        says = f"{scope.what(row.tool, case.customer_id, minor)} {came}, on {scope.moment(ended)}."
        yield scope.statement(
            "trouble", says, [Ref("execution", row.id), Ref("case", case.id)], amount_minor=minor or None
        )
    if rest := rows[DETAILED:]:
        yield scope.statement(
            "trouble", f"{len(rest)} more actions failed.", refs("execution", [row.id for row, _ in rest]),
            count=len(rest),
        )  # fmt: skip


def _not_worked_off(scope: Scope) -> Iterator[Statement]:
    mine = [
        col(TriageRun.tenant) == scope.tenant, col(TriageRun.status) == "failed",
        col(TriageRun.finished_at) >= scope.since, *scope.sight(Case.unit),
    ]  # fmt: skip
    query = select(TriageRun, Case).join(Case, col(Case.id) == col(TriageRun.case_id)).where(*mine)
    rows = scope.session.exec(query.order_by(col(TriageRun.finished_at), col(TriageRun.id)).limit(200)).all()
    for run, case in rows[:DETAILED]:
        whom = f" for {scope.called(case.customer_id)}" if case.customer_id else ""
        ended = scope.moment(run.finished_at or run.due_at)
        says = f"An event {case.workflow}{whom} could not be worked off, on {ended}; a person has to look."
        yield scope.statement("trouble", says, [Ref("run", run.id), Ref("case", case.id)])
    if rest := rows[DETAILED:]:
        says = f"{len(rest)} more events could not be worked off."
        yield scope.statement("trouble", says, refs("run", [run.id for run, _ in rest]), count=len(rest))


def _not_understood(scope: Scope) -> Iterator[Statement]:
    mine = [
        col(Case.tenant) == scope.tenant, col(Case.status) == "unrecognised", col(Case.opened_at) >= scope.since,
        *scope.sight(Case.unit),
    ]  # fmt: skip
    count = scope.session.exec(select(func.count()).select_from(Case).where(*mine)).one()
    if count:
        first = scope.session.exec(select(Case.id).where(*mine).order_by(col(Case.id)).limit(MOST_REFS)).all()
        many = f"{count} events are" if count > 1 else "1 event is"
        says = f"{many} of types that are not known here; nothing was done about them."
        yield scope.statement("trouble", says, refs("case", first), count=count)
