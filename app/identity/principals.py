"""Principals: the people and services of a tenant, and the roles they hold. Every change is an entry of the log."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session, col, select

from app.actor import Actor, Grant, Role
from app.errors import FieldError, Problem
from app.ground import Ground
from app.identity.entries import code, put_on_record
from app.ids import new_id
from app.store.engine import unit_of_work
from app.store.models import Delegation, Principal, RoleGrant, Tenant
from tools.values import Id

ROLES: tuple[str, ...] = get_args(Role)
_HARMLESS = frozenset({"viewer", "auditor"})
MACHINE = "machine"
_RECORD_ID: TypeAdapter[str] = TypeAdapter(Id)


def machine_actor(tenant: str) -> Actor:
    """Whoever has the shell and the database of this installation: sets up, is in the log, approves nothing."""
    return Actor(
        MACHINE, tenant, "operator of the machine", "system", (Grant("admin"),), "cli", signed_in_how="machine"
    )


def add_principal(
    ground: Ground, actor: Actor, *, name: str, kind: Literal["person", "service"], roles: Iterable[Grant] = (),
    email: str | None = None, record_id: str | None = None, unit: str | None = None, limit_minor: int | None = None,
) -> Principal:  # fmt: skip
    """A new principal with its roles.

    Raises Problem `not_permitted`, `conflict` (the name or the record is another's), `invalid_body`.
    """
    with unit_of_work(ground.engine) as session:
        return enrol(
            ground, session, actor, name=name, kind=kind, roles=roles, email=email, record_id=record_id, unit=unit,
            limit_minor=limit_minor,
        )  # fmt: skip


def enrol(
    ground: Ground, session: Session, actor: Actor, *, name: str, kind: Literal["person", "service"],
    roles: Iterable[Grant], email: str | None, record_id: str | None, unit: str | None, limit_minor: int | None,
) -> Principal:  # fmt: skip
    """As `add_principal`, within the caller's transaction."""
    actor.require({"admin"})
    now, name = ground.clock(), " ".join(name.split())
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise _invalid("/name", "must be 1 to 120 printable characters")
    if by_name(session, actor.tenant, name) is not None:
        raise Problem("conflict", f"There is a principal named {name!r} already.")
    if record_id is not None:
        _unclaimed(session, actor.tenant, record_id)
    row = Principal(
        id=new_id("pri", now), tenant=actor.tenant, kind=kind, name=name, email=email, record_id=record_id,
        unit=unit, limit_minor=limit_minor, created_at=now,
    )  # fmt: skip
    grants = list(dict.fromkeys(roles))
    for each in grants:
        _may_grant(actor, row, each)
    session.add(row)
    session.flush()
    for each in grants:
        session.add(_granted(row, each, actor, now))
    put_on_record(
        ground, session, actor, "principal.added", refs={"principal": row.id},
        details={"kind": kind, "roles": [_word(each) for each in grants], "limit_minor": limit_minor},
        payloads={"principal": (row.id, {"name": name, "email": email, "record_id": record_id, "unit": unit})},
    )  # fmt: skip
    return row


def change_limit(ground: Ground, session: Session, actor: Actor, principal_id: str, limit_minor: int | None) -> None:
    """Sets the most that somebody may approve (None: no bound), within the caller's transaction.

    Raises Problem `not_permitted` (also for one's own limit), `not_found`.
    """
    actor.require({"admin"})
    row = _locked(session, actor.tenant, principal_id)
    if row.id == actor.principal_id:
        raise Problem("not_permitted", "Nobody changes their own limit; another admin can.")
    before, row.limit_minor = row.limit_minor, limit_minor
    session.add(row)
    put_on_record(
        ground, session, actor, "principal.limit_changed", refs={"principal": row.id},
        details={"before_minor": before, "limit_minor": limit_minor},
    )  # fmt: skip


def change_record(ground: Ground, actor: Actor, principal_id: str, record_id: str | None) -> None:
    """Says which person of the system of record somebody is (None: nobody there).

    On it hang the line manager's consent and what counts as deciding for oneself. Raises Problem `not_permitted` (also
    for one's own), `not_found`, `conflict` (it is another's), `invalid_body`.
    """
    actor.require({"admin"})
    with unit_of_work(ground.engine) as session:
        row = _locked(session, actor.tenant, principal_id)
        if row.id == actor.principal_id:
            raise Problem("not_permitted", "Nobody says which record is theirs; another admin can.")
        if record_id is not None and record_id != row.record_id:
            _unclaimed(session, actor.tenant, record_id)
        before, row.record_id = row.record_id, record_id
        session.add(row)
        put_on_record(
            ground, session, actor, "principal.record_changed", refs={"principal": row.id},
            payloads={"principal": (row.id, {"before": before, "record_id": record_id})},
        )  # fmt: skip


def grant_role(ground: Ground, actor: Actor, principal_id: str, grant: Grant) -> None:
    """Gives a role. Raises Problem `not_permitted` (also to oneself), `not_found`, `conflict`, `invalid_body`."""
    actor.require({"admin"})
    now = ground.clock()
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, principal_id)
        _may_grant(actor, row, grant)
        if session.get(RoleGrant, (row.id, grant.role, grant.unit)) is not None:
            raise Problem("conflict", f"{row.name} holds this role already.")
        session.add(_granted(row, grant, actor, now))
        put_on_record(
            ground, session, actor, "principal.role_granted", refs={"principal": row.id}, details={"role": _word(grant)}
        )


