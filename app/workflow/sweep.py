"""Sweep: what time brings about: escalation, expiry, work that lost its item, checkpoints, messages to be sent."""

import logging
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, func, select

from app.actor import system_actor
from app.audit import checkpoint
from app.audit.log import LogBroken
from app.context import Context
from app.durable.port import WorkItem
from app.imports import drafts
from app.store.engine import read_only, unit_of_work
from app.store.models import AuditHead, Case, Checkpoint, Execution, IdempotencyKey, Proposal, Review, Tenant, TriageRun
from app.workflow import answer, cases, route
from app.workflow.execute import reconcile_item
from app.workflow.faults import fault_point
from app.workflow.ingest import TRIAGE_WORK, partition
from app.workflow.record import log
from tools.registry import TOOLS

_log = logging.getLogger(__name__)
_AT_ONCE = 200
_ROUNDS = 20
"""Thousands that fall due at once are worked off in one sweep, each in a transaction of its own."""
_STUCK_AFTER = timedelta(minutes=2)
_ANSWERED_WITHIN = timedelta(days=1)
_IDEMPOTENCY_KEPT = timedelta(hours=24)
_LAST_SIGNED = func.coalesce(
    select(func.max(col(Checkpoint.size))).where(col(Checkpoint.tenant) == col(AuditHead.tenant)).scalar_subquery(), 0
)


def reviews(ctx: Context) -> None:
    """Escalates what is overdue, expires what nobody answered; protective actions stay open, silence lifts no hold."""
    for _ in range(_ROUNDS):
        now = ctx.clock()
        with read_only(ctx.engine) as session:
            # What has escalated already waits for its end; it must not crowd out what still has to.
            due = col(Review.escalated_at).is_(None) | (col(Review.expires_at) <= now)
            query = select(Review.id).where(col(Review.status) == "pending", col(Review.due_at) <= now, due)
            overdue = list(session.exec(query.order_by(col(Review.due_at)).limit(_AT_ONCE)))
        for ident in overdue:
            _overdue(ctx, ident)
            fault_point("sweep.overdue")
        if len(overdue) < _AT_ONCE:
            return


def _overdue(ctx: Context, review_id: str) -> None:
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        case = cases.lock_of(session, Review, review_id)
        review = session.get_one(Review, review_id)
        if case is None or review.status != "pending" or now < review.due_at:
            return
        actor, refs = system_actor(review.tenant, "sweep"), {"case": case.id, "review": review.id}
        if review.escalated_at is None:
            review.escalated_at = now
            escalated = [item["escalate_to"] for item in review.required if item["escalate_to"]]
            review.escalated_to = escalated[0] if escalated else None
            session.add(review)
            session.flush()
            log(ctx, session, actor, "review.escalated", refs=refs, details={"to": review.escalated_to})
        if now < review.expires_at:
            return
        if TOOLS[review.tool].risk_class == "protective":
            # Out of the sweep's sight for a day, and in the log each day, until somebody decides.
            review.due_at, review.expires_at = now + timedelta(days=1), now + timedelta(days=1)
            session.add(review)
            session.flush()
            log(ctx, session, actor, "review.unresolved", refs=refs, details={"tool": review.tool})
            return
        review.status, review.decided_at = "expired", now
        session.add(review)
        route.end(ctx, session, case, session.get_one(Proposal, review.proposal_id), now, status="expired")
        cases.settle(session, case, now)
        log(ctx, session, actor, "review.expired", refs=refs, details={"tool": review.tool})


def lost_work(ctx: Context) -> None:
    """Our rows are the truth: whatever is due and has no live item gets one again."""
    stuck = ctx.clock() - _STUCK_AFTER
    with unit_of_work(ctx.engine) as session:
        items = []
        runs = select(TriageRun, Case).join(Case, col(Case.id) == col(TriageRun.case_id))
        for run, case in session.exec(
            runs.where(col(TriageRun.status).in_(("waiting", "running")), col(TriageRun.due_at) <= stuck).limit(
                _AT_ONCE
            )
        ):
            items.append(WorkItem(kind=TRIAGE_WORK, row=run.id, partition=partition(case)))
        waiting = select(Execution).where(
            col(Execution.status).in_(("waiting", "running")), col(Execution.waits_for).is_(None),
            col(Execution.connector) != route.MANUAL, col(Execution.due_at) <= stuck,
        )  # fmt: skip
        items += [
            WorkItem(kind=route.EXECUTE_WORK, row=execution.id, partition=execution.tenant)
            for execution in session.exec(waiting.limit(_AT_ONCE))
        ]
        unknown = select(Execution).where(col(Execution.status) == "unknown", col(Execution.due_at) <= stuck)
        items += [reconcile_item(execution) for execution in session.exec(unknown.limit(_AT_ONCE))]
        items += answer.unanswered(session, stuck - _ANSWERED_WITHIN, stuck, _AT_ONCE)
        ctx.queue.put_again(session, items)
    fault_point("sweep.lost_work")


def checkpoints(ctx: Context) -> None:
    """Signs the head of every tenant's log that grew, and hands it to the outside sink."""
    with read_only(ctx.engine) as session:
        # One look at all of them: most of many tenants are idle at any moment.
        tenants = list(session.exec(select(AuditHead.tenant).where(col(AuditHead.size) != _LAST_SIGNED)))
    for tenant in tenants:
        try:
            checkpoint.sign_checkpoint(ctx.engine, ctx.log, tenant, ctx.clock())
        except LogBroken:
            # One tenant's damaged log must not keep the others' from being signed; it is told until somebody looks.
            _log.exception("no checkpoint can be signed of a log")
    if ctx.settings.checkpoint_sink is not None:
        checkpoint.send_checkpoints(ctx.engine, ctx.settings.checkpoint_sink, ctx.clock())


def forgotten(ctx: Context) -> None:
    """Idempotency keys count for 24 hours, files that somebody looks at before an import for one."""
    with unit_of_work(ctx.engine) as session:
        session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.at) < ctx.clock() - _IDEMPOTENCY_KEPT))
        drafts.forget_old(session, ctx)
    fault_point("sweep.forgotten")


def rules(ctx: Context) -> None:
    """Takes up changed rule files; a broken one leaves the last good ruleset in force and is put on record."""
    broken = ctx.rulesets.refresh()
    if not broken:
        return
    with read_only(ctx.engine) as session:
        tenants = list(session.exec(select(Tenant.id)))
    for tenant in tenants:
        with unit_of_work(ctx.engine) as session:
            log(
                ctx, session, system_actor(tenant, "sweep"), "ruleset.refused", refs={},
                digests={"ruleset": ctx.rulesets.standing.engine.ruleset.digest}, details={"errors": len(broken)},
            )  # fmt: skip
        fault_point("sweep.rules")
