"""The demonstration: a sandbox firm with its people, supervised, and alive while the service runs."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from app.actor import Grant
from app.bootstrap import Service, TenantConnectors
from app.cli_commands.local import FIRST_TENANT, make_firm, set_up_tenant
from app.errors import Problem
from app.feed import Feed
from app.ground import Ground
from app.identity.links import create_link
from app.identity.principals import add_principal, by_name, machine_actor
from app.identity.sources import add_source
from app.identity.tokens import create_token
from app.store.engine import read_only
from app.store.models import Source, Tenant
from tools.records import Person

FIRM = "Meridian Works"
SOURCE = "sandbox"
ACCESS_LASTS = timedelta(hours=1)
_FIRST_EVENTS = 14  # each type comes once before any comes again
_FEED_S = 0.5
# What rules let run by itself may do so in these workflows; in the others people see everything first.
_AUTO = (
    "crm.opportunity.won", "crm.contract.expiring", "psa.sow.approved", "psa.milestone.slipped",
    "psa.timesheet.approved", "psa.timesheet.missing", "erp.invoice.drafted", "erp.milestone.completed",
    "support.ticket.opened", "hr.person.joined",
)  # fmt: skip
# Title in the firm's records → the role that its holder has here.
_ROLES = {
    "Chief financial officer": "cfo", "Head of delivery": "head_of_delivery", "Resource manager": "resource_manager",
    "Finance controller": "finance", "Billing specialist": "reviewer", "People partner": "auditor",
}  # fmt: skip
# Nobody's title says these; the first of the titles who has no role yet gets one.
_MORE_ROLES = (("Principal consultant", "compliance"), ("Senior consultant", "admin"), ("Consultant", "viewer"))
_GUIDE = "Head of delivery"
"""Who the visitor signs in as: somebody who can work most of the queue alone."""
_GUIDES_ROLES = ("head_of_delivery", "delivery_lead", "resource_manager", "finance")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """How the visitor gets in; `link` works once and `token` lasts as long, an hour."""

    url: str
    link: str
    token: str
    principal: str
    name: str
    source: str

    def as_json(self) -> dict[str, str]:
        return {
            "url": self.url, "link": self.link, "token": self.token, "principal": self.principal, "name": self.name,
            "tenant": FIRST_TENANT, "source": self.source,
        }  # fmt: skip

    def as_text(self) -> str:
        return (
            f"\nCountersign supervises {FIRM}, a sandbox firm, on {self.url}\n\n"
            f"  Sign in as {self.name} (once, within an hour):\n    {self.link}\n\n"
            "  Or work the queue from another terminal:\n"
            f"    export TOKEN={self.token}\n"
            f'    curl -H "Authorization: Bearer $TOKEN" "{self.url}/v1/reviews?limit=3"\n'
            "    .venv/bin/countersign queue\n"
            f"    .venv/bin/countersign approve REVIEW --as '{self.name}'\n\n"
            "  Some actions need a second person: `.venv/bin/countersign user list`, then `user link NAME`.\n"
            "  Ctrl-C stops it and loses nothing.\n"
        )


class Demonstration:
    """`prepare` sets the firm up, `start` lets it live (`every_s` None: nothing happens by itself), `stop` ends it.

    `say` is told, line by line, what happens.
    """

    def __init__(self, service: Service, every_s: float | None, say: Callable[[str], None]) -> None:
        assert isinstance(service.connectors, TenantConnectors)
        self._connectors = service.connectors
        self._service, self._every_s, self._say = service, every_s, say
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._is_new = False

    def prepare(self) -> None:
        """Makes the firm, its people and its source where they are not there yet."""
        ctx = self._service.context
        with read_only(ctx.engine) as session:
            known = session.get(Tenant, FIRST_TENANT) is not None
        if not known:
            modes = {f"mode/{workflow}": "auto" for workflow in _AUTO}
            set_up_tenant(ctx, FIRST_TENANT, FIRM, sandbox=True, modes=modes)
        self._is_new = make_firm(ctx, FIRST_TENANT) or not known
        people = self._connectors.reader(FIRST_TENANT).find(Person, {}, 200)
        for person, roles in cast_of(people):
            _add(ctx, person, roles)
        sandbox_source(ctx, FIRST_TENANT, None)

    def start(self) -> Access:
        """Begins the firm's life; answers how to get in."""
        ctx = self._service.context
        threads = [threading.Thread(target=self._follow, args=(Feed(ctx, FIRST_TENANT),), name="feed", daemon=True)]
        if self._every_s is not None:
            life = Life(self._connectors.sandbox(FIRST_TENANT), *delivery_of(ctx, FIRST_TENANT))
            steps = (self._every_s, self._over, _FIRST_EVENTS if self._is_new else 1)
            threads.append(threading.Thread(target=life.live, args=steps, name="sandbox-life", daemon=True))
        access = self._access()
        self._threads = threads
        for thread in threads:
            thread.start()
        return access

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _follow(self, feed: Feed) -> None:
        over = False
        while not over:
            over = self._over.wait(_FEED_S)
            for line in feed.lines():
                self._say(line)

    def _access(self) -> Access:
        ctx, actor = self._service.context, machine_actor(FIRST_TENANT)
        people = self._connectors.reader(FIRST_TENANT).find(Person, {"title": _GUIDE}, 1)
        with read_only(ctx.engine) as session:
            guide = by_name(session, FIRST_TENANT, people[0].name)
        assert guide is not None
        token = create_token(ctx, actor, guide.id, "demonstration", expires_at=ctx.clock() + ACCESS_LASTS)
        return Access(
            url=ctx.settings.public_url, link=create_link(ctx, actor, guide.id, ACCESS_LASTS), token=token,
            principal=guide.id, name=guide.name, source=sandbox_source(ctx, FIRST_TENANT, None)[0],
        )  # fmt: skip


