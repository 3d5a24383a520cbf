"""Sign-in links: one time, short-lived, kept only as their digest."""

import secrets
from datetime import timedelta
from urllib.parse import quote

from sqlalchemy import update
from sqlmodel import col

from app.actor import Actor
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.principals import MACHINE, get
from app.identity.tokens import digest_of
from app.store.engine import unit_of_work
from app.store.models import Principal, SignInLink

LIFETIME = timedelta(minutes=15)


def create_link(ground: Ground, actor: Actor, principal_id: str, lifetime: timedelta = LIFETIME) -> str:
    """The address that signs a person in once. Made on the machine only, since whoever holds it is that person.

    Raises Problem `not_permitted`, `not_found`.
    """
    if actor.principal_id != MACHINE:
        raise Problem("not_permitted", "Sign-in links are made on the machine, by `countersign`.")
    secret, now = secrets.token_urlsafe(32), ground.clock()
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, principal_id)
        if row.kind != "person" or not row.active:
            raise Problem("not_permitted", "Only an active person can sign in.")
        session.add(
            SignInLink(
                digest=digest_of(secret), tenant=row.tenant, principal_id=row.id, expires_at=now + lifetime
            )
        )  # fmt: skip
        put_on_record(ground, session, actor, "sign_in_link.created", refs={"principal": row.id})
    return f"{ground.settings.public_url}/sign-in?link={quote(secret)}"


def use_link(ground: Ground, secret: str) -> Principal:
    """Whom the link signs in; it is used up. Raises Problem `unauthenticated`."""
    now, digest = ground.clock(), digest_of(secret)
    with unit_of_work(ground.engine) as session:
        # One statement decides who was first.
        used = session.connection().execute(
            update(SignInLink)
            .where(
                col(SignInLink.digest) == digest, col(SignInLink.used_at).is_(None), col(SignInLink.expires_at) > now
            )
            .values(used_at=now)
        )
        link = session.get(SignInLink, digest)
        row = session.get(Principal, link.principal_id) if link else None
        if used.rowcount != 1 or row is None or not row.active:
            raise Problem("unauthenticated", "This link is unknown, was used already or is too old.")
        return row
