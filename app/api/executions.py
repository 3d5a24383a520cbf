"""Executions, undo, and tasks by hand."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from app.actor import Actor
from app.api.answers import Execution, Page, Undoing
from app.api.cases import Cursor, Limit
from app.api.idempotency import IdempotentRoute
from app.api.oversight_answers import Task, TaskClosed
from app.api.problems import documented
from app.api.requests import Anybody, Body, Ctx, Ident, described, reader, writer
from app.views import executions
from app.views.pages import DEFAULT_LIMIT, page
from app.workflow import by_hand, undo

router = APIRouter(tags=["executions"], route_class=IdempotentRoute)

Reader = Annotated[Actor, reader("cases:read")]
Writer = Annotated[Actor, writer("executions:write")]


def _in_sight(ctx: Ctx, actor: Anybody, execution_id: Ident) -> None:
    """404 before anything is said of roles."""
    executions.execution(ctx, actor, execution_id)


@router.get(
    "/executions/{execution_id}", dependencies=[Depends(_in_sight)], response_model=Execution,
    responses=documented(403, 404), summary="One execution",
)  # fmt: skip
def get_execution(ctx: Ctx, actor: Reader, execution_id: Ident) -> JSONResponse:
    return JSONResponse(executions.execution(ctx, actor, execution_id))


@router.post(
    "/executions/{execution_id}/undo", dependencies=[Depends(_in_sight)], response_model=Undoing,
    responses=documented(403, 404), summary="Ask for an effect to be taken back; that is itself decided",
)  # fmt: skip
def undo_execution(ctx: Ctx, actor: Writer, execution_id: Ident) -> JSONResponse:
    return JSONResponse(undo.undo(ctx, actor, execution_id))


@router.get(
    "/tasks", response_model=Page[Task], responses=documented(403, 422),
    summary="Actions to be done by hand, the oldest first",
)  # fmt: skip
def list_tasks(ctx: Ctx, actor: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> JSONResponse:
    return JSONResponse(executions.tasks(ctx, actor, page(limit, cursor, executions.TASKS_KEY)))


@router.post(
    "/tasks/{task_id}/close", response_model=TaskClosed, responses=documented(403, 404),
    openapi_extra=described(by_hand.Closing.model_json_schema()),
    summary="Say with evidence that a task was done, or declined",
)  # fmt: skip
def close_task(ctx: Ctx, actor: Writer, task_id: Ident, body: Body) -> JSONResponse:
    by_hand.close(ctx, actor, task_id, body)
    return JSONResponse({"task_id": task_id, "status": "done" if body.get("done") else "declined"})
