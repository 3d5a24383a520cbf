"""People: names behind principal ids, and the directory that admins and auditors read."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, select

from app.actor import READS_ALL, Actor
from app.ground import Ground
from app.identity.principals import MACHINE
from app.store.engine import read_only
from app.store.models import Principal, RoleGrant
from app.views.sight import require_any_role, stamp


def names(session: Session, tenant: str, idents: Iterable[str | None]) -> dict[str, str]:
    """Principal id → name. The service's own steps and the machine name themselves."""
    wanted = {ident for ident in idents if ident}
    found: dict[str, str] = {}
    if people := [ident for ident in wanted if ident.startswith("pri_")]:
        rows = session.exec(
            select(Principal.id, Principal.name).where(col(Principal.tenant) == tenant, col(Principal.id).in_(people))
        )
        found = dict(rows.all())
    for ident in wanted - found.keys():
        found[ident] = "operator of the machine" if ident == MACHINE else ident
    return found


def directory(ground: Ground, actor: Actor) -> list[dict[str, Any]]:
    """Everyone of the tenant with their roles; addresses only for those who read all."""
    require_any_role(actor)
    full = bool(actor.roles() & READS_ALL)
    with read_only(ground.engine) as session:
        grants: dict[str, list[dict[str, str]]] = {}
        for row in session.exec(select(RoleGrant).where(col(RoleGrant.tenant) == actor.tenant)):
            grants.setdefault(row.principal_id, []).append({"role": row.role, "unit": row.unit})
        people = session.exec(
            select(Principal).where(col(Principal.tenant) == actor.tenant).order_by(col(Principal.name))
        ).all()
    return [
        {
            "id": row.id, "name": row.name, "kind": row.kind, "unit": row.unit, "active": row.active,
            "roles": grants.get(row.id, []), "limit_minor": row.limit_minor, "email": row.email if full else None,
            "record_id": row.record_id, "created_at": stamp(row.created_at),
        }
        for row in people
    ]  # fmt: skip
