"""By hand: what no connector can do is done by a person and closed with evidence, on the same execution."""

from typing import Annotated

from pydantic import Field, ValidationError

from app.actor import Actor
from app.context import Context
from app.errors import FieldError, Problem, field_errors, pointer
from app.identity.principals import still
from app.store.engine import unit_of_work
from app.store.models import Execution, ManualTask, Review
from app.workflow import authority, cases
from app.workflow.execute import finish
from app.workflow.faults import fault_point
from app.workflow.record import log
from policies.targets import created_by
from tools.receipt import Receipt
from tools.values import Id, Value


class Closing(Value):
    """`done` with what proves it, or declined with why.

    `result` may hold the id of what the tool creates, as `<kind>_id`, for later actions to refer to.
    """

    done: bool
    evidence: Annotated[str, Field(min_length=3, max_length=10_000)]
    result: dict[str, Id] = {}


def close(ctx: Context, actor: Actor, task_id: str, body: object) -> None:
    """Closes the task and ends its execution: succeeded, or failed if declined.

    Raises Problem `not_found`, `not_permitted` (not the assignee, nor who could have approved it), `already_decided`,
    `invalid_body`.
    """
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        case = cases.lock_of(session, ManualTask, task_id)
        task = session.get(ManualTask, task_id)
        if case is None or task is None or task.tenant != actor.tenant:
            raise Problem("not_found", f"There is no task {task_id}.")
        actor = still(session, actor, now)
        execution = session.get_one(Execution, task.execution_id)
        review = session.get(Review, execution.review_id) if execution.review_id else None
        allowed = authority.required_roles(review) if review else {"delivery_lead", "head_of_delivery"}
        if task.assignee_id != actor.principal_id and not actor.roles(review.unit if review else None) & allowed:
            raise Problem("not_permitted", "This task is for somebody else.")
        if task.status != "open":
            extra = {"decided_by": task.closed_by, "status": task.status}
            raise Problem("already_decided", f"This task is {task.status}.", extra=extra)
        try:
            closing = Closing.model_validate(body)
        except ValidationError as wrong:
            raise Problem("invalid_body", "The closing is not valid.", errors=field_errors(wrong)) from None
        if unknown := sorted(set(closing.result) - {f"{created_by(execution.tool)}_id"}):
            detail = "not a result of this tool"
            errors = [FieldError(pointer=pointer("result", name), detail=detail) for name in unknown]
            raise Problem("invalid_body", "The closing is not valid.", errors=errors)
        task.status, task.closed_at, task.closed_by = "done" if closing.done else "declined", now, actor.principal_id
        task.evidence_payload = ctx.vault.seal(
            session, task.tenant, case.data_subject, "evidence", {"evidence": closing.evidence}, now
        )
        session.add(task)
        session.flush()
        log(
            ctx, session, actor, "task.closed",
            refs={"case": case.id, "execution": execution.id, "task": task.id}, details={"done": closing.done},
            payloads=[task.evidence_payload], decided_at=now,
        )  # fmt: skip
        receipt = Receipt(key=execution.key, tool=execution.tool, result=dict(closing.result), applied_at=now)
        if closing.done:
            finish(ctx, session, execution, now, status="succeeded", receipt=receipt)
        else:
            finish(ctx, session, execution, now, status="failed", error="declined by hand")
    fault_point("by_hand.closed")
