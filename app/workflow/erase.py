"""Erase: everything that was sealed about one person, and everything derived from it, is made unreadable for good."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from agents.memory import MemoryUnavailable
from app import own_records
from app.actor import Actor
from app.audit import erasure
from app.context import Context
from app.errors import FieldError, Problem
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Event, Execution, Payload, TriageRun
from app.workflow import cases, learn, review
from app.workflow.faults import fault_point
from app.workflow.record import log

MAY_ERASE = ("compliance", "admin")
_ERASED = "the content was erased"


def erase_person(ctx: Context, actor: Actor, about: str) -> dict[str, int]:
    """Erases one person (by address), or one case (`cas_…`): `{"payloads", "entries", "cases", "precedents"}`.

    What is pending about them is taken back first: nobody can decide what nobody can read. The log still verifies; it
    says what was erased. Own records of them, and their leave, are deleted; other systems are theirs to erase.
    Raises Problem `not_permitted`, `not_found` (nothing is sealed about them), ScrubIncomplete: call it again then, it
    goes on where it was.
    """
    actor.require(MAY_ERASE)
    if not about.strip():
        error = FieldError(pointer="/about", detail="an address, or the id of a case")
        raise Problem("invalid_body", "Whom to erase is not said.", errors=[error])
    now = ctx.clock()
    with read_only(ctx.engine) as session:
        subjects, found = _concerned(ctx, session, actor.tenant, about.strip())
        precedents = learn.precedents_of(session, found)
        own = own_records.concerned(session, actor.tenant, about)
    if not subjects and not own:
        raise Problem("not_found", "Nothing is kept about them here.")
    if ctx.learner is not None:
        # Other processes forget in their copies as soon as they read of the erasure in the log.
        with suppress(MemoryUnavailable):
            ctx.learner.forget(actor.tenant, precedents)
    fault_point("erase.forgotten")
    with unit_of_work(ctx.engine) as session:
        for case in cases.lock_several(session, actor.tenant, found).values():
            _take_back(ctx, session, case, now)
        forgotten = own_records.forget(session, actor.tenant, about)
        # Answers kept for repeated requests may quote anybody; a repetition is then told so.
        kept = col(Payload.tenant) == actor.tenant, col(Payload.name) == "response"
        session.exec(update(Payload).where(*kept).values(ciphertext=None, erased_at=now))
        done = erasure.erase(session, ctx.log, actor, subjects, now)
        if forgotten:
            log(ctx, session, actor, "records.erased", refs={}, details={"records": forgotten})
    fault_point("erase.erased")
    erasure.scrub(ctx.engine)
    fault_point("erase.scrubbed")
    # Of copies that no process has, nobody reads the log; what is still needed of them is learned again.
    learn.copies(ctx.settings).discard_free()
    return {
        "payloads": done.payloads, "entries": done.entries, "cases": len(found), "precedents": len(precedents),
    }  # fmt: skip


def _concerned(ctx: Context, session: Session, tenant: str, about: str) -> tuple[list[str], list[str]]:
    """Data subjects to erase, and the cases that hold what was derived from them."""
    if about.startswith("cas_"):
        case = cases.find(session, tenant, about)
        return [case.data_subject], [case.id]
    people = ctx.vault.subjects(tenant, about)
    written = (
        select(Event.case_id)
        .join(Payload, col(Payload.id) == col(Event.payload))
        .where(col(Event.tenant) == tenant, col(Payload.data_subject).in_(people))
    )
    asked = select(Case.id).where(col(Case.tenant) == tenant, col(Case.requested_by).in_(people))
    found = sorted({*session.exec(written), *session.exec(asked)})
    derived = select(Case.data_subject).where(col(Case.id).in_(found))
    sealed = select(Payload.data_subject).where(col(Payload.tenant) == tenant, col(Payload.data_subject).in_(people))
    return sorted({*session.exec(derived), *session.exec(sealed.distinct())}), found


def _take_back(ctx: Context, session: Session, case: Case, now: datetime) -> None:
    review.supersede(ctx, session, case, now, because="erased")
    for run in session.exec(select(TriageRun).where(col(TriageRun.case_id) == case.id)):
        if run.status in ("waiting", "running"):
            run.status, run.finished_at = "superseded", now
        # A model says in its own words what it was not sure of, and a connector why it refused: both may quote.
        run.nothing_because, run.abstained = _ERASED, None
        session.add(run)
    refused = col(Execution.case_id) == case.id, col(Execution.error).is_not(None)
    session.exec(update(Execution).where(*refused).values(error=_ERASED))
    case.because = "The content was erased."
    case.correlation = None
    session.add(case)
    cases.settle(session, case, now)
