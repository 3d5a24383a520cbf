"""Events in: `POST /v1/events/{source}`. Signed by the source; no bearer token."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from app.api.problems import documented
from app.api.requests import Ctx, Ident, described, read_body
from app.workflow import ingest
from app.workflow.ingest import Accepted

router = APIRouter(tags=["events"])

_EVENT: dict[str, Any] = {
    "type": "object", "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"}, "id": {"type": "string"}, "source": {"type": "string"},
        "type": {"type": "string"}, "subject": {"type": "string"}, "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}  # fmt: skip
_BODY: dict[str, Any] = described(_EVENT)
_BODY["requestBody"]["content"] |= {
    "application/cloudevents+json": {"schema": _EVENT},
    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _EVENT, "maxItems": 100}},
}


@router.post(
    "/events/{source}", status_code=202, response_model=Accepted, responses=documented(404, 413, 422),
    openapi_extra=_BODY, summary="Deliver events, signed by the source",
)  # fmt: skip
async def deliver(request: Request, ctx: Ctx, source: Ident) -> JSONResponse:
    """CloudEvents 1.0, structured, batch or binary, under a Standard Webhooks signature. 422 only if none was taken."""
    body = await read_body(request)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
    accepted = await run_in_threadpool(ingest.accept, ctx, source, headers, body)
    return JSONResponse(accepted.model_dump(mode="json"), 202)
