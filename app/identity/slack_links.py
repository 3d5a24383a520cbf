"""Slack accounts: whose each one is, proved by a code that is shown to a signed-in person and typed in Slack.

Names and addresses in Slack prove nothing. An account that has spoken for one person never speaks for another, and a
person has one account in a workspace: so one hand does not make two.
"""

import re
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final
from zoneinfo import available_timezones

from sqlalchemy import update
from sqlmodel import Session, col, select

from app.actor import Actor
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.passwords import Guesses
from app.identity.principals import MACHINE, get, grants_of
from app.identity.tokens import actor_from, digest_of
from app.store.engine import read_only, unit_of_work
from app.store.models import Principal, SlackCode, SlackLink

LIFETIME: Final = timedelta(minutes=10)
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that reads as another
_LENGTH: Final = 10
_MISREAD: Final = str.maketrans("ILO", "110")
_UNKNOWN: Final = "This code is unknown, was used already or is too old."


def show_code(ground: Ground, actor: Actor, principal_id: str) -> str:
    """A new code, `ABCDE-12345`, for a person's own Slack account; it links once, within `LIFETIME`.

    Raises Problem `not_permitted` (somebody else's, not a person, inactive), `not_found`.
    """
    code, now = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)), ground.clock()
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, principal_id)
        if actor.principal_id not in (row.id, MACHINE) or row.kind != "person" or not row.active:
            raise Problem("not_permitted", "An active person links their own account.")
        session.add(SlackCode(digest=_digest(code), tenant=row.tenant, principal_id=row.id, expires_at=now + LIFETIME))
        put_on_record(ground, session, actor, "slack.code_shown", refs={"principal": row.id})
    half = _LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def use_code(ground: Ground, guesses: Guesses, tenant: str, team_id: str, user_id: str, code: str) -> Principal:
    """Links the account to whom the code was shown; it is used up, and their former account speaks for nobody.

    Raises Problem `unauthenticated` (no such code of this firm), `rate_limited` (guessed too often), `not_permitted`
    (the account is or was another person's).
    """
    now, key = ground.clock(), f"slack {team_id}/{user_id}"
    guesses.check(now, key)
    with unit_of_work(ground.engine) as session:
        # One statement decides who was first.
        used = session.connection().execute(
            update(SlackCode)
            .where(
                col(SlackCode.digest) == _digest(code), col(SlackCode.tenant) == tenant,
                col(SlackCode.used_at).is_(None), col(SlackCode.expires_at) > now,
            )
            .values(used_at=now)
        )  # fmt: skip
        shown = session.get(SlackCode, _digest(code))
        row = session.get(Principal, shown.principal_id) if shown else None
        if used.rowcount == 1 and row is not None and row.active:
            _link(ground, session, row, team_id, user_id)
            return row
    guesses.failed(now, key)
    raise Problem("unauthenticated", _UNKNOWN)


def end_link(ground: Ground, actor: Actor, principal_id: str) -> int:
    """A person's accounts speak for nobody from now on; answers how many. By themselves or an admin.

    Raises Problem `not_permitted`, `not_found`.
    """
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, principal_id)
        if actor.principal_id != row.id:
            actor.require({"admin"})
        ended = 0
        for link in _of_person(session, row):
            _end(ground, session, actor, link)
            ended += 1
    return ended


def prefer(
    ground: Ground, actor: Actor, team_id: str, *, zone: str | None = None, quiet: tuple[str, str] | None = None
) -> None:  # fmt: skip
    """A person's zone, and from when until when (`HH:MM`) they are not told anything in person.

    Raises Problem `invalid_body`.
    """
    hours = r"([01]\d|2[0-3]):[0-5]\d"
    if quiet is not None and not (all(re.fullmatch(hours, each) for each in quiet) and quiet[1] < quiet[0]):
        raise Problem("invalid_body", "Quiet hours are as 18:00-08:00: from one day's evening to the next morning.")
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, actor.principal_id)
        for link in _of_person(session, row):
            if link.team_id == team_id:
                link.zone = zone if zone in available_timezones() else link.zone
                link.quiet_from, link.quiet_until = quiet or (link.quiet_from, link.quiet_until)
                session.add(link)


def actor_of_account(ground: Ground, tenant: str, team_id: str, user_id: str) -> Actor:
    """Who speaks from this account of the firm's workspace, with the roles of this moment.

    Raises Problem `unauthenticated` for one that is nobody's.
    """
    now = ground.clock()
    with read_only(ground.engine) as session:
        link = session.get(SlackLink, (team_id, user_id))
        row = session.get(Principal, link.principal_id) if link else None
        if link is None or row is None or link.ended_at or link.tenant != tenant or not row.active:
            raise Problem("unauthenticated", "This Slack account is not linked to anybody here.")
        return replace(
            actor_from(row, "slack"), grants=grants_of(session, row, now), signed_in_how="slack",
            signed_in_at=link.linked_at,
        )  # fmt: skip


def _link(ground: Ground, session: Session, row: Principal, team_id: str, user_id: str) -> None:
    now = ground.clock()
    link = session.get(SlackLink, (team_id, user_id))
    if link is not None and link.principal_id != row.id:
        raise Problem("not_permitted", "This Slack account is or was another person's.")
    actor = replace(actor_from(row, "slack"), signed_in_how="slack", signed_in_at=now)
    for other in _of_person(session, row):
        if other.team_id == team_id and other.user_id != user_id:
            _end(ground, session, actor, other)
    if link is None:
        link = SlackLink(team_id=team_id, user_id=user_id, tenant=row.tenant, principal_id=row.id, linked_at=now)
    link.linked_at, link.ended_at = now, None
    session.add(link)
    put_on_record(
        ground, session, actor, "slack.linked", refs={"principal": row.id}, details={"team": team_id, "user": user_id}
    )


def _end(ground: Ground, session: Session, actor: Actor, link: SlackLink) -> None:
    link.ended_at = ground.clock()
    session.add(link)
    put_on_record(
        ground, session, actor, "slack.unlinked", refs={"principal": link.principal_id},
        details={"team": link.team_id, "user": link.user_id},
    )  # fmt: skip


def _of_person(session: Session, row: Principal) -> list[SlackLink]:
    query = select(SlackLink).where(
        col(SlackLink.tenant) == row.tenant, col(SlackLink.principal_id) == row.id, col(SlackLink.ended_at).is_(None)
    )
    return list(session.exec(query.order_by(col(SlackLink.team_id), col(SlackLink.user_id))))


def _digest(code: str) -> str:
    """As typed by hand: in any case, with or without the dash."""
    return digest_of("".join(each for each in code.upper().translate(_MISREAD) if each.isalnum()))
