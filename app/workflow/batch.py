"""Batch: one verdict on several reviews that are alike. Each is judged and put on record as if it had come alone."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.errors import FieldError, Problem, field_errors
from app.store.engine import read_only
from app.store.models import Decision, Review
from app.workflow.faults import fault_point
from app.workflow.review import COMMENT_LIMIT, give_verdict
from tools.values import Value

MOST = 50


class BatchItem(Value):
    """A review with the digest that was shown of it."""

    review_id: Annotated[str, Field(min_length=1, max_length=80)]
    args_digest: Annotated[str, Field(min_length=1, max_length=80)]


class BatchBody(Value):
    """The same word on each. All must be of one tool and be asked for by the same rules."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=MOST)]
    verdict: Literal["approve", "reject"]
    comment: Annotated[str, Field(max_length=COMMENT_LIMIT)] | None = None


def give_batch(ctx: Context, actor: Actor, body: Any, *, shown_at: datetime | None = None) -> list[dict[str, str]]:
    """For each item in its place `{"review_id","status"}`, or `{"review_id","code","detail"}` where it was refused.

    Raises Problem for the whole, before any verdict is given: `invalid_body` (also two tools, two sets of rules, one
    review twice), `not_permitted` where what would be approved adds up to more than the actor's limit.
    """
    try:
        batch = BatchBody.model_validate(body)
    except ValidationError as wrong:
        raise Problem("invalid_body", "The batch is not valid.", errors=field_errors(wrong)) from None
    with read_only(ctx.engine) as session:
        found = _found(session, actor.tenant, batch)
        _alike(batch, found)
        if batch.verdict == "approve":
            _within_limit(session, actor, found)
    return [_one(ctx, actor, batch, item, shown_at) for item in batch.items]


def _found(session: Session, tenant: str, batch: BatchBody) -> dict[str, Review]:
    wanted = [item.review_id for item in batch.items]
    query = select(Review).where(col(Review.tenant) == tenant, col(Review.id).in_(wanted))
    return {review.id: review for review in session.exec(query)}


def _alike(batch: BatchBody, found: dict[str, Review]) -> None:
    """What is not there is answered item by item; what is there must be one kind of thing."""
    errors: list[FieldError] = []
    first: tuple[str, tuple[str, ...]] | None = None
    seen: set[str] = set()
    for index, item in enumerate(batch.items):
        if item.review_id in seen:
            errors.append(FieldError(pointer=f"/items/{index}/review_id", detail="stands here twice"))
        seen.add(item.review_id)
        review = found.get(item.review_id)
        if review is None:
            continue
        kind = review.tool, tuple(sorted({each["rule"] for each in review.required}))
        first = first or kind
        if kind != first:
            detail = f"is of another tool or other rules than the first, {first[0]}"
            errors.append(FieldError(pointer=f"/items/{index}/review_id", detail=detail))
    if errors:
        raise Problem("invalid_body", "A batch is of one tool and one set of rules.", errors=errors)


def _within_limit(session: Session, actor: Actor, found: dict[str, Review]) -> None:
    """All together count against the strictest limit, the actor's own and those of roles lent to them."""
    limits = [actor.limit_minor, *(grant.limit_minor for grant in actor.grants)]
    bounds = [limit for limit in limits if limit is not None]
    query = select(Decision.amount_minor).where(
        col(Decision.id).in_([review.decision_id for review in found.values() if review.status == "pending"])
    )
    amounts = list(session.exec(query))
    if bounds and (None in amounts or sum(amount or 0 for amount in amounts) > min(bounds)):
        raise Problem("not_permitted", "The amounts of this batch together are above your limit.")


def _one(ctx: Context, actor: Actor, batch: BatchBody, item: BatchItem, shown_at: datetime | None) -> dict[str, str]:
    said = {"verdict": batch.verdict, "args_digest": item.args_digest}
    try:
        words = {"comment": batch.comment} if batch.comment else {}
        give_verdict(ctx, actor, item.review_id, said | words, shown_at=shown_at)
    except Problem as problem:
        return {"review_id": item.review_id, "code": problem.code, "detail": problem.detail}
    fault_point("batch.item")
    with read_only(ctx.engine) as session:
        return {"review_id": item.review_id, "status": session.get_one(Review, item.review_id).status}
