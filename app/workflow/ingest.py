"""Ingest: a verified delivery becomes events, cases and work, in one transaction; a duplicate changes nothing."""

import fnmatch
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import partial
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError
from sqlalchemy import bindparam
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from app.actor import Actor, system_actor
from app.context import Context
from app.durable.port import WorkItem
from app.errors import Code, FieldError, Problem, field_errors, pointer
from app.ids import new_id
from app.store import rows
from app.store.engine import collided, read_only, unit_of_work
from app.store.models import Case, Event, Source, TriageRun
from app.workflow import cases
from app.workflow.deliveries import Read, Refused, read, split
from app.workflow.faults import fault_point
from app.workflow.mapping import Mapping as SourceMapping
from app.workflow.record import log
from app.workflow.signatures import verify
from tools.events import (
    DOUBT_EVENT,
    EVENT_TYPES,
    OWN_EVENTS,
    TRIAGE_EVENT,
    RecordDoubted,
    TriageRequested,
    WorkflowEvent,
)

TRIAGE_WORK = "triage"

# Built once: putting a statement together costs more than running it.
_SOURCE = select(Source).where(col(Source.slug) == bindparam("slug"))
_KNOWN = sa.select(col(Event.case_id)).where(
    col(Event.tenant) == bindparam("of"), col(Event.source) == bindparam("source"),
    col(Event.event_id) == bindparam("ident"),
)  # fmt: skip
_LONGEST_LANE = 120
_MOST_COLLISIONS = 6


class AcceptedEvent(BaseModel):
    event_id: str
    case_id: str
    duplicate: bool


class RejectedEvent(BaseModel):
    index: int
    code: Code
    errors: list[FieldError]


@dataclass(frozen=True)
class _Delivery:
    """What is to be stored of a delivery that came `now`."""

    source: Source
    reads: list[Read]
    now: datetime

    @property
    def actor(self) -> Actor:
        slug, tenant = self.source.slug, self.source.tenant
        return Actor(f"source/{slug}", tenant, slug, "service", (), "source", signed_in_how="webhook")


class Accepted(BaseModel):
    """The answer to a delivery, per event; `index` counts from 0 in the batch."""

    accepted: list[AcceptedEvent]
    rejected: list[RejectedEvent]


def accept(ctx: Context, slug: str, headers: Mapping[str, str], body: bytes) -> Accepted:
    """Takes in one delivery. `headers` have lower-case names.

    Raises Problem: 401 (unknown source, signature), `too_large`, `rate_limited`, `unavailable` (come back later);
    422 only when not one event was taken.
    """
    now = ctx.clock()
    with read_only(ctx.engine) as session:
        asked = {"slug": slug} if slug.isprintable() else {"slug": ""}  # PostgreSQL refuses a NUL in any text
        found = session.connection().execute(_SOURCE, asked).mappings().first()
    if found is None:
        raise Problem("bad_signature", "The source is unknown or the signature does not hold.")
    source = Source(**found)
    try:
        delivery_id = verify(_secrets(ctx, source, now), headers, body, now)
        if len(body) > ctx.settings.max_body_bytes:
            raise Problem("too_large", f"A delivery holds at most {ctx.settings.max_body_bytes} bytes.")
        raws = [_mapped(source, raw) for raw in split(headers, body)]
    except Problem as refusal:
        _log_refusal(ctx, source, refusal)
        raise
    # Not on record: what is sent away because there is too much must not make more.
    ctx.intake.admit(source.slug, source.tenant, len(raws))
    results = [
        read(index, raw, now, delivery_id if len(raws) == 1 else f"{delivery_id}#{index}")
        for index, raw in enumerate(raws)
    ]
    checked = [_allowed(source, result) for result in results]
    refused = [result for result in checked if isinstance(result, Refused)]
    if len(refused) == len(checked):
        problem = _nothing_taken(refused, single=len(raws) == 1)
        _log_refusal(ctx, source, problem)
        raise problem
    delivery = _Delivery(source, [result for result in checked if isinstance(result, Read)], now)
    taken = ctx.gathering.run(source.tenant, delivery, len(delivery.reads), partial(_store, ctx))
    fault_point("ingest.stored")
    return Accepted(
        accepted=taken,
        rejected=[RejectedEvent(index=item.index, code=item.code, errors=item.errors) for item in refused],
    )


