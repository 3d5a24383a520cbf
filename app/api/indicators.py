"""Business indicators."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.oversight_answers import Indicators
from app.api.problems import documented
from app.api.requests import Ctx, reader
from app.views import indicators

router = APIRouter(tags=["indicators"])


@router.get(
    "/indicators", response_model=Indicators, responses=documented(403, 422),
    summary="Automation, approval latency, reversals, the queue",
)  # fmt: skip
def get_indicators(
    ctx: Ctx, actor: Annotated[Actor, reader("cases:read")], days: Annotated[int, Query(ge=1, le=365)] = 30
) -> JSONResponse:
    return JSONResponse(indicators.indicators(ctx, actor, days))
