"""Reconcile: every execution whose end is unknown is resolved by asking the connector what it did under the key."""

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.audit.log import lock_head
from app.context import Context
from app.durable.port import WorkItem
from app.store.engine import read_only, unit_of_work
from app.store.models import Execution, Proposal, Reservation
from app.workflow import cases, route
from app.workflow.dossier import Dossier, read_dossier
from app.workflow.execute import finish, locked, reserve, wrote
from app.workflow.faults import fault_point
from app.workflow.material import Material
from app.workflow.record import log
from policies.targets import with_results
from tools.readback import overtaken
from tools.receipt import Receipt
from tools.registry import TOOLS


class Unresolved(Exception):
    """The connector's word and its records differ; it is asked again later, and in the end a person looks."""


def handle(ctx: Context, item: WorkItem) -> None:
    """Asks, reads back, and records. Raises Uncertain, SourceUnavailable and Unresolved: then it is tried again."""
    with read_only(ctx.engine) as session:
        execution = session.get(Execution, item.row)
        if execution is None or execution.status != "unknown":
            return
        session.expunge(execution)
    found = read_dossier(ctx, execution.tenant, execution.proposal_id)
    action = with_results(found.action, found.results)
    receipt = ctx.connectors.writer(execution.tenant, execution.connector).lookup(execution.key)
    fault_point("reconcile.asked")
    if receipt is None:
        _not_applied(ctx, execution)
        fault_point("reconcile.not_applied")
        return
    read = ctx.connectors.reader(execution.tenant)
    differs = TOOLS[action.tool].confirm(action, receipt, read)
    written = wrote(action, read)
    fault_point("reconcile.read_back")
    # Somebody may have changed the record again before it was asked: then the connector's word is all there is.
    on_its_word = bool(differs) and overtaken(receipt, read)
    if differs and not on_its_word:
        raise Unresolved("; ".join(differs))
    # A database that was restored may be of before the claim, which reserved the money that has moved since.
    material = found.material(ctx, action, ctx.clock()) if found.decision.amount_minor else None
    _applied(ctx, execution, receipt, written, found, material, on_its_word=on_its_word)
    fault_point("reconcile.applied")


def give_up(ctx: Context, item: WorkItem, error: Exception) -> None:
    """After the last attempt: failed, for people to look at. Its reservation stays, as it may have happened."""
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, item.row)
        if execution is None or execution.status != "unknown":
            return
        execution.status, execution.finished_at = "failed", now
        execution.error = f"unresolved: {execution.error or ''} ({type(error).__name__})"
        session.add(execution)
        case = cases.find(session, execution.tenant, execution.case_id)
        case.because = f"Whether {execution.tool} took effect could not be established; a person has to look."
        route.end(ctx, session, case, session.get_one(Proposal, execution.proposal_id), now, status="failed")
        cases.settle(session, case, now)
        log(
            ctx, session, route.worker(execution.tenant), "execution.unresolved",
            refs={"case": case.id, "execution": execution.id, "proposal": execution.proposal_id},
            details={"attempts": item.attempt, "error": type(error).__name__},
        )  # fmt: skip
    fault_point("reconcile.gave_up")


def _applied(
    ctx: Context, seen: Execution, receipt: Receipt, keys: list[str], found: Dossier, material: Material | None, *,
    on_its_word: bool,
) -> None:  # fmt: skip
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, seen.id)
        if execution is None or execution.status != "unknown" or execution.fence != seen.fence:
            return
        execution.wrote = keys
        if material is not None and not _reserved(session, execution):
            lock_head(session, execution.tenant)
            reserve(session, execution, found, material, found.decision.amount_minor or 0, now)
        if on_its_word:
            log(
                ctx, session, route.worker(execution.tenant), "execution.overtaken",
                refs={"case": execution.case_id, "execution": execution.id, "proposal": execution.proposal_id},
                details={"records": sorted(receipt.versions)},
            )  # fmt: skip
        finish(ctx, session, execution, now, status="succeeded", receipt=receipt)


def _reserved(session: Session, execution: Execution) -> bool:
    query = select(Reservation.scope).where(col(Reservation.execution_id) == execution.id)
    return session.exec(query).first() is not None


def _not_applied(ctx: Context, seen: Execution) -> None:
    """Nothing happened under the key: the execution begins again from its claim, with everything decided anew."""
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        execution = locked(session, seen.id)
        if execution is None or execution.status != "unknown" or execution.fence != seen.fence:
            return
        execution.status, execution.attempt, execution.due_at = "waiting", execution.attempt + 1, now
        session.add(execution)
        session.exec(delete(Reservation).where(col(Reservation.execution_id) == execution.id))
        case = cases.find(session, execution.tenant, execution.case_id)
        if execution.attempt > _MOST_ATTEMPTS:
            finish(ctx, session, execution, now, status="failed", error="the connector never applied it")
            return
        session.flush()
        route.enqueue(ctx, session, case, execution)
        log(
            ctx, session, route.worker(execution.tenant), "execution.not_applied",
            refs={"case": case.id, "execution": execution.id, "proposal": execution.proposal_id},
            details={"attempt": execution.attempt},
        )  # fmt: skip


_MOST_ATTEMPTS = 12
