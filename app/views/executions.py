"""Executions, and the tasks that people do by hand."""

from datetime import datetime
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from app.actor import Actor
from app.errors import Problem
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Case, Execution, ManualTask, Proposal
from app.views.pages import Page
from app.views.people import names
from app.views.sight import in_sight, opened, require_any_role, sees, stamp

KEY = (str,)
TASKS_KEY = (datetime, str)


def execution(ground: Ground, actor: Actor, execution_id: str) -> dict[str, Any]:
    """One execution. Raises Problem `not_found`, for another tenant's or unit's too."""
    with read_only(ground.engine) as session:
        row = session.get(Execution, execution_id)
        if row is None or row.tenant != actor.tenant:
            raise Problem("not_found", "There is no such execution.")
        case = session.get_one(Case, row.case_id)
        if not sees(actor, case.unit):
            raise Problem("not_found", "There is no such execution.")
        proposal = session.get_one(Proposal, row.proposal_id)
        content = opened(ground, session, actor.tenant, [proposal.content_payload])[proposal.content_payload]
        return rendered(row) | {"action": content and content["action"], "erased": content is None}


def executions(
    ground: Ground, actor: Actor, page: Page, *, status: str | None = None, by_rule: bool = False
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`, the newest first. `by_rule`: those that no person was asked about."""
    require_any_role(actor)
    with read_only(ground.engine) as session:
        query = (
            select(Execution, Case, Proposal)
            .join(Case, col(Case.id) == col(Execution.case_id))
            .join(Proposal, col(Proposal.id) == col(Execution.proposal_id))
            .where(col(Execution.tenant) == actor.tenant, *in_sight(actor, Case.unit))
        )
        if status:
            query = query.where(col(Execution.status) == status)
        if by_rule:
            query = query.where(col(Execution.review_id).is_(None))
        if page.after is not None:
            query = query.where(col(Execution.id) < page.after[0])
        rows = session.exec(query.order_by(col(Execution.id).desc()).limit(page.limit + 1)).all()
        kept, cursor = page.cut(rows, lambda row: (row[0].id,))
        contents = opened(ground, session, actor.tenant, [proposal.content_payload for *_, proposal in kept])
        items = [
            rendered(row)
            | {"customer": case.customer_id, "action": (contents.get(proposal.content_payload) or {}).get("action")}
            for row, case, proposal in kept
        ]
        return {"items": items, "next_cursor": cursor}


def of_case(session: Session, case_id: str) -> list[dict[str, Any]]:
    query = select(Execution).where(col(Execution.case_id) == case_id)
    return [rendered(row) for row in session.exec(query.order_by(col(Execution.created_at), col(Execution.id)))]


def rendered(row: Execution) -> dict[str, Any]:
    return {
        "id": row.id, "case_id": row.case_id, "proposal_id": row.proposal_id, "review_id": row.review_id,
        "tool": row.tool, "connector": row.connector, "key": row.key, "args_digest": row.args_digest,
        "status": row.status, "attempt": row.attempt, "waits_for": row.waits_for, "error": row.error,
        "result": dict(row.result), "undone_by": row.undone_by, "created_at": stamp(row.created_at),
        "finished_at": stamp(row.finished_at),
    }  # fmt: skip


def tasks(ground: Ground, actor: Actor, page: Page, *, status: str = "open") -> dict[str, Any]:
    """`{"items", "next_cursor"}`: actions to be done by hand, the oldest first, of all cases that are in sight."""
    require_any_role(actor)
    with read_only(ground.engine) as session:
        query = (
            select(ManualTask, Execution, Case, Proposal)
            .join(Execution, col(Execution.id) == col(ManualTask.execution_id))
            .join(Case, col(Case.id) == col(Execution.case_id))
            .join(Proposal, col(Proposal.id) == col(Execution.proposal_id))
            .where(
                col(ManualTask.tenant) == actor.tenant, col(ManualTask.status) == status, *in_sight(actor, Case.unit)
            )
        )
        if page.after is not None:
            query = query.where(tuple_(col(ManualTask.created_at), col(ManualTask.id)) > page.after)
        ordered = query.order_by(col(ManualTask.created_at), col(ManualTask.id))
        rows, cursor = page.cut(
            session.exec(ordered.limit(page.limit + 1)).all(), lambda row: (row[0].created_at, row[0].id)
        )
        contents = opened(ground, session, actor.tenant, [proposal.content_payload for *_, proposal in rows])
        known = names(session, actor.tenant, [task.assignee_id for task, *_ in rows])
        items = [
            {
                "id": task.id, "execution_id": done.id, "case_id": case.id, "customer": case.customer_id,
                "assignee": task.assignee_id and {"id": task.assignee_id, "name": known.get(task.assignee_id)},
                "status": task.status,
                "action": (contents.get(proposal.content_payload) or {}).get("action"), "tool": done.tool,
                "mine": task.assignee_id == actor.principal_id, "created_at": stamp(task.created_at),
            }
            for task, done, case, proposal in rows
        ]  # fmt: skip
        return {"items": items, "next_cursor": cursor}