def request_triage(ctx: Context, actor: Actor, body: Any, *, once: str | None = None) -> str:
    """Opens a case for what somebody asks in their own words, and returns its id; of requests with the same `once` one.

    The text counts as a customer's; the requester is the actor as well as whom `requested_by` names.
    Raises Problem `invalid_body`, `rate_limited`, `unavailable`.
    """
    try:
        request = TriageRequested.model_validate(body)
    except ValidationError as invalid:
        raise Problem("invalid_body", "The triage request is not valid.", errors=field_errors(invalid)) from None
    unknown = sorted(set(body) - set(TriageRequested.model_fields))
    if unknown:
        errors = [FieldError(pointer=pointer(name), detail="unknown field") for name in unknown]
        raise Problem("invalid_body", "The triage request is not valid.", errors=errors)
    ctx.intake.require_room(actor.tenant, 1)
    now = ctx.clock()
    event = WorkflowEvent(
        id=f"req_{once}" if once else new_id("req", now), source=f"countersign/{actor.surface}", type=TRIAGE_EVENT,
        subject=request.subject_key(), time=now, data=request.model_dump(mode="json", exclude_unset=True),
    )  # fmt: skip
    with unit_of_work(ctx.engine) as session:
        taken = _take(ctx, session, Read(0, event, recognised=True), actor, now, source="countersign")
    fault_point("ingest.asked")
    return taken.case_id


def doubt(ctx: Context, actor: Actor, doubted: RecordDoubted, *, once: str) -> AcceptedEvent:
    """Has what was found out of order about a record worked off, of the same `once` one time for all.

    Raises Problem `rate_limited`, `unavailable`.
    """
    ctx.intake.require_room(actor.tenant, 1)
    now = ctx.clock()
    event = WorkflowEvent(
        id=f"look_{once}", source="countersign/look", type=DOUBT_EVENT, subject=doubted.record, time=now,
        data=doubted.model_dump(mode="json"),
    )  # fmt: skip
    with unit_of_work(ctx.engine) as session:
        taken = _take(ctx, session, Read(0, event, recognised=True), actor, now, source="countersign")
    fault_point("ingest.doubted")
    return taken


def _secrets(ctx: Context, source: Source, now: datetime) -> list[str]:
    secrets = [ctx.secrets.open(source.secret, f"source/{source.slug}")]
    if source.previous_secret and source.previous_until and now < source.previous_until:
        secrets.append(ctx.secrets.open(source.previous_secret, f"source/{source.slug}"))
    return secrets


def _mapped(source: Source, raw: Any) -> Any:
    """A source with a mapping sends its own JSON; what names a CloudEvents version is taken as it is all the same."""
    if source.mapping is None or (isinstance(raw, dict) and "specversion" in raw):
        return raw
    return SourceMapping.model_validate(source.mapping).envelope(raw, source.slug)


def _allowed(source: Source, result: Read | Refused) -> Read | Refused:
    """A source may emit only the types on its allow-list (patterns as `crm.*`), and never one of our own."""
    if isinstance(result, Refused):
        return result
    listed = any(fnmatch.fnmatchcase(result.event.type, pattern) for pattern in source.types)
    if listed and result.event.type not in OWN_EVENTS:
        return result
    detail = f"{source.slug} may not emit {result.event.type}"
    return Refused(result.index, "type_not_allowed", [FieldError(pointer="/type", detail=detail)])


def _nothing_taken(refused: list[Refused], *, single: bool) -> Problem:
    errors = [
        FieldError(pointer=error.pointer if single else f"/{item.index}{error.pointer}", detail=error.detail)
        for item in refused
        for error in item.errors
    ]
    return Problem(refused[0].code, "No event of the delivery was taken.", errors=errors)


def _store(ctx: Context, deliveries: Sequence[_Delivery]) -> list[list[AcceptedEvent]]:
    """All events of deliveries to one tenant in one transaction; again when somebody opened the same case meanwhile.

    Cases are opened in the order of their subjects, so that deliveries of the same ones do not wait in a circle.
    """
    events = [(_correlation(item) or "", delivery, item) for delivery in deliveries for item in delivery.reads]
    ordered = sorted(range(len(events)), key=lambda place: events[place][0])
    for attempt in range(1, _MOST_COLLISIONS + 1):
        try:
            taken: dict[int, AcceptedEvent] = {}
            with unit_of_work(ctx.engine) as session:
                if len(events) > 1:
                    tenant = deliveries[0].source.tenant
                    cases.lock_joinable(session, tenant, {subject for subject, _, _ in events if subject})
                for place in ordered:
                    _, delivery, item = events[place]
                    taken[place] = _take(ctx, session, item, delivery.actor, delivery.now, source=delivery.source.slug)
            answers = (taken[place] for place in range(len(events)))
            return [[next(answers) for _ in delivery.reads] for delivery in deliveries]
        except DBAPIError as error:
            if attempt == _MOST_COLLISIONS or not collided(error):
                raise
    raise AssertionError("unreachable")


