"""The queue as people read it: sentences for arguments, a case's reviews together, search, what is on top."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, tuple_
from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.store.engine import read_only
from app.store.models import Execution, Review
from app.views import reviews
from app.views.labels import Labels
from app.views.pages import Page
from app.views.sight import in_sight
from tools.registry import TOOLS

MOST_SEARCHED: Final = 300
"""Reviews in which a search looks for the words, the first of the order: their texts are sealed, so each is opened."""
MOST_COUNTED: Final = 1_000
MOST_TOGETHER: Final = 100
"""Reviews that one page shows at most, those that stand with others of their case included."""
_RECENT: Final = 40
_UNDOABLE: Final = 3


@dataclass(frozen=True)
class Wanted:
    """What is asked of the queue. `words` must all occur in the sentence, the customer's name or an id."""

    status: str = "pending"
    order: str = "pressing"
    tool: str | None = None
    customer: str | None = None
    role: str | None = None
    mine: bool = False
    overdue: bool = False
    words: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything that waits is asked for: then a case's reviews can stand together."""
        return self == Wanted()


def queue(ctx: Context, actor: Actor, page: Page, wanted: Wanted) -> dict[str, Any]:
    """`{"bundles", "next_cursor", "searched"}`: a bundle is `{"case_id", "customer_name", "rows"}`.

    Where everything is asked for, what waits of a case stands together, at the place of its most pressing review.
    `searched`: in how many reviews was looked for the words. Raises Problem as views.reviews.queue does.
    """
    labels = Labels(ctx, actor.tenant)
    wide = Page(MOST_SEARCHED, page.after) if wanted.words else page
    found = reviews.queue(
        ctx, actor, wide, status=wanted.status, tool=wanted.tool, customer=wanted.customer, mine=wanted.mine,
        role=wanted.role, overdue=wanted.overdue, order=wanted.order,
    )  # fmt: skip
    rows = [described(labels, actor, each) for each in found["items"]]
    searched = None
    if wanted.words:
        searched, rows = len(rows), [row for row in rows if _holds(row, wanted.words)]
    if wanted.is_whole:
        rows = _together(ctx, actor, labels, rows, page.after)
    bundles: dict[str, dict[str, Any]] = {}
    for row in rows:
        bundles.setdefault(
            row["case_id"], {"case_id": row["case_id"], "customer_name": row["customer_name"], "rows": []}
        )["rows"].append(row)
    return {"bundles": list(bundles.values()), "next_cursor": found["next_cursor"], "searched": searched}


def counts(ctx: Context, actor: Actor) -> dict[str, int]:
    """How many wait, and how many of them too long: `{"pending", "overdue"}`, each at most MOST_COUNTED."""
    waiting = [col(Review.tenant) == actor.tenant, col(Review.status) == "pending", *in_sight(actor, Review.unit)]
    with read_only(ctx.engine) as session:
        return {
            "pending": _counted(session, waiting),
            "overdue": _counted(session, [*waiting, col(Review.due_at) < ctx.clock()]),
        }


def riskiest(ctx: Context, actor: Actor) -> dict[str, Any] | None:
    """The waiting review of the highest risk, as a row of the queue."""
    found = reviews.queue(ctx, actor, Page(1), order="risk")["items"]
    return described(Labels(ctx, actor.tenant), actor, found[0]) if found else None


def undoable(ctx: Context, actor: Actor) -> list[dict[str, Any]]:
    """What the actor lately approved, has taken effect and can still be taken back: `{"id", "title", "review_id"}`."""
    query = (
        select(Execution)
        .where(col(Execution.tenant) == actor.tenant)
        .order_by(col(Execution.id).desc())
        .limit(_RECENT)
    )  # fmt: skip
    with read_only(ctx.engine) as session:
        recent = {row.review_id: row for row in session.exec(query) if row.status == "succeeded" and row.review_id}
        own = session.exec(
            select(Review.id).where(col(Review.id).in_(list(recent)), col(Review.decided_by) == actor.principal_id)
        ).all()
        return [
            {"id": recent[ident].id, "title": TOOLS[recent[ident].tool].title, "review_id": ident}
            for ident in own if TOOLS[recent[ident].tool].reversibility != "irreversible"
        ][:_UNDOABLE]  # fmt: skip


