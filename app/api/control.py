"""Kill switches."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.idempotency import IdempotentRoute
from app.api.oversight_answers import Switches
from app.api.problems import documented
from app.api.requests import Body, Ctx, described, reader, writer
from app.errors import FieldError, Problem, pointer
from app.views.sight import require_any_role, stamp
from app.workflow import control

router = APIRouter(prefix="/control", tags=["control"], route_class=IdempotentRoute)

Writer = Annotated[Actor, writer("control:write")]

_SWITCH: dict[str, Any] = {
    "type": "object", "required": ["scope"], "additionalProperties": False,
    "properties": {"scope": {"enum": ["tenant", "workflow", "tool", "agent"]}, "name": {"type": "string"}},
}  # fmt: skip


def _switch(body: dict[str, Any]) -> tuple[str, str]:
    scope, name = body.get("scope"), body.get("name", "")
    errors = [
        FieldError(pointer=pointer(each), detail="unknown field") for each in sorted(body.keys() - {"scope", "name"})
    ]
    errors += [
        FieldError(pointer=f"/{field}", detail="must be a string")
        for field, value in (("scope", scope), ("name", name))
        if not isinstance(value, str)
    ]
    if errors:
        raise Problem("invalid_body", "The switch is not valid.", errors=errors)
    return str(scope), str(name)


def _standing(ctx: Ctx, actor: Actor) -> JSONResponse:
    return JSONResponse({
        "paused": [
            {"scope": each.scope, "name": each.name, "by": each.by, "at": stamp(each.at)}
            for each in control.paused(ctx, actor.tenant)
        ]
    })  # fmt: skip


@router.get("", response_model=Switches, responses=documented(403), summary="What is paused")
def get_paused(ctx: Ctx, actor: Annotated[Actor, reader("cases:read")]) -> JSONResponse:
    require_any_role(actor)
    return _standing(ctx, actor)


@router.post(
    "/pause", response_model=Switches, responses=documented(403), openapi_extra=described(_SWITCH), summary="Switch off"
)  # fmt: skip
def pause(ctx: Ctx, actor: Writer, body: Body) -> JSONResponse:
    control.pause(ctx, actor, *_switch(body))
    return _standing(ctx, actor)


@router.post(
    "/resume", response_model=Switches, responses=documented(403, 404), openapi_extra=described(_SWITCH),
    summary="Switch on",
)  # fmt: skip
def resume(ctx: Ctx, actor: Writer, body: Body) -> JSONResponse:
    control.resume(ctx, actor, *_switch(body))
    return _standing(ctx, actor)
