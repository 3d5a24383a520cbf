"""JSON Schemas of every event type and every action, and of the API itself."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.problems import documented
from app.api.requests import reader
from app.errors import Problem
from tools.actions import ACTIONS
from tools.events import EVENT_TYPES

router = APIRouter(prefix="/schemas", tags=["schemas"])

Anyone = Annotated[Actor, reader(None)]


@router.get("", responses=documented(403), summary="Names of the schemas")
def names(_actor: Anyone) -> JSONResponse:
    return JSONResponse({"events": sorted(EVENT_TYPES), "actions": sorted(ACTIONS)})


@router.get("/{name}", responses=documented(403, 404), summary="One schema (JSON Schema 2020-12)")
def schema(_actor: Anyone, name: str) -> JSONResponse:
    if name not in EVENT_TYPES and name not in ACTIONS:
        raise Problem("not_found", "There is no such schema.")
    return JSONResponse(_schema(name), media_type="application/schema+json")


@cache
def _schema(name: str) -> dict[str, Any]:
    model = EVENT_TYPES.get(name) or ACTIONS[name]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"/v1/schemas/{name}"}
    return head | model.model_json_schema()
