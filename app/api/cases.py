"""Cases and their corrections."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.answers import Case, CasesTouched, CaseSummary, Page
from app.api.idempotency import IdempotentRoute
from app.api.problems import documented
from app.api.requests import Anybody, Body, Ctx, Ident, described, reader, writer
from app.views import cases
from app.views.pages import DEFAULT_LIMIT, MAX_LIMIT, page
from app.workflow import corrections

router = APIRouter(prefix="/cases", tags=["cases"], route_class=IdempotentRoute)

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=400)]
Reader = Annotated[Actor, reader("cases:read")]
Writer = Annotated[Actor, writer("triage:write")]


@router.get(
    "", response_model=Page[CaseSummary], responses=documented(403, 422), summary="Cases, the newest first"
)  # fmt: skip
def list_cases(
    ctx: Ctx,
    actor: Reader,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    status: Annotated[str | None, Query(json_schema_extra={"enum": [*cases.STATUSES]})] = None,
    kind: str | None = None,
    customer: str | None = None,
) -> JSONResponse:
    wanted = page(limit, cursor, cases.KEY)
    return JSONResponse(cases.cases(ctx, actor, wanted, status=status, kind=kind, customer=customer))


def _in_sight(ctx: Ctx, actor: Anybody, case_id: Ident) -> None:
    """404 before anything is said of roles or of the body."""
    cases.require_in_sight(ctx, actor, case_id)


@router.get(
    "/{case_id}", dependencies=[Depends(_in_sight)], response_model=Case, responses=documented(403, 404),
    summary="One case with all that happened in it",
)  # fmt: skip
def get_case(ctx: Ctx, actor: Reader, case_id: Ident) -> JSONResponse:
    return JSONResponse(cases.case(ctx, actor, case_id))


@router.post(
    "/{case_id}/corrections", dependencies=[Depends(_in_sight)], response_model=CasesTouched,
    responses=documented(403, 404), openapi_extra=described(corrections.SCHEMA),
    summary="Reclassify, relink, split, merge or dismiss",
)  # fmt: skip
def correct(ctx: Ctx, actor: Writer, case_id: Ident, body: Body) -> JSONResponse:
    """Supersedes the case's open reviews and has it planned again."""
    return JSONResponse({"cases": corrections.correct(ctx, actor, case_id, body)})