class Life:
    """Lets a sandbox firm live: its events reach the service at `url` as any sender's do, its due messages leave."""

    def __init__(self, firm: Any, url: str, secret: str) -> None:
        self._firm, self._url, self._secret = firm, url, secret

    def step(self, count: int = 1) -> tuple[list[dict[str, Any]], Any]:
        """`count` things happen; answers their events, and what became of all that waited (sandbox.Delivery)."""
        events: list[dict[str, Any]] = self._firm.emit(None, count)
        done = self._firm.deliver(self._url, self._secret)
        self._firm.send_due()
        return events, done

    def live(self, every_s: float, over: threading.Event, first: int) -> None:
        """Until `over` is set; `first` is how many events come at once at the beginning."""
        count = first
        while not over.is_set():
            try:
                _events, done = self.step(count)
            except Exception:  # noqa: BLE001 - logged whole
                # The firm's life is not the service's: it goes on with the next event.
                _log.exception("the sandbox firm stumbled")
            else:
                if done.refused:
                    _log.warning("refused events: %s", done.refused)
            count = 1
            over.wait(every_s)


def cast_of(people: list[Person]) -> list[tuple[Person, list[Grant]]]:
    """Who of the firm's people holds which roles; the heads of units and their delivery leads hold theirs there."""
    found: list[tuple[Person, list[Grant]]] = []
    for person in people:
        if person.title == _GUIDE:
            found.append((person, [Grant(role) for role in _GUIDES_ROLES]))
        elif person.title in _ROLES:
            found.append((person, [Grant(_ROLES[person.title])]))
        elif person.unit and (person.title == "Delivery lead" or person.title.startswith("Head of ")):
            found.append((person, [Grant("delivery_lead", person.unit)]))
    for title, role in _MORE_ROLES:
        found += [(person, [Grant(role)]) for person in people if person.title == title][:1]
    return found


def _add(ground: Ground, person: Person, roles: list[Grant]) -> None:
    try:
        add_principal(
            ground, machine_actor(FIRST_TENANT), name=person.name, kind="person", roles=roles, email=person.email,
            record_id=person.id, unit=person.unit,
        )  # fmt: skip
    except Problem as known:
        if known.code != "conflict":
            raise


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


def delivery_of(ground: Ground, tenant: str, slug: str | None = None) -> tuple[str, str]:
    """Where the tenant's sandbox firm delivers its events on this machine, and the secret that signs them."""
    found, secret = sandbox_source(ground, tenant, slug)
    return f"{ground.settings.local_url}/v1/events/{found}", secret
