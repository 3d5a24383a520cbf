"""A person's own account, as they see it."""

from typing import Any

from sqlmodel import col, select

from app.actor import Actor
from app.ground import Ground
from app.identity.principals import get
from app.store.engine import read_only
from app.store.models import IdentityProvider, LinkedIdentity
from app.views.people import names
from app.views.sight import stamp


def account(ground: Ground, actor: Actor) -> dict[str, Any]:
    """`name,roles[{"role","unit","lent_by"}],has_password,provider,tied,method,since`."""
    with read_only(ground.engine) as session:
        row = get(session, actor.tenant, actor.principal_id)
        provider = session.get(IdentityProvider, actor.tenant)
        lenders = names(session, actor.tenant, [grant.from_id for grant in actor.grants])
        tied = provider is not None and session.exec(
            select(LinkedIdentity.subject).where(
                col(LinkedIdentity.tenant) == actor.tenant, col(LinkedIdentity.principal_id) == row.id,
                col(LinkedIdentity.issuer) == provider.issuer, col(LinkedIdentity.ended_at).is_(None),
            )
        ).first() is not None  # fmt: skip
    return {
        "name": row.name, "has_password": row.password_hash is not None, "tied": tied,
        "provider": provider.issuer if provider else None, "method": actor.signed_in_how,
        "since": stamp(actor.signed_in_at),
        "roles": [
            {"role": grant.role, "unit": grant.unit, "lent_by": lenders.get(grant.from_id or "")}
            for grant in actor.grants
        ],
    }  # fmt: skip
