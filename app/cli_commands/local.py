"""The local installation, as commands reach it: its database without the service around it, and who acts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from app.actor import CHANGES_NOTHING, Actor
from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from app.cli_commands.console import failed, note
from app.clock import system_clock
from app.ground import Ground, Groundwork
from app.identity.principals import by_name, grants_of, machine_actor
from app.identity.tenants import add_tenant
from app.identity.tokens import actor_from, actor_of_token
from app.secret_box import SecretBox
from app.settings import audit_seed, load_settings, make_home, secret_key
from app.store.engine import make_engine, read_only
from app.store.migrate import migrate
from app.store.models import Principal, Tenant

if TYPE_CHECKING:
    from app.bootstrap import Service

FIRST_TENANT = "demo"
FIRST_SEED = 7


@contextmanager
def open_ground() -> Iterator[Groundwork]:
    """The database, the vault and the log of this installation, migrated. Light: no model, no queue."""
    settings = load_settings()
    make_home(settings)
    engine = make_engine(settings.database_url)
    try:
        migrate(engine)
        key = secret_key(settings)
        log = Log(SigningKey(audit_seed(settings)))
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


@contextmanager
def open_sandbox(ground: Ground, tenant: str) -> Iterator[Any]:
    """The tenant's sandbox firm."""
    from app.bootstrap import TenantConnectors

    connectors = TenantConnectors(ground.engine, ground.settings.home / "sandbox", ground.clock)
    try:
        yield connectors.sandbox(tenant)
    finally:
        connectors.close()


def tenant_of(ground: Ground, wanted: str | None) -> str:
    """The tenant that was named, else the only one. Raises Problem `not_found`, `invalid_query`."""
    known = _tenants(ground)
    chosen = wanted or (known[0] if len(known) == 1 else FIRST_TENANT)
    if chosen in known:
        return chosen
    if not known:
        raise failed("not_found", "there is no firm here yet; make one with `countersign tenant add`")
    if wanted is None:
        raise failed("invalid_query", f"say which firm: --tenant {'|'.join(known)}")
    raise failed("not_found", f"there is no tenant {chosen}; there are {', '.join(known)}")


def joined_tenant_of(ground: Ground, wanted: str | None) -> str:
    """As `tenant_of`; who is the first to join a firm in development has it made, with a sandbox firm as its systems.

    Production makes none: there the firm, and what its systems are, is somebody's decision.
    """
    known = _tenants(ground)
    chosen = wanted or (None if known else FIRST_TENANT)
    if chosen is None or chosen in known or ground.settings.environment != "development":
        return tenant_of(ground, wanted)
    set_up_tenant(ground, chosen, sandbox=True)
    note(f"countersign: there was no firm {chosen} here yet; made it, with a sandbox firm as its systems")
    return chosen


def first_tenant_of(ground: Ground, wanted: str | None) -> str:
    """As `tenant_of`; an installation that is still empty gets its first firm, as with `joined_tenant_of`."""
    return tenant_of(ground, wanted) if wanted else joined_tenant_of(ground, None)


def _tenants(ground: Ground) -> list[str]:
    with read_only(ground.engine) as session:
        return list(session.exec(select(Tenant.id).order_by(col(Tenant.id))))


def set_up_tenant(
    ground: Ground, tenant: str, name: str | None = None, *, sandbox: bool, modes: dict[str, str] | None = None,
    seed: int = FIRST_SEED, **kwargs: Any,
) -> None:  # fmt: skip
    """A new firm, every workflow in mode `propose` unless `modes` says otherwise; `sandbox`: with systems of its own.

    `kwargs`: see identity.tenants.add_tenant. Raises Problem `conflict`, `invalid_body`.
    """
    connectors: dict[str, str] = {}
    if sandbox:
        from app.systems import RECORDS, SANDBOX
        from tools.registry import TOOLS

        connectors = {RECORDS: SANDBOX} | dict.fromkeys(TOOLS, SANDBOX)
    settings: dict[str, Any] = {"mode": "propose"} | (modes or {})
    if sandbox:
        settings["channels"] = ["delivery"]
    add_tenant(ground, tenant, name or tenant, connectors=connectors, settings=settings, **kwargs)
    if sandbox:
        make_firm(ground, tenant, seed)


def make_firm(ground: Ground, tenant: str, seed: int = FIRST_SEED) -> bool:
    """Generates the tenant's sandbox firm where there is none yet; whether it did."""
    with open_sandbox(ground, tenant) as firm:
        if firm.seed() is not None:
            return False
        firm.reset(seed)
        return True


def reading(ground: Ground, tenant: str | None, name: str | None, scope: str) -> Actor:
    """Who reads: as `writing`, and where nobody is named, whoever has this machine."""
    if name is None and ground.settings.token is None:
        return machine_actor(tenant_of(ground, tenant))
    return _speaker(ground, tenant, name, scope)


def writing(ground: Ground, tenant: str | None, name: str | None, scope: str) -> Actor:
    """Who acts: whom `--as` names, in development; else the principal of COUNTERSIGN_TOKEN, within its scopes.

    Raises Problem `invalid_query` where nobody is named, `not_permitted`, `unauthenticated`.
    """
    if name is None and ground.settings.token is None:
        raise failed("invalid_query", "say who acts: --as NAME (see `countersign user list`), or COUNTERSIGN_TOKEN")
    actor = _speaker(ground, tenant, name, scope)
    if {grant.role for grant in actor.grants} <= CHANGES_NOTHING:
        raise failed("not_permitted", f"the roles of {actor.name} let them read, not change")
    return actor


def _speaker(ground: Ground, tenant: str | None, name: str | None, scope: str) -> Actor:
    token = ground.settings.token
    if name is None and token is not None:
        actor = actor_of_token(ground, token.get_secret_value(), "cli")
        actor.require_scope(scope)
        if tenant not in (None, actor.tenant):
            raise failed("not_found", f"there is no tenant {tenant} for this token")
        return actor
    if ground.settings.environment == "production":
        raise failed("not_permitted", "in production nobody speaks as somebody else; set COUNTERSIGN_TOKEN")
    row = principal_of(ground, tenant_of(ground, tenant), name or "")
    if not row.active:
        raise failed("not_permitted", f"{row.name} is not active any more")
    now = ground.clock()
    with read_only(ground.engine) as session:
        grants = grants_of(session, row, now)
    return replace(actor_from(row, "cli"), grants=grants, signed_in_how="machine", signed_in_at=now)


def principal_of(ground: Ground, tenant: str, name: str) -> Principal:
    """By id, name or e-mail address. Raises Problem `not_found`."""
    with read_only(ground.engine) as session:
        row = by_name(session, tenant, name)
    if row is None:
        raise failed("not_found", f"there is no principal {name!r} in {tenant}; see `countersign user list`")
    return row
