"""Reviews and verdicts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.answers import Batch, Page, Review
from app.api.cases import Cursor, Limit
from app.api.idempotency import IdempotentRoute
from app.api.problems import documented
from app.api.requests import Anybody, Body, Ctx, Ident, described, json_object, reader, writer
from app.errors import Problem
from app.views import reviews
from app.views.pages import DEFAULT_LIMIT, page
from app.workflow import batch
from app.workflow import review as workflow
from app.workflow.batch import BatchBody
from app.workflow.review import VerdictBody

router = APIRouter(prefix="/reviews", tags=["reviews"], route_class=IdempotentRoute)

Reader = Annotated[Actor, reader("reviews:read")]
Writer = Annotated[Actor, writer("reviews:write")]


_BATCH = BatchBody.model_json_schema()
# A reference would be looked for in the whole document.
_BATCH["properties"]["items"]["items"] = _BATCH.pop("$defs")["BatchItem"]


@router.get(
    "", response_model=Page[Review], responses=documented(403, 422), summary="The queue, the most pressing first"
)  # fmt: skip
def list_reviews(
    ctx: Ctx,
    actor: Reader,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    status: Annotated[str, Query(json_schema_extra={"enum": [*reviews.STATUSES]})] = "pending",
    tool: str | None = None,
    customer: str | None = None,
    case: str | None = None,
    mine: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> JSONResponse:
    """`mine`: only those on which the token's roles may still decide."""
    wanted = page(limit, cursor, reviews.KEY)
    found = reviews.queue(ctx, actor, wanted, status=status, tool=tool, customer=customer, case_id=case, mine=mine)
    return JSONResponse(found)


def _in_sight(ctx: Ctx, actor: Anybody, review_id: Ident) -> None:
    """404 before anything is said of roles or of the body."""
    reviews.require_in_sight(ctx, actor, review_id)


@router.get(
    "/{review_id}", dependencies=[Depends(_in_sight)], response_model=Review, responses=documented(403, 404),
    summary="One review",
)  # fmt: skip
def get_review(ctx: Ctx, actor: Reader, review_id: Ident) -> JSONResponse:
    return JSONResponse(reviews.review(ctx, actor, review_id))


async def _verdict(request: Request) -> dict[str, Any] | Problem:
    """A body that cannot be read is answered last, after 404, 403 and 409."""
    try:
        return await json_object(request)
    except Problem as unreadable:
        if unreadable.code == "too_large":
            raise
        return unreadable


@router.post(
    "/batch", response_model=Batch, responses=documented(403), openapi_extra=described(_BATCH),
    summary="Several at once",
)  # fmt: skip
def give_batch(ctx: Ctx, actor: Writer, body: Body) -> JSONResponse:
    """One tool and one set of rules, together within the limit; an answer for each review."""
    return JSONResponse({"items": batch.give_batch(ctx, actor, body)})


@router.post(
    "/{review_id}/verdicts", dependencies=[Depends(_in_sight)], response_model=Review, responses=documented(403, 404),
    openapi_extra=described(VerdictBody.model_json_schema()),
    summary="Approve, edit, reject, respond or withdraw",
)  # fmt: skip
def give_verdict(
    ctx: Ctx, actor: Writer, review_id: Ident, body: Annotated[dict[str, Any] | Problem, Depends(_verdict)]
) -> JSONResponse:
    """`args_digest` is the digest that was shown. Answers with the review as it stands then."""
    if isinstance(body, Problem):
        try:
            workflow.give_verdict(ctx, actor, review_id, {})
        except Problem as problem:
            raise (body if problem.code == "invalid_body" else problem) from None
    else:
        workflow.give_verdict(ctx, actor, review_id, body)
    return JSONResponse(reviews.review(ctx, actor, review_id))
