"""Triage on request: `POST /v1/triage`."""

from functools import partial
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from app.actor import Actor
from app.api.answers import Case, CaseOpened
from app.api.idempotency import IdempotentRoute, once
from app.api.problems import documented
from app.api.requests import Body, Ctx, described, writer
from app.views import cases
from app.workflow import ingest, triage
from tools.events import TriageRequested

router = APIRouter(tags=["triage"], route_class=IdempotentRoute)

# Those who wait hold a thread each; beyond these, and so that others are served, the answer is 202 at once.
_WAITERS = anyio.CapacityLimiter(64)


@router.post(
    "/triage", status_code=202, response_model=CaseOpened,
    responses=documented(403) | {200: {"description": "The case, decided", "model": Case}},
    openapi_extra=described(TriageRequested.model_json_schema()),
    summary="Ask for triage of a text",
)  # fmt: skip
async def request_triage(
    request: Request,
    ctx: Ctx,
    actor: Annotated[Actor, writer("triage:write")],
    body: Body,
    wait: Annotated[float, Query(ge=0, le=60, allow_inf_nan=False)] = 0,
) -> JSONResponse:
    """With `?wait=SECONDS`: 200 and the case once all is decided and every automatic execution has ended; else 202."""
    case_id = await run_in_threadpool(partial(ingest.request_triage, ctx, actor, body, once=once(request)))
    location = {"Location": f"/v1/cases/{case_id}"}
    if wait and _WAITERS.available_tokens:
        done = await anyio.to_thread.run_sync(triage.wait_for_case, ctx, actor.tenant, case_id, wait, limiter=_WAITERS)
        if done:
            case = await run_in_threadpool(cases.asked_by, ctx, actor, case_id)
            return JSONResponse(case, 200, location)
    return JSONResponse({"case_id": case_id}, 202, location)
