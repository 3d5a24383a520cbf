"""What waits too long: reviews past their time or out of it, and what is to be done by hand."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlmodel import col, func, select

from agents.summaries import Ref, Statement
from app.store.models import AuditEntry, Case, Decision, Execution, ManualTask, Pause, Review
from app.views.exceptions.scope import DETAILED, MOST_REFS, Scope, refs
from app.views.reviews import may_decide
from tools.registry import TOOLS

BY_HAND_AFTER = timedelta(days=1)
_SAME_STEP = timedelta(seconds=1)


def waiting(scope: Scope) -> Iterator[Statement]:
    yield from _paused(scope)
    yield from _overdue(scope)
    yield from _lapsed(scope)
    yield from _in_time(scope)
    yield from _by_hand(scope)


def _paused(scope: Scope) -> Iterator[Statement]:
    """Whatever is switched off concerns everybody, however long ago that was done."""
    for row in scope.session.exec(select(Pause).where(col(Pause.tenant) == scope.tenant).order_by(col(Pause.at))):
        what = "the whole firm" if row.scope == "tenant" else f"the {row.scope} {row.name}"
        entry = scope.session.exec(
            select(AuditEntry.seq)
            .where(
                col(AuditEntry.tenant) == scope.tenant, col(AuditEntry.kind) == "control.paused",
                col(AuditEntry.at) <= row.at + _SAME_STEP,
            )
            .order_by(col(AuditEntry.seq).desc())
        ).first()  # fmt: skip
        says = f"Nothing of {what} runs: it is paused since {scope.moment(row.at)}."
        yield scope.statement("waiting", says, refs("entry", [entry] if entry is not None else []))


def _overdue(scope: Scope) -> Iterator[Statement]:
    late = [*_pending(scope), col(Review.due_at) <= scope.now]
    query = (
        select(Review, Decision.amount_minor)
        .join(Decision, col(Decision.id) == col(Review.decision_id))
        .where(*late)
        .order_by(func.coalesce(col(Decision.amount_minor), 0).desc(), col(Review.due_at), col(Review.id))
    )
    rows = scope.session.exec(query.limit(DETAILED + MOST_REFS)).all()
    for row, minor in rows[:DETAILED]:
        says = (
            f"{scope.what(row.tool, row.customer_id, minor)} waits since {scope.moment(row.created_at)} and was due by "
            f"{scope.moment(row.due_at)}."
        )
        if row.escalated_to:
            says += f" It has gone on to the {_words([row.escalated_to])}."
        says += f" {_who(scope, row)}"
        if TOOLS[row.tool].risk_class == "protective":
            says += " Until then nothing protects what it is to protect."
        yield scope.statement(
            "waiting", says, [Ref("review", row.id), Ref("case", row.case_id)], amount_minor=minor or None
        )
    total = scope.session.exec(select(func.count()).select_from(Review).where(*late)).one()
    if (more := total - len(rows[:DETAILED])) > 0:
        others = [row.id for row, _ in rows[DETAILED:]]
        yield scope.statement(
            "waiting", f"{more} more reviews are past their time.", refs("review", others), count=more
        )


def _lapsed(scope: Scope) -> Iterator[Statement]:
    """What nobody answered to its end since then."""
    mine = [
        col(Review.tenant) == scope.tenant, col(Review.status) == "expired", col(Review.decided_at) >= scope.since,
        *scope.sight(Review.unit),
    ]  # fmt: skip
    found = scope.session.exec(select(Review).where(*mine).order_by(col(Review.decided_at), col(Review.id))).all()
    if found:
        many = f"{len(found)} reviews" if len(found) > 1 else "1 review"
        says = f"{many} ran out with nobody answering; what they asked for was not done."
        yield scope.statement("waiting", says, refs("review", [row.id for row in found]), count=len(found))


def _in_time(scope: Scope) -> Iterator[Statement]:
    timely = [*_pending(scope), col(Review.due_at) > scope.now]
    count, soonest = scope.session.exec(select(func.count(), func.min(col(Review.due_at))).where(*timely)).one()
    if not count:
        return
    first = scope.session.exec(
        select(Review.id).where(*timely).order_by(col(Review.due_at), col(Review.id)).limit(MOST_REFS)
    ).all()
    many = f"{count} reviews wait and are" if count > 1 else "1 review waits and is"
    says = f"{many} in time; the next is due by {scope.moment(soonest)}."
    yield replace(scope.statement("waiting", says, refs("review", first), count=count), exceptional=False)


def _by_hand(scope: Scope) -> Iterator[Statement]:
    query = (
        select(ManualTask, Execution, Case)
        .join(Execution, col(Execution.id) == col(ManualTask.execution_id))
        .join(Case, col(Case.id) == col(Execution.case_id))
        .where(
            col(ManualTask.tenant) == scope.tenant, col(ManualTask.status) == "open",
            col(ManualTask.created_at) <= scope.now - BY_HAND_AFTER, *scope.sight(Case.unit),
        )
        .order_by(col(ManualTask.created_at), col(ManualTask.id))
    )  # fmt: skip
    rows = scope.session.exec(query.limit(200)).all()
    for task, done, case in rows[:DETAILED]:
        says = (
            f"{scope.what(done.tool, case.customer_id, None)} is to be done by hand and is open since "
            f"{scope.moment(task.created_at)}."
        )
        yield scope.statement("waiting", says, [Ref("task", task.id), Ref("case", case.id)])
    if rest := rows[DETAILED:]:
        many = f"At least {len(rest)}" if len(rows) == 200 else str(len(rest))
        says = f"{many} more tasks are to be done by hand and are open for longer than a day."
        yield scope.statement("waiting", says, refs("task", [task.id for task, *_ in rest]), count=len(rest))


def _pending(scope: Scope) -> list[Any]:
    return [col(Review.tenant) == scope.tenant, col(Review.status) == "pending", *scope.sight(Review.unit)]


def _who(scope: Scope, row: Review) -> str:
    if may_decide(scope.actor, row.required, row.unit, row.line_manager):
        return "You may decide."
    asked = [frozenset(need["roles"]) for need in row.required]
    # Whoever meets the narrower demand meets the wider one.
    narrow = [one for one in asked if not any(other < one for other in asked)]
    needed = list(dict.fromkeys(_words(one, " or ") for one in narrow))
    return f"It needs {'; and '.join(needed)}." if needed else "It needs a person."


def _words(roles: Iterable[str], between: str = ", ") -> str:
    return between.join(role.replace("_", " ") for role in sorted(roles))
