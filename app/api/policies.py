"""Policies: simulating a candidate ruleset."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.idempotency import IdempotentRoute
from app.api.oversight_answers import Simulated
from app.api.problems import documented
from app.api.requests import Body, Ctx, described, reader
from app.errors import FieldError, Problem, pointer
from app.views.simulation import MOST_DECISIONS, simulate_texts

router = APIRouter(prefix="/policies", tags=["policies"], route_class=IdempotentRoute)

_CANDIDATE: dict[str, Any] = {
    "type": "object", "required": ["files"],
    "properties": {
        "files": {
            "type": "object", "additionalProperties": {"type": "string"},
            "description": "file name → YAML text; thresholds, weights and approvals may be left out",
        },
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST_DECISIONS},
    },
}  # fmt: skip


@router.post(
    "/simulate", response_model=Simulated, responses=documented(403), openapi_extra=described(_CANDIDATE),
    summary="What a candidate ruleset would have decided",
)  # fmt: skip
def simulate(ctx: Ctx, actor: Annotated[Actor, reader("policies:simulate")], body: Body) -> JSONResponse:
    """Over the newest recorded decisions: what would change, and against what people decided. Changes nothing."""
    files, limit = body.get("files"), body.get("limit", MOST_DECISIONS)
    errors = [
        FieldError(pointer=pointer(name), detail="unknown field") for name in sorted(body.keys() - {"files", "limit"})
    ]
    if not isinstance(files, dict) or not files or not all(isinstance(text, str) for text in files.values()):
        errors.append(FieldError(pointer="/files", detail="must map file names to YAML texts"))
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_DECISIONS:
        errors.append(FieldError(pointer="/limit", detail=f"must be a whole number from 1 to {MOST_DECISIONS}"))
    if errors:
        raise Problem("invalid_body", "The candidate is not valid.", errors=errors)
    return JSONResponse(simulate_texts(ctx, actor, dict(files or {}), int(limit)))
