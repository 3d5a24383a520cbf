"""Slack as the firm's overseers see it: workspaces, whose accounts are whose, and messages that could not be sent."""

from typing import Any

from sqlmodel import col, select

from app.actor import READS_ALL, Actor
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import SlackLink, SlackMessage, SlackWorkspace
from app.views.people import names
from app.views.sight import stamp

_MOST = 200


def slack(ground: Ground, actor: Actor) -> dict[str, Any]:
    """`{"workspaces", "accounts", "unsent"}`; `unsent` are messages that Slack refused, with its word for why.

    Raises Problem `not_permitted`.
    """
    actor.require(READS_ALL)
    with read_only(ground.engine) as session:
        teams = session.exec(select(SlackWorkspace).where(col(SlackWorkspace.tenant) == actor.tenant)).all()
        links = session.exec(
            select(SlackLink).where(col(SlackLink.tenant) == actor.tenant).order_by(col(SlackLink.user_id))
        ).all()
        refused = session.exec(
            select(SlackMessage)
            .where(col(SlackMessage.tenant) == actor.tenant, col(SlackMessage.error).is_not(None))
            .order_by(col(SlackMessage.id).desc())
            .limit(_MOST)
        ).all()
        known = names(session, actor.tenant, [each.principal_id for each in links])
    return {
        "workspaces": [
            {"team": row.team_id, "name": row.name, "connected_at": stamp(row.connected_at),
             "ended_at": stamp(row.ended_at)}
            for row in teams
        ],
        "accounts": [
            {"team": row.team_id, "user": row.user_id, "principal": row.principal_id,
             "name": known.get(row.principal_id), "linked_at": stamp(row.linked_at), "ended_at": stamp(row.ended_at)}
            for row in links
        ],
        "unsent": [
            {"kind": row.kind, "about": row.about, "place": row.place, "error": row.error} for row in refused
        ],
    }  # fmt: skip
