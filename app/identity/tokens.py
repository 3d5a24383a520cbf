"""Bearer tokens: 32 random bytes behind `cs_`, kept only as their SHA-256."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlmodel import col, select

from app.actor import Actor, Surface
from app.errors import FieldError, Problem
from app.ground import Ground
from app.identity.entries import code, put_on_record
from app.identity.principals import MACHINE, get, grants_of
from app.store.engine import read_only, unit_of_work
from app.store.models import Principal, Token

PREFIX = "cs_"
SCOPES: dict[str, str] = {
    "triage:write": "ask for triage and correct cases",
    "cases:read": "read cases and executions",
    "reviews:read": "read the review queue",
    "reviews:write": "give verdicts",
    "executions:write": "undo executions",
    "control:write": "pause and resume",
    "policies:simulate": "simulate a ruleset",
    "audit:read": "read and export the log",
    "admin": "read and change settings",
}
_UNKNOWN = "This token is unknown, expired or revoked."


def digest_of(secret: str) -> str:
    """What is stored of a token, a link or a cookie. The secret is 256 random bits, so a plain hash is enough."""
    return sha256(secret.encode()).hexdigest()


def create_token(
    ground: Ground, actor: Actor, principal_id: str, name: str, *, scopes: Iterable[str] = (),
    expires_at: datetime | None = None,
) -> str:  # fmt: skip
    """A new token, told this once. No scopes: all that the principal's roles allow.

    A person's token is made by that person, a service's by an admin: nobody speaks as somebody else.
    Raises Problem `not_permitted`, `not_found`, `invalid_body`.
    """
    wanted = sorted(set(scopes))
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        detail = f"{unknown[0]!r} is not a scope; scopes are {', '.join(SCOPES)}"
        raise Problem("invalid_body", detail, errors=[FieldError(pointer="/scopes", detail=detail)])
    secret, now = PREFIX + secrets.token_urlsafe(32), ground.clock()
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, principal_id)
        if row.kind == "person" and actor.principal_id not in (row.id, MACHINE):
            raise Problem("not_permitted", "A person's token is made by that person.")
        if row.kind == "service" and actor.principal_id != row.id:
            actor.require({"admin"})
        session.add(
            Token(
                digest=digest_of(secret), tenant=row.tenant, principal_id=row.id, name=name, scopes=wanted,
                created_at=now, expires_at=expires_at,
            )
        )  # fmt: skip
        put_on_record(
            ground, session, actor, "token.created", refs={"principal": row.id, "token": digest_of(secret)[:16]},
            details={"scopes": [code(scope) for scope in wanted], "expires": expires_at is not None},
        )  # fmt: skip
    return secret


def revoke_token(ground: Ground, actor: Actor, digest: str) -> None:
    """Ends a token by its digest or the first 16 characters of it. Raises Problem `not_permitted`, `not_found`."""
    with unit_of_work(ground.engine) as session:
        query = select(Token).where(
            col(Token.tenant) == actor.tenant, col(Token.digest).startswith(digest, autoescape=True)
        )
        found = session.exec(query.limit(2)).all()
        if len(found) != 1 or len(digest) < 16:
            raise Problem("not_found", "There is no such token.")
        if found[0].principal_id != actor.principal_id:
            actor.require({"admin"})
        found[0].revoked_at = ground.clock()
        session.add(found[0])
        put_on_record(
            ground, session, actor, "token.revoked",
            refs={"principal": found[0].principal_id, "token": found[0].digest[:16]},
        )  # fmt: skip


def actor_of_token(ground: Ground, bearer: str, surface: Surface) -> Actor:
    """Who speaks with this token, as the database has it now. Raises Problem `unauthenticated`."""
    now = ground.clock()
    with read_only(ground.engine) as session:
        found = session.exec(
            select(Token, Principal)
            .join(Principal, col(Principal.id) == col(Token.principal_id))
            .where(col(Token.digest) == digest_of(bearer))
        ).first()
        if found is None:
            raise Problem("unauthenticated", _UNKNOWN)
        token, row = found
        ended = token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now)
        if ended or not row.active:
            raise Problem("unauthenticated", _UNKNOWN)
        actor = actor_from(row, surface)
        return replace(
            actor, grants=grants_of(session, row, now), scopes=frozenset(token.scopes), signed_in_how="token",
            signed_in_at=token.created_at,
        )  # fmt: skip


def actor_from(row: Principal, surface: Surface) -> Actor:
    """The actor of a principal, without roles yet."""
    return Actor(
        row.id, row.tenant, row.name, row.kind, (), surface, limit_minor=row.limit_minor, record_id=row.record_id
    )
