"""Which money is at stake: what waits for approval, what has moved, what is not known. In the base currency."""

from collections import defaultdict
from collections.abc import Iterator

from sqlmodel import col, func, select

from agents.summaries import Statement
from app.store.models import Case, Decision, Execution, Reservation, Review
from app.views.exceptions.scope import MOST_REFS, Scope, refs
from tools.registry import TOOLS


def stakes(scope: Scope) -> Iterator[Statement]:
    yield from _pending(scope)
    yield from _untold(scope)
    yield from _moved(scope)


def _pending(scope: Scope) -> Iterator[Statement]:
    mine = [
        col(Review.tenant) == scope.tenant, col(Review.status) == "pending", col(Decision.amount_minor) > 0,
        *scope.sight(Review.unit),
    ]  # fmt: skip
    joined = select(func.count(), func.sum(col(Decision.amount_minor))).join_from(
        Review, Decision, col(Decision.id) == col(Review.decision_id)
    )
    count, total = scope.session.exec(joined.where(*mine)).one()
    if not count or total is None:
        return
    largest = scope.session.exec(
        select(Review, Decision.amount_minor)
        .join(Decision, col(Decision.id) == col(Review.decision_id))
        .where(*mine)
        .order_by(col(Decision.amount_minor).desc(), col(Review.id))
        .limit(MOST_REFS)
    ).all()
    (first, minor), *_ = largest
    many = f"{count} reviews" if count > 1 else "1 review"
    says = f"{scope.amount(int(total))} wait for approval in {many}"
    says += f"; the largest is {scope.what(first.tool, first.customer_id, minor)}." if count > 1 else (
        f": {scope.what(first.tool, first.customer_id, None)}."
    )  # fmt: skip
    yield scope.statement(
        "money", says, refs("review", [row.id for row, _ in largest]), count=count, amount_minor=int(total)
    )


def _untold(scope: Scope) -> Iterator[Statement]:
    """Of an amount that no record tells a decision says None."""
    query = (
        select(Review.id)
        .join(Decision, col(Decision.id) == col(Review.decision_id))
        .where(
            col(Review.tenant) == scope.tenant, col(Review.status) == "pending",
            col(Decision.amount_minor).is_(None), *scope.sight(Review.unit),
        )
        .order_by(col(Review.priority).desc(), col(Review.id).desc())
    )  # fmt: skip
    if found := list(scope.session.exec(query)):
        many = f"{len(found)} reviews that wait" if len(found) > 1 else "1 review that waits"
        says = f"Of {many} no record tells how much money is at stake."
        yield scope.statement("money", says, refs("review", found), count=len(found))


def _moved(scope: Scope) -> Iterator[Statement]:
    """By tool, what took effect; the scope `tool/…` of a reservation holds each execution once."""
    query = (
        select(Execution.id, Execution.tool, Reservation.amount_minor, Execution.review_id)
        .join(Reservation, col(Reservation.execution_id) == col(Execution.id))
        .join(Case, col(Case.id) == col(Execution.case_id))
        .where(
            col(Execution.tenant) == scope.tenant, col(Execution.status) == "succeeded",
            col(Execution.finished_at) >= scope.since, col(Reservation.scope).startswith("tool/"),
            col(Reservation.amount_minor) > 0, *scope.sight(Case.unit),
        )
        .order_by(col(Reservation.amount_minor).desc(), col(Execution.id))
    )  # fmt: skip
    moved: dict[str, list[tuple[str, int, bool]]] = defaultdict(list)
    for ident, tool, minor, review in scope.session.exec(query):
        moved[tool].append((ident, minor, review is None))
    for tool, rows in sorted(moved.items(), key=lambda item: -sum(minor for _, minor, _ in item[1])):
        total, alone = sum(minor for _, minor, _ in rows), sum(by_itself for *_, by_itself in rows)
        many = f"{len(rows)} times" if len(rows) > 1 else "once"
        asked = f"; {alone} of them without a person" if alone else "; people approved each"
        says = f"“{TOOLS[tool].title}” took effect {many}, over {scope.amount(total)}{asked}."
        yield scope.statement(
            "money", says, refs("execution", [ident for ident, *_ in rows]), count=len(rows), amount_minor=total
        )
