"""Route: what follows from a decision: an execution, a review, or nothing; and what ends together with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from app import tenancy
from app.actor import Actor, system_actor
from app.context import Context
from app.durable.port import WorkItem
from app.ids import new_id
from app.store import rows
from app.store.models import Case, Decision, Execution, ManualTask, Proposal, Review
from app.workflow.record import log
from policies.targets import named_records
from policies.walls import customers_touched
from tools.actions import Action, AssignPerson
from tools.reach import Reach
from tools.records import Person, Project

EXECUTE_WORK = "execute"
MANUAL = "manual"
GENERATIONS = 1_000_000
"""Apart between two attempts: as often may one attempt's item be put again (each retry, each look while paused)."""
_MINUTES_PER_RISK_POINT = 30
_FIRST = ("propose", "undo")
"""Stages of a decision before which its proposal had neither a review nor an execution."""
_EDITORS = sa.select(col(Review.editor_ids)).where(col(Review.proposal_id) == bindparam("proposal"))
_EXECUTION = select(Execution).where(col(Execution.proposal_id) == bindparam("proposal"))
_WAITING = sa.select(col(Execution.id)).where(
    col(Execution.proposal_id) == bindparam("proposal"), col(Execution.status) == "waiting"
)
_NO_REQUIREMENT_WITHIN_S = 24 * 3600


@dataclass(frozen=True)
class Followed:
    review_id: str | None = None
    execution_id: str | None = None


def decider(tenant: str) -> Actor:
    return system_actor(tenant, "decide")


def worker(tenant: str) -> Actor:
    return system_actor(tenant, "execute")


def follow(
    ctx: Context, session: Session, case: Case, proposal: Proposal, decision: Decision, now: datetime,
    *, manager: str | None,
) -> Followed:  # fmt: skip
    """Opens the review or the execution that the decision calls for; `manager` is whom `line_manager` names."""
    if decision.observed:
        proposal.status = "observed"
        session.add(proposal)
        return Followed()
    if decision.effect == "auto":
        return Followed(execution_id=start(ctx, session, case, proposal, now, review_id=None).id)
    if decision.effect == "review":
        if decision.stage in _FIRST:
            return Followed(review_id=open_review(session, case, proposal, decision, now, manager=manager).id)
        before = session.connection().execute(_EDITORS, {"proposal": proposal.id})
        editors = tuple(sorted({name for (names,) in before for name in names}))
        review = open_review(session, case, proposal, decision, now, manager=manager, editor_ids=editors)
        for execution in _waiting(session, proposal):
            execution.waits_for = review.id
            session.add(execution)
        return Followed(review_id=review.id)
    end(ctx, session, case, proposal, now, status="denied")
    return Followed()


def open_review(
    session: Session,
    case: Case,
    proposal: Proposal,
    decision: Decision,
    now: datetime,
    *,
    manager: str | None,
    editor_ids: tuple[str, ...] = (),
) -> Review:
    """A pending review of the proposal's present arguments; `editor_ids` carry over from a review that it replaces."""
    review = Review(
        id=new_id("rev", now), tenant=case.tenant, unit=case.unit, case_id=case.id, proposal_id=proposal.id,
        decision_id=decision.id, tool=proposal.tool, customer_id=case.customer_id, status="pending",
        args_digest=decision.args_digest, risk_score=decision.risk_score, priority=0, editor_ids=list(editor_ids),
        due_at=now, expires_at=now, asked_at=now, created_at=now,
    )  # fmt: skip
    ask(review, decision, now, manager=manager)
    return rows.insert(session, review)


