"""JSON Schemas of every event type and every action, and of the API itself."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.answers import Page
from app.api.cases import Cursor, Limit
from app.api.oversight_answers import SchemaName
from app.api.problems import documented
from app.api.requests import Ident, reader
from app.errors import Problem
from app.views.pages import DEFAULT_LIMIT, page
from tools.actions import ACTIONS
from tools.events import EVENT_TYPES


class SchemaResponse(JSONResponse):
    media_type = "application/schema+json"


_LISTED = sorted(
    [{"name": name, "kind": kind} for kind, of in (("event", EVENT_TYPES), ("action", ACTIONS)) for name in of],
    key=lambda row: row["name"],
)

_SCHEMA: dict[int | str, dict[str, Any]] = {
    200: {"description": "The schema", "content": {"application/schema+json": {"schema": {"type": "object"}}}}
}

router = APIRouter(prefix="/schemas", tags=["schemas"])

Anyone = Annotated[Actor, reader(None)]


@router.get(
    "", response_model=Page[SchemaName], responses=documented(403, 422), summary="Names of the schemas, by name"
)  # fmt: skip
def names(_actor: Anyone, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> JSONResponse:
    """`kind`: event or action."""
    wanted = page(limit, cursor, (str,))
    after = str(wanted.after[0]) if wanted.after else ""
    kept, following = wanted.cut(
        [row for row in _LISTED if row["name"] > after][: limit + 1], lambda row: (row["name"],)
    )
    return JSONResponse({"items": kept, "next_cursor": following})


@router.get(
    "/{name}", response_class=SchemaResponse, responses=_SCHEMA | documented(404),
    summary="One schema (JSON Schema 2020-12)",
)  # fmt: skip
def schema(_actor: Anyone, name: Ident) -> SchemaResponse:
    if name not in EVENT_TYPES and name not in ACTIONS:
        raise Problem("not_found", "There is no such schema.")
    return SchemaResponse(_schema(name))


@cache
def _schema(name: str) -> dict[str, Any]:
    model = EVENT_TYPES.get(name) or ACTIONS[name]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"/v1/schemas/{name}"}
    return head | model.model_json_schema()
