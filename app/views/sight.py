"""Sight: what an actor may see. Nothing of another tenant, and of units only those in which a role is held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false
from sqlmodel import Session, col

from app.actor import Actor
from app.audit.vault import PayloadErased, PayloadUnknown
from app.errors import Problem
from app.ground import Ground


def require_any_role(actor: Actor) -> None:
    """Raises Problem `not_permitted` for a principal without any role."""
    if not actor.grants:
        raise Problem("not_permitted", "You hold no role here; an admin can give you one.")


def in_sight(actor: Actor, unit: Any) -> list[ColumnElement[bool]]:
    """Conditions on a `unit` column; none for a role that holds in every unit."""
    units = {grant.unit for grant in actor.grants}
    if "" in units:
        return []
    return [col(unit).in_(sorted(units))] if units else [false()]


def sees(actor: Actor, unit: str | None) -> bool:
    units = {grant.unit for grant in actor.grants}
    return "" in units or (unit is not None and unit in units)


def opened(ground: Ground, session: Session, tenant: str, idents: Sequence[str | None]) -> dict[str, Any]:
    """Contents of sealed payloads by id; None where the content was erased."""
    wanted = [ident for ident in dict.fromkeys(idents) if ident]
    if not wanted:
        return {}
    try:
        return ground.vault.open_all(session, tenant, wanted)
    except (PayloadErased, PayloadUnknown):
        return {ident: _opened_one(ground, session, tenant, ident) for ident in wanted}


def _opened_one(ground: Ground, session: Session, tenant: str, ident: str) -> Any:
    try:
        return ground.vault.open(session, tenant, ident)
    except (PayloadErased, PayloadUnknown):
        return None


def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC to the millisecond."""
    if moment is None:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
