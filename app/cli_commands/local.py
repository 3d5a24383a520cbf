"""The local installation, as commands reach it: its database without the service around it, and who acts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from app.actor import Actor
from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from app.cli_commands.console import UNUSABLE, Failed, note
from app.clock import system_clock
from app.ground import Ground, Groundwork
from app.identity.principals import by_name, grants_of
from app.identity.tenants import add_tenant
from app.identity.tokens import actor_from, actor_of_token
from app.secret_box import SecretBox
from app.settings import Settings, audit_seed, load_settings, make_home, secret_key
from app.store.engine import make_engine, read_only
from app.store.migrate import migrate
from app.store.models import Tenant

if TYPE_CHECKING:
    from app.bootstrap import Service

FIRST_TENANT = "demo"


@contextmanager
def open_ground() -> Iterator[Groundwork]:
    """The database, the vault and the log of this installation, migrated. Light: no model, no queue."""
    settings = load_settings()
    make_home(settings)
    engine = make_engine(settings.database_url)
    migrate(engine)
    key = secret_key(settings)
    log = Log(SigningKey(audit_seed(settings)))
    try:
        yield Groundwork(settings, system_clock, engine, Vault(key), SecretBox(key), log)
    finally:
        engine.dispose()


@contextmanager
def open_service() -> Iterator["Service"]:
    """The whole service, not started."""
    from app.bootstrap import build

    service = build(load_settings())
    try:
        yield service
    finally:
        service.close()


def tenant_of(ground: Ground, wanted: str | None, *, make: bool = False) -> str:
    """The tenant that was named, else the only one. `make`: set it up where it is not there yet."""
    with read_only(ground.engine) as session:
        known = list(session.exec(select(Tenant.id).order_by(col(Tenant.id))))
    if wanted is None and len(known) > 1 and FIRST_TENANT not in known:
        raise Failed(f"say which firm, --tenant {'|'.join(known)}", UNUSABLE)
    chosen = wanted or (known[0] if len(known) == 1 else FIRST_TENANT)
    if chosen in known:
        return chosen
    if not make:
        raise Failed(f"there is no tenant {chosen}" + (f"; there are {', '.join(known)}" if known else " yet"))
    set_up_tenant(ground, chosen)
    return chosen


def set_up_tenant(ground: Ground, tenant: str, name: str | None = None, mode: str = "propose") -> None:
    """A new firm. In development it gets a sandbox firm of its own as its systems; every workflow starts in `mode`."""
    connectors: dict[str, str] = {}
    if ground.settings.environment == "development":
        from app.bootstrap import RECORDS, SANDBOX
        from tools.registry import TOOLS

        connectors = {RECORDS: SANDBOX} | dict.fromkeys(TOOLS, SANDBOX)
    add_tenant(ground, tenant, name or tenant, connectors=connectors, settings={"mode": mode})
    note(f"set up the firm {tenant}" + (" with a sandbox firm" if connectors else " without connectors"))
    if connectors:
        make_firm(ground.settings, ground, tenant)


def make_firm(settings: Settings, ground: Ground, tenant: str, seed: int | None = None) -> int:
    """Fills the tenant's sandbox firm, unless it has been; the number of records made."""
    from app.bootstrap import TenantConnectors

    connectors = TenantConnectors(ground.engine, settings.home / "sandbox", ground.clock)
    try:
        firm = connectors.sandbox(tenant)
        if seed is None and firm.seed() is not None:
            return 0
        return firm.reset(sum(tenant.encode()) if seed is None else seed)
    finally:
        connectors.close()


def acting(ground: Ground, tenant: str | None, name: str | None) -> Actor:
    """Who acts: the principal of COUNTERSIGN_TOKEN, or in development whom `--as` names.

    Raises Failed where nobody is named, Problem `unauthenticated` for a bad token.
    """
    token = ground.settings.token
    if name is None:
        if token is None:
            raise Failed("say who acts: --as NAME, or a token in COUNTERSIGN_TOKEN", UNUSABLE)
        return actor_of_token(ground, token.get_secret_value(), "cli")
    if ground.settings.environment == "production":
        raise Failed("in production nobody speaks as somebody else; set COUNTERSIGN_TOKEN")
    with read_only(ground.engine) as session:
        return _named(session, ground, tenant_of(ground, tenant), name)


def _named(session: Session, ground: Ground, tenant: str, name: str) -> Actor:
    row = by_name(session, tenant, name)
    if row is None or not row.active:
        raise Failed(f"there is no active principal {name!r} in {tenant}")
    now = ground.clock()
    grants = grants_of(session, row, now)
    return replace(actor_from(row, "cli"), grants=grants, signed_in_how="machine", signed_in_at=now)
