"""Web sessions: a random cookie kept as its digest, a CSRF token for its forms; over when nobody uses them."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import col, func, select, update

from app.actor import Actor
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.principals import grants_of
from app.identity.tokens import actor_from, digest_of
from app.store.engine import read_only, unit_of_work
from app.store.models import Principal, Tenant, WebSession

LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=2)
"""A session that nobody used for so long is over before its lifetime."""
_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedIn:
    """A session as a page needs it: who, the token its forms carry, the firm's name, time zone and looks, its end."""

    actor: Actor
    csrf: str
    firm: str
    time_zone: str
    brand: Mapping[str, str] | None
    expires_at: datetime

    def check_csrf(self, sent: str) -> None:
        """Raises Problem `not_permitted` unless the form was made for this session."""
        if not hmac.compare_digest(self.csrf.encode(), sent.encode()):
            raise Problem("not_permitted", "This form is not of your present session; load the page again.")


def cookie_name(ground: Ground) -> str:
    """With https the name itself pins the cookie to this host and to secure connections (RFC 6265bis)."""
    return "__Host-countersign" if ground.settings.public_url.startswith("https://") else "countersign"


def start_session(ground: Ground, person: Principal, method: Literal["link", "password", "oidc"]) -> str:
    """The cookie's value of a new session, told this once."""
    secret, now = secrets.token_urlsafe(32), ground.clock()
    with unit_of_work(ground.engine) as session:
        session.add(
            WebSession(
                digest=digest_of(secret), tenant=person.tenant, principal_id=person.id, csrf=secrets.token_urlsafe(32),
                method=method, signed_in_at=now, expires_at=now + IDLE,
            )
        )  # fmt: skip
        actor = replace(actor_from(person, "web"), signed_in_how=method, signed_in_at=now)
        put_on_record(ground, session, actor, "session.started", refs={"principal": person.id})
    return secret


def actor_of_session(ground: Ground, cookie: str) -> SignedIn:
    """Whose session it is, with the roles of this moment. Raises Problem `unauthenticated`."""
    now = ground.clock()
    with read_only(ground.engine) as session:
        found = session.exec(
            select(WebSession, Principal, Tenant)
            .join(Principal, col(Principal.id) == col(WebSession.principal_id))
            .join(Tenant, col(Tenant.id) == col(WebSession.tenant))
            .where(col(WebSession.digest) == digest_of(cookie))
        ).first()
        if found is None or found[0].ended_at is not None or found[0].expires_at <= now or not found[1].active:
            raise Problem("unauthenticated", "You are not signed in, or your session is over.")
        web, row, firm = found
        actor = replace(
            actor_from(row, "web"), grants=grants_of(session, row, now), signed_in_how=web.method,
            signed_in_at=web.signed_in_at,
        )  # fmt: skip
        return SignedIn(actor, web.csrf, firm.name, firm.time_zone, firm.brand, web.expires_at)


def note_use(ground: Ground, cookie: str, signed_in: SignedIn) -> None:
    """Puts the end of a session in use off, within its lifetime; not more often than every few minutes."""
    began = signed_in.actor.signed_in_at
    if began is None:
        return
    until = min(ground.clock() + IDLE, began + LIFETIME)
    if until - signed_in.expires_at < _NOTED_EVERY:
        return
    with unit_of_work(ground.engine) as session:
        session.execute(
            update(WebSession)
            .where(col(WebSession.digest) == digest_of(cookie), col(WebSession.ended_at).is_(None))
            .values(expires_at=until)
        )


def last_sign_in(ground: Ground, actor: Actor, within: timedelta) -> datetime | None:
    """When the person last signed in, without signing out since; None where that was longer ago."""
    now = ground.clock()
    with read_only(ground.engine) as session:
        query = select(func.max(col(WebSession.signed_in_at))).where(
            col(WebSession.tenant) == actor.tenant, col(WebSession.principal_id) == actor.principal_id,
            col(WebSession.ended_at).is_(None), col(WebSession.signed_in_at) >= now - within,
        )  # fmt: skip
        found: datetime | None = session.exec(query).one()
        return found


def end_session(ground: Ground, cookie: str) -> None:
    """Ends the session of this cookie, if there is one."""
    now = ground.clock()
    with unit_of_work(ground.engine) as session:
        web = session.get(WebSession, digest_of(cookie))
        if web is None or web.ended_at is not None:
            return
        web.ended_at = now
        session.add(web)
        row = session.get(Principal, web.principal_id)
        if row is not None:
            actor = replace(actor_from(row, "web"), signed_in_how=web.method, signed_in_at=web.signed_in_at)
            put_on_record(ground, session, actor, "session.ended", refs={"principal": row.id})
