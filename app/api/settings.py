"""A tenant's settings as data; each change is made by two people."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.idempotency import IdempotentRoute
from app.api.oversight_answers import ChangeAsked, Settings
from app.api.problems import documented
from app.api.requests import Body, Ctx, Ident, described, reader, writer
from app.errors import FieldError, Problem
from app.identity.setting_changes import confirm_setting, propose_setting, withdraw_setting
from app.views import settings

router = APIRouter(prefix="/settings", tags=["settings"], route_class=IdempotentRoute)

Writer = Annotated[Actor, writer("admin")]

_CHANGE: dict[str, Any] = {
    "type": "object", "required": ["name", "value"], "properties": {"name": {"type": "string"}, "value": {}}
}  # fmt: skip


@router.get(
    "", response_model=Settings, responses=documented(403),
    summary="Settings and changes that wait for a second person",
)  # fmt: skip
def get_settings(ctx: Ctx, actor: Annotated[Actor, reader("admin")]) -> JSONResponse:
    return JSONResponse(settings.settings(ctx, actor))


@router.post(
    "/changes", status_code=201, response_model=ChangeAsked, responses=documented(403),
    openapi_extra=described(_CHANGE), summary="Propose a change",
)  # fmt: skip
def propose(ctx: Ctx, actor: Writer, body: Body) -> JSONResponse:
    name = body.get("name")
    if not isinstance(name, str) or "value" not in body:
        missing = "/value" if isinstance(name, str) else "/name"
        errors = [FieldError(pointer=missing, detail="is missing or of the wrong type")]
        raise Problem("invalid_body", "A change is a name and a value.", errors=errors)
    return JSONResponse({"change_id": propose_setting(ctx, actor, name, body["value"]), "status": "pending"}, 201)


@router.post(
    "/changes/{change_id}/confirm", response_model=ChangeAsked, responses=documented(403, 404),
    summary="Confirm another's change",
)  # fmt: skip
def confirm(ctx: Ctx, actor: Writer, change_id: Ident) -> JSONResponse:
    confirm_setting(ctx, actor, change_id)
    return JSONResponse({"change_id": change_id, "status": "confirmed"})


@router.post(
    "/changes/{change_id}/withdraw", response_model=ChangeAsked, responses=documented(403, 404),
    summary="Drop a change",
)  # fmt: skip
def withdraw(ctx: Ctx, actor: Writer, change_id: Ident) -> JSONResponse:
    withdraw_setting(ctx, actor, change_id)
    return JSONResponse({"change_id": change_id, "status": "withdrawn"})
