"""Workspaces: which firm a Slack workspace is, the token that speaks there, and whether the app is still installed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from app.actor import Actor, system_actor
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import code, put_on_record
from app.slack.api import SlackApi, SlackAway, SlackBusy, SlackRefused
from app.store.engine import read_only, unit_of_work
from app.store.models import SlackWorkspace

GONE: Final = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_revoked", "team_access_not_granted"})
"""What Slack says to a token that speaks nowhere any more."""
_CONNECTED = select(SlackWorkspace).where(col(SlackWorkspace.ended_at).is_(None)).order_by(col(SlackWorkspace.team_id))


@dataclass(frozen=True)
class Workspace:
    """A connected workspace. `held_until`: Slack asked to be left alone until then."""

    team_id: str
    tenant: str
    bot_user_id: str
    token: str
    held_until: datetime | None

    def api(self, ground: Ground) -> SlackApi:
        return SlackApi(ground.settings.slack_api_url, self.token)


def connect(ground: Ground, actor: Actor, token: str) -> Workspace:
    """Ties the workspace of a bot token to the actor's firm; again, with a new token, too.

    Raises Problem `not_permitted`, `invalid_body` (Slack does not take the token), `conflict` (another firm's
    workspace), `unavailable`.
    """
    actor.require({"admin"})
    try:
        told = SlackApi(ground.settings.slack_api_url, token).call("auth.test")
    except SlackRefused as refused:
        raise Problem("invalid_body", f"Slack does not take this bot token: {refused.code}.") from None
    except (SlackAway, SlackBusy) as away:
        raise Problem("unavailable", f"Slack cannot be asked now: {away}.") from away
    team, now = str(told["team_id"]), ground.clock()
    with unit_of_work(ground.engine) as session:
        row = session.get(SlackWorkspace, team)
        if row is not None and row.tenant != actor.tenant:
            raise Problem("conflict", "This workspace is connected to another firm.")
        if row is None:
            row = SlackWorkspace(
                team_id=team, tenant=actor.tenant, name="", bot_user_id="", bot_token="", connected_by="",
                connected_at=now,
            )  # fmt: skip
        row.name, row.bot_user_id = str(told.get("team", team))[:200], str(told["user_id"])
        row.bot_token = ground.secrets.seal(token, _purpose(team))
        row.connected_by, row.connected_at, row.ended_at, row.held_until = actor.principal_id, now, None, None
        session.add(row)
        put_on_record(ground, session, actor, "slack.connected", details={"team": code(team)})
        return _opened(ground, row)


def disconnect(ground: Ground, tenant: str, team_id: str, because: str, actor: Actor | None = None) -> None:
    """Nothing more is sent to the workspace, and nothing taken from it. Its messages are kept for a new connection."""
    with unit_of_work(ground.engine) as session:
        row = session.get(SlackWorkspace, team_id)
        if row is None or row.tenant != tenant or row.ended_at is not None:
            return
        row.ended_at = ground.clock()
        session.add(row)
        put_on_record(
            ground, session, actor or system_actor(tenant, "slack"), "slack.disconnected",
            details={"team": code(team_id), "because": code(because)},
        )  # fmt: skip


def hold(ground: Ground, team_id: str, until: datetime) -> None:
    """Slack is left alone until then, by every process."""
    with unit_of_work(ground.engine) as session:
        row = session.get(SlackWorkspace, team_id)
        if row is not None and (row.held_until is None or row.held_until < until):
            row.held_until = until
            session.add(row)


def workspace(ground: Ground, team_id: str) -> Workspace:
    """Raises Problem `unauthenticated` for one that is not connected."""
    with read_only(ground.engine) as session:
        row = session.get(SlackWorkspace, team_id)
        if row is None or row.ended_at is not None:
            raise Problem("unauthenticated", "This Slack workspace is not connected to a firm here.")
        return _opened(ground, row)


def workspaces(ground: Ground) -> list[Workspace]:
    """All that are connected."""
    with read_only(ground.engine) as session:
        return [_opened(ground, row) for row in session.exec(_CONNECTED)]


def of_tenant(session: Session, tenant: str) -> list[str]:
    """Ids of the tenant's connected workspaces."""
    return [row.team_id for row in session.exec(_CONNECTED.where(col(SlackWorkspace.tenant) == tenant))]


def _opened(ground: Ground, row: SlackWorkspace) -> Workspace:
    token = ground.secrets.open(row.bot_token, _purpose(row.team_id))
    return Workspace(row.team_id, row.tenant, row.bot_user_id, token, row.held_until)


def _purpose(team_id: str) -> str:
    return f"slack/{team_id}"
