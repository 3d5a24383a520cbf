"""Delegations: a person lets another act in one of their roles for a while."""

from datetime import datetime, timedelta

from app.actor import Actor
from app.errors import FieldError, Problem
from app.ground import Ground
from app.identity.entries import code, put_on_record
from app.identity.principals import get
from app.ids import new_id
from app.store.engine import unit_of_work
from app.store.models import Delegation

LONGEST = timedelta(days=90)
# Roles that change who may do what stay with the person they were granted to.
_PERSONAL = frozenset({"admin", "compliance", "auditor"})


def delegate(ground: Ground, actor: Actor, to_id: str, role: str, starts_at: datetime, ends_at: datetime) -> str:
    """The delegation's id. Only a role of one's own, not one held by delegation.

    Raises Problem `not_permitted`, `not_found`, `invalid_body`.
    """
    now = ground.clock()
    if not any(grant.role == role and grant.from_id is None for grant in actor.grants) or role in _PERSONAL:
        raise Problem("not_permitted", "Only an approving role of your own can be delegated.")
    if not starts_at < ends_at <= max(now, starts_at) + LONGEST or ends_at <= now:
        detail = f"must lie after the start and in the future, at most {LONGEST.days} days on"
        raise Problem("invalid_body", f"ends_at {detail}.", errors=[FieldError(pointer="/ends_at", detail=detail)])
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, to_id)
        if row.id == actor.principal_id or row.kind != "person" or not row.active:
            raise Problem("not_permitted", "A role is delegated to another active person.")
        made = Delegation(
            id=new_id("dlg", now), tenant=actor.tenant, from_id=actor.principal_id, to_id=row.id, role=role,
            starts_at=starts_at, ends_at=ends_at,
        )  # fmt: skip
        session.add(made)
        put_on_record(
            ground, session, actor, "delegation.made", refs={"principal": row.id},
            details={"delegation": made.id, "role": code(role), "days": (ends_at - starts_at).days},
        )  # fmt: skip
        return made.id
