"""Triage: claim a run, have the graph make proposals of its event, and put the outcome on record with its decisions.

No transaction is open while the graph or a connector works: claim (committed), work, record `where claim is mine`.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from agents.reasoners.base import ModelBusy
from app import tenancy
from app.actor import system_actor
from app.context import Context
from app.durable.port import TryLater, WorkItem
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Event, Execution, TriageRun
from app.workflow import cases, control, decide, review, route
from app.workflow.faults import fault_point
from app.workflow.journal import Account, DatabaseJournal
from app.workflow.material import Material, read_material, related_of
from app.workflow.record import log
from app.workflow.trigger import Trigger, read_trigger
from tools.lookups import Lookups
from tools.proposals import Outcome

_PAUSED_RETRY = timedelta(seconds=15)
_BEHIND_RETRY = timedelta(minutes=1)
_WAIT_STEP_S = 0.05

# Built once: putting a statement together costs more than running it.
_RUN = (
    sa.select(Event, col(TriageRun.status), col(TriageRun.case_generation))
    .join_from(TriageRun, Event, col(Event.id) == col(TriageRun.event_id))
    .where(col(TriageRun.id) == bindparam("ident"))
)
_CLAIM = (
    sa.update(TriageRun)
    .where(col(TriageRun.id) == bindparam("ident"))
    .values(status="running", claim=bindparam("by"), claimed_at=bindparam("now"), attempt=col(TriageRun.attempt) + 1)
)
_CLAIMED = sa.select(col(TriageRun.case_generation)).where(
    col(TriageRun.id) == bindparam("ident"), col(TriageRun.claim) == bindparam("by"),
    col(TriageRun.status) == "running",
)  # fmt: skip
_END = sa.update(TriageRun).where(col(TriageRun.id) == bindparam("ident"))
_END_SUPERSEDED = _END.values(status="superseded", finished_at=bindparam("now"), nothing_because=bindparam("why"))
_END_DONE = _END.values(
    status="done", finished_at=bindparam("now"), nothing_because=bindparam("why"), category=bindparam("category"),
    urgency=bindparam("urgency"), impact=bindparam("impact"), sentiment=bindparam("sentiment"),
    confidence=bindparam("confidence"), abstained=bindparam("abstained"), outcome_payload=bindparam("payload"),
    stamps=bindparam("stamps"),
)  # fmt: skip
_LATER = sa.select(col(Event.id)).where(
    col(Event.case_id) == bindparam("case"), col(Event.type) == bindparam("type"),
    col(Event.time) > bindparam("after"),
).limit(1)  # fmt: skip


@dataclass(frozen=True)
class Claimed:
    """A run that this worker holds, with what it needs of the database."""

    run_id: str
    claim: str
    case: Case
    event_row: Event
    trigger: Trigger


def handle(ctx: Context, item: WorkItem) -> None:
    """Works off one run.

    Raises TryLater while paused, while the model is busy or the firm's people are far behind, and whatever the graph or
    a lookup raised: it is tried again.
    """
    claimed = _claim(ctx, item.row)
    if claimed is None:
        return
    fault_point("triage.claimed")
    now = ctx.clock()
    read = ctx.connectors.reader(claimed.case.tenant)
    try:
        outcome = ctx.triage.run(
            claimed.trigger.event, tenant=claimed.case.tenant, now=now, lookups=Lookups(read),
            journal=DatabaseJournal(ctx, Account.of_case(claimed.case, claimed.event_row)), trust=claimed.trigger.trust,
            new_proposal_id=lambda: new_id("prp", now),
            learned=lambda: ctx.experience.of(claimed.case.tenant),
        )  # fmt: skip
    except ModelBusy as busy:
        raise TryLater(busy.after) from busy
    event = claimed.trigger.event
    material = read_material(
        read, event.subject, related_of(event.type, event.data), [item.action for item in outcome.proposals], now,
        cited=[ident for item in outcome.proposals for ident in item.evidence],
    )  # fmt: skip
    fault_point("triage.ran")
    _record(ctx, claimed, outcome, material, now)
    fault_point("triage.recorded")


def give_up(ctx: Context, item: WorkItem, error: Exception) -> None:
    """After the last attempt: the run is failed and the case says so, for people to see and correct."""
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        case = cases.lock_of(session, TriageRun, item.row)
        run = session.get(TriageRun, item.row)
        if case is None or run is None or run.status not in ("waiting", "running"):
            return
        run.status, run.finished_at, run.error = "failed", now, type(error).__name__
        session.add(run)
        case.because = f"The event could not be worked off: {type(error).__name__}."
        cases.settle(session, case, now)
        log(
            ctx, session, system_actor(run.tenant, "triage"), "triage.failed", refs={"case": case.id, "run": run.id},
            details={"error": type(error).__name__, "attempts": item.attempt},
        )  # fmt: skip
    fault_point("triage.gave_up")


def wait_for_case(ctx: Context, tenant: str, case_id: str, seconds: float) -> bool:
    """Waits until every proposal of the case is decided and every automatic execution has ended; False on time-out."""
    deadline = time.monotonic() + seconds
    while True:
        with read_only(ctx.engine) as session:
            running = session.exec(
                select(TriageRun.id).where(
                    col(TriageRun.tenant) == tenant,
                    col(TriageRun.case_id) == case_id,
                    col(TriageRun.status).in_(("waiting", "running")),
                )
            ).first()
            unfinished = session.exec(
                select(Execution.id).where(
                    col(Execution.tenant) == tenant, col(Execution.case_id) == case_id,
                    col(Execution.review_id).is_(None), col(Execution.connector) != route.MANUAL,
                    col(Execution.status).in_(cases.LIVE_EXECUTIONS), col(Execution.waits_for).is_(None),
                )
            ).first()  # fmt: skip
        if running is None and unfinished is None:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_WAIT_STEP_S)


def _claim(ctx: Context, run_id: str) -> Claimed | None:
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        case = cases.lock_of(session, TriageRun, run_id)
        found = session.execute(_RUN, {"ident": run_id}).one_or_none()
        if case is None or found is None or found.status not in ("waiting", "running"):
            return None
        event = found.Event
        if control.is_paused(session, case.tenant, ("workflow", case.workflow), ("agent", "triage")):
            raise TryLater(_PAUSED_RETRY)
        if ctx.intake.people_are_behind(case.tenant):
            raise TryLater(_BEHIND_RETRY)
        if (because := _superseded(session, case, event, found.case_generation)) is not None:
            _supersede(session, case, run_id, because, now)
            log(
                ctx, session, system_actor(case.tenant, "triage"), "triage.superseded",
                refs={"case": case.id, "run": run_id, "event": event.id},
            )  # fmt: skip
            return None
        claim = secrets.token_hex(8)
        session.connection().execute(_CLAIM, {"ident": run_id, "by": claim, "now": now})
        trigger = read_trigger(ctx, session, event, tenancy.read(session, case.tenant).trust())
        session.expunge(case)
        session.expunge(event)
        return Claimed(run_id, claim, case, event, trigger)


def _supersede(session: Session, case: Case, run_id: str, because: str, now: datetime) -> None:
    ended = {"ident": run_id, "now": now, "why": because}
    session.connection().execute(_END_SUPERSEDED, ended)
    cases.settle(session, case, now)


def _superseded(session: Session, case: Case, event: Event, generation: int) -> str | None:
    if case.generation != generation:
        return "the case was corrected meanwhile"
    asked = {"case": case.id, "type": event.type, "after": event.time}
    later = session.connection().execute(_LATER, asked).first()
    return None if later is None else "a later event of the same kind replaced it"


def _record(ctx: Context, claimed: Claimed, outcome: Outcome, material: Material, now: datetime) -> None:
    actor = system_actor(claimed.case.tenant, "triage")
    with unit_of_work(ctx.engine) as session:
        connection = session.connection()
        case, event = cases.lock(session, claimed.case.tenant, claimed.case.id), claimed.event_row
        generation = connection.scalar(_CLAIMED, {"ident": claimed.run_id, "by": claimed.claim})
        if generation is None:
            return  # somebody else took the run over; their outcome counts
        if (because := _superseded(session, case, event, generation)) is not None:
            _supersede(session, case, claimed.run_id, because, now)
            return
        if outcome.proposals:
            review.supersede(ctx, session, case, now, because="planned_again")
        _describe(case, material, outcome)
        assessment = outcome.assessment
        payload = ctx.vault.seal(
            session, case.tenant, case.data_subject, "outcome", outcome.model_dump(mode="json"), now
        )
        ended = {
            "ident": claimed.run_id, "now": now, "why": outcome.nothing_because, "category": assessment.category,
            "urgency": assessment.urgency, "impact": assessment.impact, "sentiment": assessment.sentiment,
            "confidence": assessment.confidence, "abstained": assessment.abstained, "payload": payload,
            "stamps": {"model": assessment.model, "prompt": assessment.prompt}
            | ({"usage": assessment.usage.model_dump(mode="json")} if assessment.usage else {}),
        }  # fmt: skip
        connection.execute(_END_DONE, ended)
        session.add(case)
        log(
            ctx, session, actor, "triage.finished",
            refs={"case": case.id, "run": claimed.run_id, "event": event.id},
            details={
                "category": assessment.category, "confidence": assessment.confidence, "urgency": assessment.urgency,
                "impact": assessment.impact, "abstained": assessment.abstained is not None,
                "proposals": len(outcome.proposals),
            },
            payloads=[payload],
        )  # fmt: skip
        decide.file_proposals(ctx, session, case, claimed.run_id, claimed.trigger, outcome, material, now)
        cases.settle(session, case, now)


def _describe(case: Case, material: Material, outcome: Outcome) -> None:
    """What the records say the case is about takes the place of what the event claimed."""
    case.customer_id = material.customer_id or case.customer_id
    case.project_id = material.project_id or case.project_id
    case.unit = material.unit or case.unit
    case.because = outcome.nothing_because
