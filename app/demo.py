"""The demonstration firm: its people, its source, and the life of its sandbox while the service runs."""

import logging
import threading
from datetime import timedelta

from sqlmodel import col, select

from app.actor import Grant
from app.bootstrap import Service, TenantConnectors
from app.cli_commands.local import FIRST_TENANT, make_firm, set_up_tenant
from app.errors import Problem
from app.ground import Ground
from app.identity.links import create_link
from app.identity.principals import add_principal, by_name, machine_actor
from app.identity.sources import add_source
from app.store.engine import read_only
from app.store.models import Source, Tenant
from tools.records import Person

FIRM = "Meridian Works"
VISITOR = "Dana Visitor"
SOURCE = "sandbox"
VISITORS_ROLES = ("delivery_lead", "resource_manager", "finance", "head_of_delivery", "compliance")
# Title in the firm's records → the role that this person holds here.
_ROLES_OF_TITLES = {
    "Chief financial officer": "cfo", "Head of delivery": "head_of_delivery", "Resource manager": "resource_manager",
    "Finance controller": "finance", "Billing specialist": "reviewer", "People partner": "auditor",
}  # fmt: skip
_log = logging.getLogger(__name__)


def seed(service: Service) -> None:
    """Sets the demonstration firm up where it is not there yet. Safe to repeat."""
    ctx = service.context
    assert isinstance(service.connectors, TenantConnectors)
    with read_only(ctx.engine) as session:
        known = session.get(Tenant, FIRST_TENANT) is not None
    if not known:
        set_up_tenant(ctx, FIRST_TENANT, FIRM, mode="auto")
    make_firm(ctx.settings, ctx, FIRST_TENANT)
    sandbox_source(ctx, FIRST_TENANT, None)
    _add(ctx, VISITOR, VISITORS_ROLES)
    _add(ctx, "Ada Admin", ("admin",))
    _add(ctx, "Vic Viewer", ("viewer",))
    firm = service.connectors.reader(FIRST_TENANT)
    for person in firm.find(Person, {}, 200):
        if role := _ROLES_OF_TITLES.get(person.title):
            _add(ctx, person.name, (role,), person)
        elif person.title == "Director" and person.unit:
            _add(ctx, person.name, ("delivery_lead",), person)


def _add(ground: Ground, name: str, roles: tuple[str, ...], person: Person | None = None) -> None:
    unit = person.unit if person and roles == ("delivery_lead",) else None
    try:
        add_principal(
            ground, machine_actor(FIRST_TENANT), name=name, kind="person",
            roles=[Grant(role, unit or "") for role in roles], email=person.email if person else None,
            record_id=person.id if person else None, unit=person.unit if person else None,
        )  # fmt: skip
    except Problem as known:
        if known.code != "conflict":
            raise


def visitors_link(ground: Ground) -> str:
    """An address that signs the visitor in once, within an hour."""
    with read_only(ground.engine) as session:
        visitor = by_name(session, FIRST_TENANT, VISITOR)
    assert visitor is not None
    return create_link(ground, machine_actor(FIRST_TENANT), visitor.id, timedelta(hours=1))


def sandbox_source(ground: Ground, tenant: str, slug: str | None) -> tuple[str, str]:
    """Slug and secret of the source as which the tenant's sandbox firm speaks, made where there is none.

    Raises Problem `not_found` for a named one that the tenant has not.
    """
    with read_only(ground.engine) as session:
        query = select(Source).where(col(Source.tenant) == tenant)
        query = query.where(col(Source.slug) == slug) if slug else query.where(col(Source.slug).startswith(SOURCE))
        row = session.exec(query.order_by(col(Source.created_at))).first()
    if row is not None:
        return row.slug, ground.secrets.open(row.secret, f"source/{row.slug}")
    if slug is not None:
        raise Problem("not_found", f"There is no source {slug}.")
    return add_source(ground, machine_actor(tenant), SOURCE, verifier="standard-webhooks")


class Life:
    """Lets the sandbox firm live: something happens every few seconds, and due messages leave."""

    def __init__(self, service: Service, every: timedelta) -> None:
        self._service, self._every = service, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="sandbox-life", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=15)

    def _live(self) -> None:
        ctx = self._service.context
        assert isinstance(self._service.connectors, TenantConnectors)
        firm = self._service.connectors.sandbox(FIRST_TENANT)
        slug, secret = sandbox_source(ctx, FIRST_TENANT, None)
        host = f"[{ctx.settings.host}]" if ":" in ctx.settings.host else ctx.settings.host
        url = f"http://{host}:{ctx.settings.port}/v1/events/{slug}"
        while not self._stop.wait(self._every.total_seconds()):
            try:
                firm.emit()
                done = firm.deliver(url, secret)
                firm.send_due()
            except Exception:  # noqa: BLE001 - logged whole
                # The firm's life is not the service's: it goes on with the next event.
                _log.exception("the sandbox firm stumbled")
                continue
            if done.refused:
                _log.warning("refused events: %s", done.refused)