def revoke_role(ground: Ground, actor: Actor, principal_id: str, grant: Grant) -> None:
    """Takes a role away. Raises Problem `not_permitted`, `not_found`."""
    actor.require({"admin"})
    with unit_of_work(ground.engine) as session:
        row = _locked(session, actor.tenant, principal_id)
        held = session.get(RoleGrant, (row.id, grant.role, grant.unit))
        if held is None:
            raise Problem("not_found", f"{row.name} does not hold this role.")
        session.delete(held)
        put_on_record(
            ground, session, actor, "principal.role_revoked", refs={"principal": row.id}, details={"role": _word(grant)}
        )


def deactivate(ground: Ground, actor: Actor, principal_id: str) -> None:
    """Shuts a principal out of every surface at once. Raises Problem `not_permitted`, `not_found`."""
    actor.require({"admin"})
    with unit_of_work(ground.engine) as session:
        row = _locked(session, actor.tenant, principal_id)
        row.active = False
        session.add(row)
        put_on_record(ground, session, actor, "principal.deactivated", refs={"principal": row.id})


def get(session: Session, tenant: str, principal_id: str) -> Principal:
    """Raises Problem `not_found`, also for another tenant's."""
    row = session.get(Principal, principal_id)
    if row is None or row.tenant != tenant:
        raise Problem("not_found", "There is no such principal.")
    return row


def still(session: Session, actor: Actor, now: datetime) -> Actor:
    """The actor with those of their roles that they hold at this moment, and keep until the transaction ends.

    A request looks up who speaks before its transaction begins; a role taken away in between must not count. Who is no
    principal of the tenant (the machine, a step of the service) stays as they are.
    """
    lenders = {grant.from_id for grant in actor.grants if grant.from_id is not None}
    wanted = select(Principal).where(
        col(Principal.tenant) == actor.tenant, col(Principal.id).in_({actor.principal_id, *lenders})
    )
    # Shared, in one order: approvals do not wait for each other, only a revocation waits, or is waited for.
    locked = session.exec(wanted.order_by(col(Principal.id)).with_for_update(read=True)).all()
    row = next((each for each in locked if each.id == actor.principal_id), None)
    if row is None:
        return actor
    held = grants_of(session, row, now) if row.active else ()
    grants = [
        replace(grant, limit_minor=now_held.limit_minor)
        for grant in actor.grants
        for now_held in held
        if (now_held.role, now_held.from_id) == (grant.role, grant.from_id) and now_held.unit in ("", grant.unit)
    ]
    return replace(actor, grants=tuple(dict.fromkeys(grants)))


