"""Undo: the action that takes an effect back is proposed, decided and executed like any other, once at a time."""

from pydantic import ValidationError
from sqlmodel import Session, col, select

from app.actor import CHANGES_NOTHING, Actor
from app.context import Context
from app.errors import Problem
from app.identity.principals import still
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Execution, Proposal, Review
from app.workflow import cases, decide
from app.workflow.dossier import read_dossier
from app.workflow.faults import fault_point
from app.workflow.hearing import Hearing, Question
from app.workflow.record import log
from policies.risk import Doubt
from tools import proposals as words
from tools.actions import Action
from tools.ports import SourceUnavailable
from tools.receipt import Receipt
from tools.registry import TOOLS


def undo(ctx: Context, actor: Actor, execution_id: str) -> dict[str, str | None]:
    """Proposes taking an execution back: `{"proposal_id", "effect", "review_id", "execution_id"}`.

    Raises Problem `not_found`, `not_permitted`, `not_undoable` (not succeeded, no inverse, window over, already asked),
    `unavailable`.
    """
    with read_only(ctx.engine) as session:
        execution = _find(session, actor.tenant, execution_id)
        session.expunge(execution)
    _require_more_than_reading(actor)
    found = read_dossier(ctx, actor.tenant, execution.proposal_id)
    inverse = _inverse(ctx, execution, found.action)
    now = ctx.clock()
    try:
        material = found.material(ctx, inverse, now)
    except SourceUnavailable as unavailable:
        raise Problem("unavailable", f"The records cannot be read now: {unavailable}") from unavailable
    with unit_of_work(ctx.engine) as session:
        case = cases.lock(session, actor.tenant, found.case.id)
        _require_more_than_reading(still(session, actor, now))
        execution = _find(session, actor.tenant, execution_id)
        _check(session, execution)
        proposal = words.Proposal.model_validate(
            {
                "id": new_id("prp", now),
                "action": inverse,
                "rationale": f"{actor.name} asked to take back: {TOOLS[execution.tool].title}.",
                "expected_effect": f"Taken back: {TOOLS[execution.tool].title}.",
                "undo": "By proposing the original action again.",
            }
        )
        question = Question(proposal.id, inverse, Doubt())
        judged = Hearing(ctx, session, case, found.trigger, material, now).judge(question)
        row = decide.file_proposal(ctx, session, case, proposal, judged, now, undo_of=execution.id)
        row.asked_by = actor.principal_id
        session.add(row)
        log(
            ctx, session, actor, "undo.asked",
            refs={"case": case.id, "execution": execution.id, "proposal": row.id}, decided_at=now,
        )  # fmt: skip
        decision = decide.file_decision(ctx, session, case, row, judged, now, stage="undo")
        cases.settle(session, case, now)
        review = session.exec(select(Review.id).where(col(Review.proposal_id) == row.id)).first()
        follows = session.exec(select(Execution.id).where(col(Execution.proposal_id) == row.id)).first()
    fault_point("undo.asked")
    return {"proposal_id": row.id, "effect": decision.effect, "review_id": review, "execution_id": follows}


def _require_more_than_reading(actor: Actor) -> None:
    if actor.roles(None) <= CHANGES_NOTHING:
        raise Problem("not_permitted", "Your roles only let you read.")


def _ended(status: str) -> Problem:
    return Problem("not_undoable", f"The execution is {status}.", extra={"execution_status": status})


def _find(session: Session, tenant: str, execution_id: str) -> Execution:
    query = select(Execution).where(col(Execution.id) == execution_id, col(Execution.tenant) == tenant)
    execution = session.exec(query).first()
    if execution is None:
        raise Problem("not_found", f"There is no execution {execution_id}.")
    return execution


def _inverse(ctx: Context, execution: Execution, action: Action) -> Action:
    if execution.status != "succeeded" or execution.receipt_payload is None:
        raise _ended(execution.status)
    with read_only(ctx.engine) as session:
        receipt = Receipt.model_validate(ctx.vault.open(session, execution.tenant, execution.receipt_payload))
    spec = TOOLS[execution.tool]
    try:
        inverse = spec.inverse(action, receipt)
    except (KeyError, ValidationError):
        inverse = None  # done by hand, without the ids that taking back needs
    if inverse is None:
        raise Problem("not_undoable", f"{spec.title} cannot be taken back.")
    if spec.undo_window_s is not None and (ctx.clock() - receipt.applied_at).total_seconds() >= spec.undo_window_s:
        raise Problem("not_undoable", f"{spec.title} can be taken back only for {spec.undo_window_s} seconds.")
    return inverse


def _check(session: Session, execution: Execution) -> None:
    """Nobody else got there first."""
    if execution.status != "succeeded":
        raise _ended(execution.status)
    query = select(Proposal.id).where(col(Proposal.undo_of) == execution.id, col(Proposal.status) == "decided")
    if (asked := session.exec(query).first()) is not None:
        raise Problem("not_undoable", "Taking it back was asked for already.", extra={"proposal_id": asked})
