"""Corrections: a person says what a case really is. What was planned before is taken back and planned again."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from sqlmodel import Session, col, select

from app.actor import Actor
from app.audit.vault import PayloadErased
from app.context import Context
from app.errors import FieldError, Problem, field_errors
from app.identity.principals import still
from app.ids import new_id
from app.store.engine import unit_of_work
from app.store.models import Case, Event, TriageRun
from app.workflow import cases, review
from app.workflow.faults import fault_point
from app.workflow.ingest import plan_run
from app.workflow.record import log
from tools.events import EVENT_TYPES, TriageKind, WorkflowEvent
from tools.values import Id, Value

MAY_CORRECT = ("reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo")
Comment = Annotated[str, Field(max_length=10_000)]


class Reclassify(Value):
    """It is a request of another kind (cases that began as somebody's words)."""

    kind: Literal["reclassify"]
    to: TriageKind
    comment: Comment | None = None


class Relink(Value):
    """It is about another customer or project."""

    kind: Literal["relink"]
    customer: Id | None = None
    project: Id | None = None
    comment: Comment | None = None


EventId = Annotated[str, Field(min_length=1, max_length=200)]


class Split(Value):
    """Some of its events, by the ids that their senders gave them, are a case of their own."""

    kind: Literal["split"]
    events: Annotated[list[EventId], Field(min_length=1, max_length=100)]
    comment: Comment | None = None


class Merge(Value):
    """It is the same thing as another case, which takes over its events."""

    kind: Literal["merge"]
    into: Id
    comment: Comment | None = None


class Dismiss(Value):
    """It is not a request: nothing is to be done."""

    kind: Literal["dismiss"]
    comment: Comment | None = None


Correction = Annotated[Reclassify | Relink | Split | Merge | Dismiss, Field(discriminator="kind")]
_CORRECTION: TypeAdapter[Correction] = TypeAdapter(Correction)
SCHEMA = {"oneOf": [each.model_json_schema() for each in (Reclassify, Relink, Split, Merge, Dismiss)]}
"""JSON Schema of a correction."""


def correct(ctx: Context, actor: Actor, case_id: str, body: Any) -> list[str]:
    """Corrects a case and returns the ids of the cases that it touched, the corrected one first.

    Raises Problem `not_found`, `not_permitted`, `conflict` (merged or with effects that would be torn apart),
    `erased`, `invalid_body`.
    """
    now = ctx.clock()
    correction, invalid = _parse(body)
    with unit_of_work(ctx.engine) as session:
        concerned = {case_id, correction.into} if isinstance(correction, Merge) else {case_id}
        cases.lock_several(session, actor.tenant, concerned)
        case = cases.find(session, actor.tenant, case_id)
        actor = still(session, actor, now)
        actor.require(MAY_CORRECT, case.unit)
        if case.merged_into is not None:
            raise Problem("conflict", f"The case was merged into {case.merged_into}.")
        if invalid is not None:
            raise invalid
        assert correction is not None
        target = _target(session, case, correction.into) if isinstance(correction, Merge) else case
        review.supersede(ctx, session, case, now, because="corrected")
        _stop_runs(session, case, now)
        case.generation += 1
        case.because = None
        if not isinstance(correction, Dismiss):
            for each in (case, target):
                each.corrector_ids = sorted({*each.corrector_ids, *case.corrector_ids, actor.principal_id})
                session.add(each)
        session.add(case)
        session.flush()
        match correction:
            case Dismiss():
                touched = [case]
                case.because = "A person said that this is not a request."
            case Merge():
                touched = [case, _merge(ctx, session, case, target, now)]
            case Split(events=events):
                touched = [case, _split(ctx, session, case, events, now)]
            case Reclassify() | Relink():
                touched = [case]
                _reword(ctx, session, case, correction, now)
        payloads = []
        if correction.comment:
            content = {"comment": correction.comment}
            payloads.append(ctx.vault.seal(session, case.tenant, case.data_subject, "comment", content, now))
        for each in touched:
            cases.settle(session, each, now)
        log(
            ctx, session, actor, "case.corrected", refs={"case": case.id},
            details={"kind": correction.kind, "generation": case.generation, "cases": [each.id for each in touched]},
            payloads=payloads, decided_at=now,
        )  # fmt: skip
    fault_point("case.corrected")
    return [each.id for each in touched]


def _parse(body: Any) -> tuple[Correction | None, Problem | None]:
    try:
        return _CORRECTION.validate_python(body), None
    except ValidationError as wrong:
        return None, Problem("invalid_body", "The correction is not valid.", errors=field_errors(wrong, drop=1))


def _under_way(session: Session, case: Case) -> bool:
    runs = select(TriageRun.id).where(
        col(TriageRun.case_id) == case.id, col(TriageRun.status).in_(("waiting", "running"))
    )
    return session.exec(runs).first() is not None


def _stop_runs(session: Session, case: Case, now: datetime) -> None:
    for run in session.exec(
        select(TriageRun).where(col(TriageRun.case_id) == case.id, col(TriageRun.status).in_(("waiting", "running")))
    ):
        run.status, run.finished_at, run.nothing_because = "superseded", now, "the case was corrected meanwhile"
        session.add(run)


def _events(session: Session, case: Case) -> list[Event]:
    query = select(Event).where(col(Event.case_id) == case.id, col(Event.recognised))
    return list(session.exec(query.order_by(col(Event.time), col(Event.id))))


def _plan_again(ctx: Context, session: Session, case: Case, now: datetime) -> None:
    """One run for the newest event of each type: older ones of the type were replaced by it."""
    for event in {event.type: event for event in _events(session, case)}.values():
        plan_run(ctx, session, case, event, now)


def _reword(ctx: Context, session: Session, case: Case, correction: Reclassify | Relink, now: datetime) -> None:
    """Puts what the person said into the events' data, on their word, and plans again."""
    changes = (
        {"kind": correction.to}
        if isinstance(correction, Reclassify)
        else {
            name: value for name, value in (("customer", correction.customer), ("project", correction.project)) if value
        }
    )
    if not changes:
        error = FieldError(pointer="/project", detail="name the customer or the project that it is about")
        raise Problem("invalid_body", "The correction is not valid.", errors=[error])
    reworded = 0
    for event in _events(session, case):
        try:
            content = ctx.vault.open(session, case.tenant, event.payload)
        except PayloadErased:
            raise Problem("erased", "What this case was about was erased; it cannot be planned again.") from None
        fields = EVENT_TYPES[event.type].model_fields
        known = {name: value for key, value in changes.items() for name in (key, f"{key}_id") if name in fields}
        if not known:
            continue
        data = content["data"] | known
        subject = EVENT_TYPES[event.type].model_validate(data).subject_key()
        again = WorkflowEvent.model_validate(
            content | {"data": data, "subject": subject.model_dump() if subject else None}
        )
        event.payload = ctx.vault.seal(
            session, case.tenant, case.data_subject, "event", again.model_dump(mode="json"), now
        )
        event.subject = str(subject) if subject else None
        case.subject = event.subject
        session.add(event)
        reworded += 1
    if not reworded:
        error = FieldError(pointer="/kind", detail="the events of this case have no such field")
        raise Problem("conflict", "This case cannot be corrected so.", errors=[error])
    if isinstance(correction, Reclassify) and case.workflow.startswith("triage."):
        case.workflow, case.kind = f"triage.{correction.to}", correction.to
    case.customer_id, case.project_id = None, None
    session.add(case)
    _plan_again(ctx, session, case, now)


def _target(session: Session, case: Case, into: str) -> Case:
    """The case that `case` can be merged into. Raises Problem `not_found`, `conflict`."""
    if into == case.id:
        raise Problem("conflict", "A case cannot be merged into itself.")
    target = cases.find(session, case.tenant, into)
    if target.merged_into is not None:
        raise Problem("conflict", f"The case {into} was itself merged into {target.merged_into}.")
    if target.customer_id and case.customer_id and target.customer_id != case.customer_id:
        raise Problem("conflict", "The two cases are about different customers.")
    if _under_way(session, case) or _under_way(session, target):
        raise Problem("conflict", "Whose case it is is still being worked out; merge when that is done.")
    return target


def _merge(ctx: Context, session: Session, case: Case, target: Case, now: datetime) -> Case:
    for event in session.exec(select(Event).where(col(Event.case_id) == case.id)):
        event.case_id = target.id
        session.add(event)
    case.merged_into, case.correlation = target.id, None
    case.because = f"Merged into {target.id}."
    session.add(case)
    session.flush()
    review.supersede(ctx, session, target, now, because="corrected")
    target.generation += 1
    session.add(target)
    session.flush()
    _plan_again(ctx, session, target, now)
    return target


def _split(ctx: Context, session: Session, case: Case, events: list[str], now: datetime) -> Case:
    mine = _events(session, case)
    unknown = [ident for ident in events if ident not in {event.event_id for event in mine}]
    if unknown:
        errors = [FieldError(pointer=f"/events/{events.index(ident)}", detail="not an event of this case")
                  for ident in unknown]  # fmt: skip
        raise Problem("invalid_body", "The correction is not valid.", errors=errors)
    moved = [event for event in mine if event.event_id in events]
    if len(moved) == len(mine):
        error = FieldError(pointer="/events", detail="at least one event stays")
        raise Problem("invalid_body", "The correction is not valid.", errors=[error])
    other = Case(
        id=new_id("cas", now), tenant=case.tenant, unit=case.unit, workflow=case.workflow, kind=case.kind,
        status="open", subject=moved[0].subject, customer_id=case.customer_id, requester_id=case.requester_id,
        requested_by=case.requested_by, corrector_ids=list(case.corrector_ids), data_subject=case.data_subject,
        opened_at=now, updated_at=now,
    )  # fmt: skip
    session.add(other)
    session.flush()
    for event in moved:
        event.case_id = other.id
        session.add(event)
    session.flush()
    for each in (case, other):
        _plan_again(ctx, session, each, now)
    return other