def _take(ctx: Context, session: Session, item: Read, actor: Actor, now: datetime, *, source: str) -> AcceptedEvent:
    event, tenant = item.event, actor.tenant
    known = session.connection().scalar(_KNOWN, {"of": tenant, "source": source, "ident": event.id})
    if known is not None:
        return AcceptedEvent(event_id=event.id, case_id=known, duplicate=True)
    asked_by = event.data.get("requested_by")
    requested_by = ctx.vault.subject(tenant, _address(asked_by)) if isinstance(asked_by, str) and asked_by else None
    workflow = event.type if event.type != TRIAGE_EVENT else f"triage.{event.data['kind']}"
    case, is_new = cases.open_or_join(
        session, tenant=tenant, workflow=workflow, kind=workflow.rpartition(".")[2] if event.type == TRIAGE_EVENT
        else event.type, subject=str(event.subject) if event.subject else None,
        correlation=_correlation(item), customer_id=_named_customer(item), now=now,
    )  # fmt: skip
    if is_new:
        case.requester_id = _asker(event, actor)
        case.requested_by = requested_by
        if not item.recognised:
            case.status, case.because = "unrecognised", f"No event type {event.type} is known here."
        rows.insert(session, case)
    payload = ctx.vault.seal(
        session, tenant, requested_by or case.data_subject, "event", event.model_dump(mode="json"), now
    )
    row = Event(
        id=new_id("evt", now), tenant=tenant, source=source, event_id=event.id, type=event.type,
        subject=str(event.subject) if event.subject else None, time=event.time, received_at=now, case_id=case.id,
        recognised=item.recognised, principal_id=_asker(event, actor),
        requested_by=requested_by, payload=payload,
    )  # fmt: skip
    rows.insert(session, row)
    if item.recognised:
        plan_run(ctx, session, case, row, now)
    log(
        ctx, session, actor, "event.accepted", refs={"event": row.id, "case": case.id, "source": source},
        details={"type": event.type, "recognised": item.recognised, "opened": is_new}, payloads=[payload],
    )  # fmt: skip
    return AcceptedEvent(event_id=event.id, case_id=case.id, duplicate=False)


def _asker(event: WorkflowEvent, actor: Actor) -> str | None:
    """Whose request it is: nobody's where a source told of it or the service noticed it."""
    return actor.principal_id if event.type == TRIAGE_EVENT else None


def plan_run(ctx: Context, session: Session, case: Case, event: Event, now: datetime) -> TriageRun:
    """Has the graph run for this event under the case's present generation."""
    run = rows.insert(session, TriageRun(
        id=new_id("run", now), tenant=case.tenant, case_id=case.id, event_id=event.id,
        case_generation=case.generation, status="waiting", due_at=now,
    ))  # fmt: skip
    if case.status != "open":
        case.status = "open"
        session.add(case)
    ctx.queue.put(session, WorkItem(kind=TRIAGE_WORK, row=run.id, partition=partition(case)))
    return run


def partition(case: Case) -> str:
    """Whose share of the workers a case uses: its customer's, or its subject's while the customer is not known."""
    within = case.customer_id or (case.subject or "").replace("/", ":")
    return f"{case.tenant}/{within[:_LONGEST_LANE]}" if within else case.tenant


def _correlation(item: Read) -> str | None:
    model = EVENT_TYPES.get(item.event.type)
    if model is None:
        return None
    found = model.model_validate(item.event.data).correlation()
    return None if found is None else f"{item.event.type}|{found}"


def _address(asked_by: str) -> str:
    """The bare address of `Ann Example <ann@example.com>` (RFC 5322), what is no address as it stands; in one form."""
    plain = unicodedata.normalize("NFKC", asked_by)
    _, address = parseaddr(plain)
    return address if "@" in address else plain


def _named_customer(item: Read) -> str | None:
    """As the event's type checked it; what an unknown type calls a customer could be anything."""
    data = item.event.data if item.recognised else {}
    found = data.get("customer_id") or data.get("customer")
    return found if isinstance(found, str) else None


def _log_refusal(ctx: Context, source: Source, refusal: Problem) -> None:
    with unit_of_work(ctx.engine) as session:
        log(
            ctx, session, system_actor(source.tenant, "ingest"), "event.refused", refs={"source": source.slug},
            details={"code": refusal.code, "fields": [error.pointer or "/" for error in refusal.errors][:20]},
        )  # fmt: skip
    fault_point("ingest.refused")