def beside(ctx: Context, actor: Actor, review_id: str) -> dict[str, str | None]:
    """The waiting reviews before and after this one in the queue's order: `{"before", "after"}`, ids or None."""
    with read_only(ctx.engine) as session:
        row = session.get(Review, review_id)
        if row is None:
            return {"before": None, "after": None}
        waiting = [col(Review.tenant) == actor.tenant, col(Review.status) == "pending", *in_sight(actor, Review.unit)]
        place, ordered = (row.priority, row.id), (col(Review.priority), col(Review.id))
        found = {}
        for name, pressing in (("before", True), ("after", False)):
            key = tuple_(*ordered)
            query = select(Review.id).where(*waiting, key > place if pressing else key < place)
            way = [each.asc() if pressing else each.desc() for each in ordered]
            found[name] = session.exec(query.order_by(*way).limit(1)).first()
        return found


def described(labels: Labels, actor: Actor, review: dict[str, Any]) -> dict[str, Any]:
    """A review with its sentence, its customer's name, what it needs, and whether the actor may decide it."""
    tool, args = review["action"]["tool"], review["action"]["args"]
    words = labels.words(tool, args) if args is not None else None
    return review | {
        "sentence": labels.worded(tool, words),
        "words": words or {},
        "customer_name": labels.called("customer", review["customer"]) if review["customer"] else "",
        "needs": reviews.needed(review["required"]),
        "mine": reviews.may_decide(actor, review["required"], review["unit"], review["line_manager"]),
    }


def _holds(row: dict[str, Any], words: Sequence[str]) -> bool:
    ids = (row["id"], row["case_id"], row["proposal_id"], row["customer"] or "")
    args = (str(value) for value in (row["action"]["args"] or {}).values())
    text = " ".join([row["sentence"], row["customer_name"], *ids, *args]).casefold()
    return all(word.casefold() in text for word in words)


def _together(
    ctx: Context, actor: Actor, labels: Labels, rows: list[dict[str, Any]], after: tuple[Any, ...] | None
) -> list[dict[str, Any]]:
    """The rows with the others of their cases; without those whose case stood on a page before this one."""
    # Found by their cases first: asked for in order, SQLite would walk the whole queue to find them.
    of_cases = select(Review.id).where(
        col(Review.case_id).in_({row["case_id"] for row in rows}), col(Review.status) == "pending",
        col(Review.tenant) == actor.tenant, *in_sight(actor, Review.unit),
    )  # fmt: skip
    query = (
        select(Review)
        .where(col(Review.id).in_(of_cases))
        .order_by(col(Review.priority).desc(), col(Review.id).desc())
        .limit(MOST_TOGETHER)
    )
    with read_only(ctx.engine) as session:
        waiting = session.exec(query).all()
        first = {row.case_id: row for row in reversed(waiting)}
        kept = [row for row in rows if after is None or _place(first.get(row["case_id"])) < after]
        known = {row["id"]: row for row in rows}
        cases = {row["case_id"] for row in kept}
        others = [row for row in waiting if row.id not in known and row.case_id in cases]
        rendered = reviews.render(ctx, session, actor, others)
    return kept + [described(labels, actor, each) for each in rendered]


def _place(review: Review | None) -> tuple[int, str]:
    """Where it stands in the queue's order; what waits no more stands last."""
    return (review.priority, review.id) if review else (-(2**62), "")


def _counted(session: Session, where: Sequence[Any]) -> int:
    some = select(Review.id).where(*where).limit(MOST_COUNTED).subquery()
    return int(session.exec(select(func.count()).select_from(some)).one())
