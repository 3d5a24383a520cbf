"""Standing: what Slack tells of its own: the app was removed from a workspace, an account changed."""

from typing import Any

from app.slack.desk import Desk
from app.slack.workspaces import disconnect, workspace


def uninstalled(desk: Desk, body: dict[str, Any]) -> None:
    """Nothing more is sent there. Raises Problem for a workspace that is not connected."""
    found = workspace(desk.ctx, str(body.get("team_id")))
    event = body.get("event") or {}
    if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
        return
    disconnect(desk.ctx, found.tenant, found.team_id, str(event.get("type")))


def user_changed(desk: Desk, body: dict[str, Any]) -> None:
    """What was remembered of the account is asked for again: it may be a guest or deactivated now."""
    user = (body.get("event") or {}).get("user") or {}
    desk.people.forget(str(body.get("team_id")), str(user.get("id")))
