"""Care: who sees to a case, and until when the reader put it off."""

from typing import Any

from sqlmodel import col, select

from app.actor import Actor
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import CaseClaim, Principal, RoleGrant, Snooze
from app.views.people import names
from app.views.sight import stamp


def care(ground: Ground, actor: Actor, case_id: str) -> dict[str, Any]:
    """`{"claimed_by": {"id", "name"} or None, "snoozed_until": time or None}`; the case must be in sight."""
    with read_only(ground.engine) as session:
        claim, snooze = session.get(CaseClaim, case_id), session.get(Snooze, (case_id, actor.principal_id))
        known = names(session, actor.tenant, [claim.principal_id]) if claim else {}
    until = snooze.until if snooze and snooze.until > ground.clock() else None
    return {
        "claimed_by": claim and {"id": claim.principal_id, "name": known[claim.principal_id]},
        "snoozed_until": stamp(until),
    }


def carers(ground: Ground, actor: Actor, unit: str | None) -> list[dict[str, str]]:
    """To whom a case of the unit can be given, by name: active people with a role that holds there."""
    query = (
        select(Principal.id, Principal.name)
        .join(RoleGrant, col(RoleGrant.principal_id) == col(Principal.id))
        .where(
            col(Principal.tenant) == actor.tenant, col(Principal.kind) == "person", col(Principal.active),
            col(RoleGrant.tenant) == actor.tenant, col(RoleGrant.unit).in_(["", unit or ""]),
        )
        .distinct()
        .order_by(col(Principal.name))
    )  # fmt: skip
    with read_only(ground.engine) as session:
        return [{"id": ident, "name": name} for ident, name in session.exec(query)]
