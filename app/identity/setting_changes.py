"""Changes of settings, each made by two people: one proposes, another confirms."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlmodel import Session, col, select

from app import tenancy
from app.actor import Actor
from app.audit.log import lock_head
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import code, put_on_record
from app.identity.principals import still
from app.ids import new_id
from app.store.engine import unit_of_work
from app.store.models import SettingChange

MAY_SET = frozenset({"admin", "compliance"})


def propose_setting(ground: Ground, actor: Actor, name: str, value: Any) -> str:
    """The id of the pending change. A later proposal for the same setting supersedes it.

    Raises Problem `not_permitted`, `invalid_body`.
    """
    actor.require(MAY_SET)
    typed, now = tenancy.plain(tenancy.parse(name, value)), ground.clock()
    with _one_at_a_time(ground, actor) as (session, actor):
        actor.require(MAY_SET)
        for earlier in session.exec(
            select(SettingChange).where(
                col(SettingChange.tenant) == actor.tenant, col(SettingChange.name) == name,
                col(SettingChange.status) == "pending",
            )
        ):  # fmt: skip
            earlier.status, earlier.decided_by, earlier.decided_at = "superseded", actor.principal_id, now
            session.add(earlier)
        base = tenancy.version(session, actor.tenant, name)
        change = SettingChange(
            id=new_id("chg", now), tenant=actor.tenant, name=name, value=typed, base_version=base, status="pending",
            proposed_by=actor.principal_id, proposed_at=now,
        )  # fmt: skip
        session.add(change)
        _recorded(ground, session, actor, "setting.proposed", change)
        return change.id


def confirm_setting(ground: Ground, actor: Actor, change_id: str) -> None:
    """Makes the change, by another person than proposed it.

    Raises Problem `not_found`, `not_permitted`, `self_approval`, `already_decided`, `conflict` (the setting moved on).
    """
    with _one_at_a_time(ground, actor) as (session, actor):
        change = _pending(session, actor, change_id)
        if change.proposed_by == actor.principal_id:
            raise Problem("self_approval", "Another person confirms what you proposed.")
        if tenancy.version(session, actor.tenant, change.name) != change.base_version:
            raise Problem("conflict", "The setting was changed since; propose it again.")
        now = ground.clock()
        tenancy.put(session, actor.tenant, change.name, change.value, actor.principal_id, now)
        change.status, change.decided_by, change.decided_at = "confirmed", actor.principal_id, now
        session.add(change)
        _recorded(ground, session, actor, "setting.confirmed", change)


def withdraw_setting(ground: Ground, actor: Actor, change_id: str) -> None:
    """Drops a pending change; its proposer may. Raises Problem `not_found`, `not_permitted`, `already_decided`."""
    with _one_at_a_time(ground, actor) as (session, actor):
        change = _pending(session, actor, change_id)
        change.status, change.decided_by, change.decided_at = "withdrawn", actor.principal_id, ground.clock()
        session.add(change)
        _recorded(ground, session, actor, "setting.withdrawn", change)


@contextmanager
def _one_at_a_time(ground: Ground, actor: Actor) -> Iterator[tuple[Session, Actor]]:
    """A unit of work under the lock of the tenant's log: two people who decide at once are one after the other.

    With it the actor in the roles that are held now; they are locked first, as a revocation takes them in that order.
    """
    with unit_of_work(ground.engine) as session:
        held = still(session, actor, ground.clock())
        lock_head(session, actor.tenant)
        yield session, held


def _pending(session: Session, actor: Actor, change_id: str) -> SettingChange:
    change = session.get(SettingChange, change_id)
    if change is None or change.tenant != actor.tenant:
        raise Problem("not_found", "There is no such change.")
    actor.require(MAY_SET)
    if change.status != "pending":
        decided = {"decided_by": change.decided_by, "decided_at": change.decided_at, "status": change.status}
        raise Problem("already_decided", f"This change is {change.status}.", extra=tenancy.plain(decided))
    return change


def _recorded(ground: Ground, session: Session, actor: Actor, kind: str, change: SettingChange) -> None:
    put_on_record(
        ground, session, actor, kind,
        details={"change": change.id, "setting": code(change.name), "base_version": change.base_version},
        payloads={"setting": ("settings", {"name": change.name, "value": change.value})},
    )  # fmt: skip