def _locked(session: Session, tenant: str, principal_id: str) -> Principal:
    """`get`, and nobody acts in this principal's roles until the transaction ends."""
    query = select(Principal).where(col(Principal.id) == principal_id, col(Principal.tenant) == tenant)
    row = session.exec(query.with_for_update()).first()
    if row is None:
        raise Problem("not_found", "There is no such principal.")
    return row


def _unclaimed(session: Session, tenant: str, record_id: str) -> None:
    """One record is one principal's: with a second account somebody would be two people."""
    try:
        _RECORD_ID.validate_python(record_id)
    except ValidationError:
        raise _invalid("/record_id", "must be the id of a record, as per-17") from None
    session.exec(select(Tenant.id).where(col(Tenant.id) == tenant).with_for_update()).one()  # one claim at a time
    taken = select(Principal.name).where(
        col(Principal.tenant) == tenant, col(Principal.record_id) == record_id, col(Principal.active)
    )
    if (other := session.exec(taken).first()) is not None:
        raise Problem("conflict", f"{record_id} is {other}'s record already.")


def by_name(session: Session, tenant: str, name: str) -> Principal | None:
    """By id, name or e-mail address, in this order; an address that two share finds nobody."""
    for column in (col(Principal.id), col(Principal.name), col(Principal.email)):
        found = session.exec(select(Principal).where(col(Principal.tenant) == tenant, column == name).limit(2)).all()
        if len(found) == 1:
            return found[0]
    return None


def grants_of(session: Session, row: Principal, now: datetime) -> tuple[Grant, ...]:
    """The roles `row` holds at `now`: its own, and those delegated by people who hold them at this moment."""
    grants = [Grant(role, unit) for role, unit in _held(session, row.id)]
    delegated = session.exec(
        select(Delegation).where(
            col(Delegation.tenant) == row.tenant, col(Delegation.to_id) == row.id,
            col(Delegation.starts_at) <= now, col(Delegation.ends_at) > now,
        )
    ).all()  # fmt: skip
    for each in delegated:
        giver = session.get(Principal, each.from_id)
        if giver is not None and giver.active and giver.tenant == row.tenant:
            grants += [
                Grant(role, unit, giver.id, giver.limit_minor)
                for role, unit in _held(session, giver.id)
                if role == each.role
            ]
    return tuple(grants)


def _held(session: Session, principal_id: str) -> Sequence[tuple[str, str]]:
    query = select(RoleGrant.role, RoleGrant.unit).where(col(RoleGrant.principal_id) == principal_id)
    return session.exec(query.order_by(col(RoleGrant.role), col(RoleGrant.unit))).all()


def _may_grant(actor: Actor, to: Principal, grant: Grant) -> None:
    if grant.role not in ROLES:
        raise _invalid("/roles", f"{grant.role!r} is not a role; roles are {', '.join(ROLES)}")
    if len(grant.unit) > 60 or not grant.unit.isprintable():
        raise _invalid("/roles", "a unit's name has at most 60 printable characters")
    if actor.principal_id == MACHINE:
        return
    if to.id == actor.principal_id:
        raise Problem("not_permitted", "Nobody grants roles to themselves; another admin can.")
    if to.kind == "service" and grant.role not in _HARMLESS:
        # Otherwise one admin makes a service, holds its token, and is two persons.
        raise Problem("not_permitted", "A service's deciding roles are granted on the machine, by `countersign`.")


def _granted(row: Principal, grant: Grant, actor: Actor, now: datetime) -> RoleGrant:
    return RoleGrant(
        principal_id=row.id, role=grant.role, unit=grant.unit, tenant=row.tenant, granted_by=actor.principal_id,
        granted_at=now,
    )  # fmt: skip


def _word(grant: Grant) -> str:
    return code(f"{grant.role}/{grant.unit}" if grant.unit else grant.role)


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid_body", f"{pointer[1:]} {detail}.", errors=[FieldError(pointer=pointer, detail=detail)])
