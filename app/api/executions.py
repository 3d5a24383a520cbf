"""Executions, undo, and tasks by hand."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.cases import Cursor, Limit
from app.api.idempotency import IdempotentRoute
from app.api.problems import documented
from app.api.requests import Anybody, Body, Ctx, described, reader, writer
from app.views import executions
from app.views.pages import DEFAULT_LIMIT, page
from app.workflow import by_hand, undo

router = APIRouter(tags=["executions"], route_class=IdempotentRoute)

Reader = Annotated[Actor, reader("cases:read")]
Writer = Annotated[Actor, writer("executions:write")]

_CLOSING: dict[str, Any] = {
    "type": "object", "required": ["done", "evidence"],
    "properties": {"done": {"type": "boolean"}, "evidence": {"type": "string"}, "result": {"type": "object"}},
}  # fmt: skip


def _in_sight(ctx: Ctx, actor: Anybody, execution_id: str) -> None:
    """404 before anything is said of roles."""
    executions.execution(ctx, actor, execution_id)


@router.get(
    "/executions/{execution_id}", dependencies=[Depends(_in_sight)], responses=documented(403, 404),
    summary="One execution",
)  # fmt: skip
def get_execution(ctx: Ctx, actor: Reader, execution_id: str) -> JSONResponse:
    return JSONResponse(executions.execution(ctx, actor, execution_id))


@router.post(
    "/executions/{execution_id}/undo", dependencies=[Depends(_in_sight)], responses=documented(403, 404, 409, 503),
    summary="Ask for an effect to be taken back; that is itself decided",
)  # fmt: skip
def undo_execution(ctx: Ctx, actor: Writer, execution_id: str) -> JSONResponse:
    return JSONResponse(undo.undo(ctx, actor, execution_id))


@router.get("/tasks", responses=documented(403, 422), summary="Actions to be done by hand, the oldest first")
def list_tasks(ctx: Ctx, actor: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> JSONResponse:
    return JSONResponse(executions.tasks(ctx, actor, page(limit, cursor, executions.TASKS_KEY)))


@router.post(
    "/tasks/{task_id}/close", responses=documented(403, 404, 409, 413, 422), openapi_extra=described(_CLOSING),
    summary="Say with evidence that a task was done, or declined",
)  # fmt: skip
def close_task(ctx: Ctx, actor: Writer, task_id: str, body: Body) -> JSONResponse:
    by_hand.close(ctx, actor, task_id, body)
    return JSONResponse({"task_id": task_id, "status": "done" if body.get("done") else "declined"})