def ask(review: Review, decision: Decision, now: datetime, *, manager: str | None) -> None:
    """Makes the review ask what the decision requires, with its deadline; half of the time is left after escalation."""
    within = min((item["within_s"] for item in decision.requirements), default=_NO_REQUIREMENT_WITHIN_S)
    review.decision_id, review.args_digest = decision.id, decision.args_digest
    review.risk_score, review.required = decision.risk_score, list(decision.requirements)
    review.line_manager = manager
    review.due_at, review.expires_at = now + timedelta(seconds=within), now + timedelta(seconds=2 * within)
    review.asked_at, review.escalated_at = now, None
    review.priority = priority(decision.risk_score, review.due_at)


def priority(risk_score: int, due_at: datetime) -> int:
    """Higher comes first. A point of risk weighs as much as half an hour nearer to the deadline."""
    return risk_score * _MINUTES_PER_RISK_POINT - int(due_at.timestamp() // 60)


def start(
    ctx: Context, session: Session, case: Case, proposal: Proposal, now: datetime, *, review_id: str | None
) -> Execution:
    """The proposal's execution, made or brought back to life, and its work enqueued unless it waits for another."""
    execution = session.execute(_EXECUTION, {"proposal": proposal.id}).scalars().first()
    is_new = execution is None
    if execution is None:
        connector = tenancy.read(session, case.tenant).connectors.get(proposal.tool, MANUAL)
        execution = Execution(
            id=new_id("exe", now), tenant=case.tenant, case_id=case.id, proposal_id=proposal.id, tool=proposal.tool,
            connector=connector, key=f"cs_{proposal.id}", args_digest=proposal.args_digest, status="waiting",
            due_at=now, created_at=now,
        )  # fmt: skip
    execution.review_id = review_id
    execution.status, execution.error, execution.due_at = "waiting", None, now
    execution.args_digest = proposal.args_digest
    execution.waits_for = _first_unfinished(session, proposal)
    execution.attempt += 1
    if is_new:
        rows.insert(session, execution)
    else:
        session.flush()
    if execution.waits_for is None:
        enqueue(ctx, session, case, execution)
    return execution


def enqueue(ctx: Context, session: Session, case: Case, execution: Execution, delay: timedelta | None = None) -> None:
    item = WorkItem(
        kind=EXECUTE_WORK, row=execution.id, generation=execution.attempt * GENERATIONS,
        partition=f"{case.tenant}/{case.customer_id}" if case.customer_id else case.tenant,
    )  # fmt: skip
    ctx.queue.put(session, item, delay=delay)


def release_waiting(ctx: Context, session: Session, case: Case, proposal_id: str, now: datetime) -> None:
    """After `proposal_id` took effect: those that waited for it go on, unless they wait for yet another."""
    for execution in session.exec(
        select(Execution).where(col(Execution.case_id) == case.id, col(Execution.waits_for) == proposal_id)
    ):
        execution.waits_for = _first_unfinished(session, session.get_one(Proposal, execution.proposal_id))
        if execution.waits_for is None and execution.status == "waiting":
            execution.attempt, execution.due_at = execution.attempt + 1, now
            enqueue(ctx, session, case, execution)
        session.add(execution)


def end(
    ctx: Context,
    session: Session,
    case: Case,
    proposal: Proposal,
    now: datetime,
    *,
    status: str,
    because: str | None = None,
) -> None:
    """The proposal will not take effect: its waiting execution is void, and so are those that refer to its result."""
    proposal.status = status
    session.add(proposal)
    session.flush()
    for execution in _waiting(session, proposal):
        execution.status, execution.error, execution.finished_at = "void", because or status, now
        session.add(execution)
        session.flush()
        log(
            ctx, session, decider(case.tenant), "execution.void",
            refs={"case": case.id, "proposal": proposal.id, "execution": execution.id},
            details={"because": because or status},
        )  # fmt: skip
    end_dependents(ctx, session, case, proposal.id, now, because=status)


def end_dependents(
    ctx: Context, session: Session, case: Case, proposal_id: str, now: datetime, *, because: str
) -> None:
    """What refers to a result that is not to come, or is gone, is withdrawn unless it was begun already."""
    begun = select(Execution.proposal_id).where(
        col(Execution.case_id) == case.id, col(Execution.status).not_in(("waiting", "void", "failed"))
    )
    already = set(session.exec(begun))
    for other in session.exec(select(Proposal).where(col(Proposal.case_id) == case.id)):
        if proposal_id in other.depends_on and other.status == "decided" and other.id not in already:
            withdraw(ctx, session, case, other, now, status="superseded", because=f"depends_on_{because}")


def withdraw(
    ctx: Context, session: Session, case: Case, proposal: Proposal, now: datetime, *, status: str, because: str
) -> None:
    """Takes a proposal back before it took effect: its review is superseded, its waiting execution void."""
    for review in session.exec(
        select(Review).where(col(Review.proposal_id) == proposal.id, col(Review.status) == "pending")
    ):
        review.status, review.decided_at = "superseded", now
        session.add(review)
        log(
            ctx, session, decider(case.tenant), "review.superseded",
            refs={"case": case.id, "proposal": proposal.id, "review": review.id}, details={"because": because},
        )  # fmt: skip
    end(ctx, session, case, proposal, now, status=status, because=because)


def _waiting(session: Session, proposal: Proposal) -> list[Execution]:
    found = rows.written(session, Execution).execute(_WAITING, {"proposal": proposal.id}).all()
    return [session.get_one(Execution, ident) for (ident,) in found]


def hand_over(ctx: Context, session: Session, execution: Execution, case: Case, now: datetime) -> ManualTask:
    """What no connector can do becomes a task for the person named in the settings, else for the case's reviewers."""
    settings = tenancy.read(session, case.tenant)
    task = session.exec(select(ManualTask).where(col(ManualTask.execution_id) == execution.id)).first()
    if task is None:
        task = ManualTask(
            id=new_id("tsk", now), tenant=case.tenant, execution_id=execution.id,
            assignee_id=settings.assignee(execution.tool), status="open", created_at=now,
        )  # fmt: skip
        session.add(task)
        session.flush()
        log(
            ctx, session, worker(case.tenant), "task.opened",
            refs={"case": case.id, "execution": execution.id, "task": task.id, "principal": task.assignee_id},
            details={"tool": execution.tool},
        )  # fmt: skip
    return task


def scopes(case: Case, action: Action, known: Reach) -> Mapping[str, str]:
    """Under which names money of this action is summed up, besides its approvers: scope → id.

    The customer is the one whose records the action names; what the case says of itself comes second.
    """
    found = {"tool": action.tool}
    touched = sorted(customers_touched(action, known))
    if customer := (touched[0] if touched else case.customer_id or getattr(action, "customer_id", None)):
        found["customer"] = str(customer)
    if contract := _contract_of(action, known):
        found["contract"] = contract
    if requester := (case.requester_id or case.requested_by):
        found["requester"] = requester
    return found


def line_manager(action: Action, known: Reach) -> str | None:
    """The person record of the line manager of who would be booked, if somebody trusted wrote it."""
    person = known.get("person", action.person_id) if isinstance(action, AssignPerson) else None
    return person.manager_id if isinstance(person, Person) and person.trust("manager_id").trusted else None


def _contract_of(action: Action, known: Reach) -> str | None:
    direct = getattr(action, "contract_id", None)
    if isinstance(direct, str):
        return direct
    for key in named_records(action):
        record = known.records.get(str(key))
        if found := getattr(record, "contract_id", None):
            return str(found)
        project = known.get("project", getattr(record, "project_id", None))
        if isinstance(project, Project):
            return project.contract_id
    return None


def _first_unfinished(session: Session, proposal: Proposal) -> str | None:
    for needed in proposal.depends_on:
        done = session.exec(
            select(Execution.id).where(col(Execution.proposal_id) == needed, col(Execution.status) == "succeeded")
        ).first()
        if done is None:
            return needed
    return None
