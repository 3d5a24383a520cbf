"""First run: from an empty firm to its first approval. Each step says what it found, and is done again at will."""

import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from sqlmodel import Session, col, func, select
from standardwebhooks import Webhook

from app.actor import Actor
from app.bootstrap import TenantConnectors
from app.context import Context
from app.errors import FieldError, Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.setting_changes import propose_setting
from app.identity.sources import add_source
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Event, OwnRecord, Review, SettingChange, Source, Tenant, Verdict
from app.systems import RECORDS, SANDBOX
from app.tenancy import Mode, Tenancy, read
from app.workflow import ingest
from tools.events import EVENT_TYPES
from tools.records import Project
from tools.registry import TOOLS

SOURCE = "first-run"
_TYPE = "psa.change_request.submitted"
_SEED = 7
_TEXT = (
    "Could you add a monthly report by cost centre to what you deliver? We think of about ten hours of work. "
    "Please tell us what it would cost and when it could be there."
)


@dataclass(frozen=True)
class Standing:
    """How far the firm is. `modes`: event type → mode in force; `pending`: modes that wait for a second person."""

    name: str
    time_zone: str
    base_currency: str
    named: bool
    system: str | None
    records: int
    modes: dict[str, Mode]
    pending: dict[str, str]
    chosen: bool
    events: int
    reviews: int
    approvals: int


def standing(ground: Ground, actor: Actor) -> Standing:
    """Raises Problem `not_permitted`."""
    actor.require({"admin"})
    with read_only(ground.engine) as session:
        firm = session.get_one(Tenant, actor.tenant)
        tenancy: Tenancy = read(session, actor.tenant)
        waiting = session.exec(
            select(SettingChange).where(
                col(SettingChange.tenant) == actor.tenant, col(SettingChange.status) == "pending",
                col(SettingChange.name).startswith("mode/"),
            )
        ).all()  # fmt: skip
        pending = {each.name.partition("/")[2]: str(each.value) for each in waiting}
        approved = select(func.count()).where(col(Verdict.tenant) == actor.tenant, col(Verdict.verdict) == "approve")
        return Standing(
            firm.name, firm.time_zone, firm.base_currency, firm.name != firm.id, firm.connectors.get(RECORDS),
            _count(session, OwnRecord, actor.tenant), {each: tenancy.mode(each) for each in EVENT_TYPES}, pending,
            any(name.startswith("mode/") for name in tenancy.settings) or bool(pending),
            _count(session, Event, actor.tenant), _count(session, Review, actor.tenant), session.exec(approved).one(),
        )  # fmt: skip


def _count(session: Session, table: Any, tenant: str) -> int:
    found: int = session.exec(select(func.count()).where(table.tenant == tenant)).one()
    return found


def name_firm(ground: Ground, actor: Actor, name: str, time_zone: str) -> None:
    """What the firm is called, and in which zone its days are. Raises Problem `not_permitted`, `invalid_body`."""
    actor.require({"admin"})
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise _invalid("/name", "must be 1 to 120 printable characters")
    if time_zone not in available_timezones():
        raise _invalid("/time_zone", "must be an IANA time zone, as Europe/Berlin")
    with unit_of_work(ground.engine) as session:
        firm = session.get_one(Tenant, actor.tenant)
        if (firm.name, firm.time_zone) == (name, time_zone):
            return
        firm.name, firm.time_zone = name, time_zone
        session.add(firm)
        put_on_record(
            ground, session, actor, "tenant.named", payloads={"tenant": ("tenant", {"name": name, "zone": time_zone})}
        )


def take_sandbox(ctx: Context, actor: Actor) -> None:
    """Gives a firm without systems a sandbox firm as all of them, never in production and never over own records.

    Raises Problem `not_permitted`, `conflict`.
    """
    actor.require({"admin"})
    if ctx.settings.environment == "production" or not isinstance(ctx.connectors, TenantConnectors):
        raise Problem("not_permitted", "A sandbox firm does not run in production.")
    with unit_of_work(ctx.engine) as session:
        firm = session.exec(select(Tenant).where(col(Tenant.id) == actor.tenant).with_for_update()).one()
        if firm.connectors.get(RECORDS) == SANDBOX:
            return
        if firm.connectors or _count(session, OwnRecord, actor.tenant):
            raise Problem("conflict", "This firm has records already; a sandbox firm is for one that has none.")
        # A file of its own: should this transaction fail after it, it is there and nobody's yet.
        sandbox = ctx.connectors.sandbox(actor.tenant)
        if sandbox.seed() is None:
            sandbox.reset(_SEED)
        firm.connectors = {RECORDS: SANDBOX} | dict.fromkeys(TOOLS, SANDBOX)
        session.add(firm)
        put_on_record(ctx, session, actor, "tenant.sandboxed")


def choose_modes(ground: Ground, actor: Actor, wanted: dict[str, str]) -> int:
    """Proposes each mode that is not in force and not proposed; another person confirms. Answers how many.

    Raises Problem `not_permitted`, `invalid_body`.
    """
    now = standing(ground, actor)
    changes = {
        workflow: mode
        for workflow, mode in wanted.items()
        if workflow in EVENT_TYPES and mode != now.pending.get(workflow, now.modes[workflow])
    }
    for workflow, mode in changes.items():
        propose_setting(ground, actor, f"mode/{workflow}", mode)
    return len(changes)


def send_test_event(ctx: Context, actor: Actor) -> str:
    """A customer's change request, signed and delivered as any source's; answers the case.

    Raises Problem `not_permitted`, `conflict` (no project that it could be about), SourceUnavailable.
    """
    actor.require({"admin"})
    projects = ctx.connectors.reader(actor.tenant).find(Project, {"status": "running"}, 1)
    if not projects:
        raise Problem("conflict", "There is no running project that a test event could be about; import one first.")
    slug, secret = _source(ctx, actor)
    now = ctx.clock()
    ident = new_id("tst", now)
    body = json.dumps({
        "specversion": "1.0", "id": ident, "source": "/first-run", "type": _TYPE, "time": now.isoformat(),
        "datacontenttype": "application/json", "data": {"project_id": projects[0].id, "text": _TEXT},
    })  # fmt: skip
    headers = {
        "content-type": "application/cloudevents+json", "webhook-id": ident,
        "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": Webhook(secret).sign(ident, now, body),
    }  # fmt: skip
    return ingest.accept(ctx, slug, headers, body.encode()).accepted[0].case_id


def _source(ctx: Context, actor: Actor) -> tuple[str, str]:
    with read_only(ctx.engine) as session:
        query = select(Source).where(col(Source.tenant) == actor.tenant, col(Source.slug).startswith(SOURCE))
        row = session.exec(query.order_by(col(Source.created_at))).first()
    if row is not None:
        return row.slug, ctx.secrets.open(row.secret, f"source/{row.slug}")
    return add_source(ctx, actor, SOURCE, verifier="standard-webhooks", types=(_TYPE,))


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid_body", f"{pointer[1:]} {detail}.", errors=[FieldError(pointer=pointer, detail=detail)])
