"""Summaries for those who answer for the firm."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.oversight_answers import ExceptionSummary
from app.api.problems import documented
from app.api.requests import Ctx, reader
from app.workflow.summaries import exception_summary

router = APIRouter(prefix="/summaries", tags=["indicators"])


@router.get(
    "/exceptions", response_model=ExceptionSummary, responses=documented(403, 422),
    summary="What waits too long, failed, was refused; money at stake; what changed",
)  # fmt: skip
def get_exceptions(
    ctx: Ctx,
    actor: Annotated[Actor, reader("cases:read")],
    since: Annotated[str | None, Query(max_length=40, description="A day or an RFC 3339 moment.")] = None,
    zone: Annotated[str | None, Query(max_length=64, description="IANA zone; else the firm's.")] = None,
    wording: Annotated[Literal["template", "model"], Query(description="What words it.")] = "template",
) -> JSONResponse:
    """Of the units in which the token's principal holds a role; without `since` from the last working day on."""
    return JSONResponse(exception_summary(ctx, actor, since=since, zone=zone, by_model=wording == "model"))
