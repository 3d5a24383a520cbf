"""People: who acts from a Slack account, and that Slack still counts them as one of the firm's own."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.actor import Actor
from app.context import Context
from app.errors import Problem
from app.identity.slack_links import actor_of_account
from app.slack.api import SlackAway, SlackBusy, SlackRefused
from app.slack.workspaces import Workspace

_REMEMBERED: Final = timedelta(seconds=60)
HOW_TO_LINK: Final = (
    "This Slack account is not linked to a person here yet. Sign in to Countersign, open “Slack” under your name for a "
    "code, and type /countersign link CODE here."
)


@dataclass(frozen=True)
class _Standing:
    at: datetime
    barred: str | None
    zone: str | None


class People:
    """Of one service. What Slack says of an account counts for a minute; who they are here is read each time."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._known: dict[tuple[str, str], _Standing] = {}
        self._lock = threading.Lock()

    def actor(self, workspace: Workspace, user_id: str) -> Actor:
        """Who speaks. Raises Problem `unauthenticated` (nobody's account), `not_permitted` (a guest, somebody of
        another workspace, deactivated, a bot), `unavailable` (Slack cannot be asked: then nobody speaks)."""
        self.require_member(workspace, user_id)
        try:
            return actor_of_account(self._ctx, workspace.tenant, workspace.team_id, user_id)
        except Problem as problem:
            raise Problem("unauthenticated", HOW_TO_LINK) from problem

    def require_member(self, workspace: Workspace, user_id: str) -> None:
        """Raises as `actor` does, but for accounts that are nobody's."""
        barred = self._standing(workspace, user_id).barred
        if barred:
            raise Problem("not_permitted", f"{barred} cannot decide anything here.")

    def zone(self, workspace: Workspace, user_id: str) -> str | None:
        """The IANA zone that Slack has for them."""
        return self._standing(workspace, user_id).zone

    def forget(self, team_id: str, user_id: str) -> None:
        """Slack told that something about the account changed."""
        with self._lock:
            self._known.pop((team_id, user_id), None)

    def _standing(self, workspace: Workspace, user_id: str) -> _Standing:
        key, now = (workspace.team_id, user_id), self._ctx.clock()
        with self._lock:
            known = self._known.get(key)
        if known is not None and now - known.at < _REMEMBERED:
            return known
        try:
            user = workspace.api(self._ctx).call("users.info", user=user_id)["user"]
        except SlackRefused as refused:
            found = _Standing(now, "An account that Slack does not know", None)
            if refused.code not in ("user_not_found", "user_not_visible"):
                raise Problem("unavailable", "Slack does not tell whose account this is; try again.") from refused
        except (SlackAway, SlackBusy) as away:
            raise Problem("unavailable", "Slack cannot be asked whose account this is; try again.") from away
        else:
            found = _Standing(now, _barred(workspace, user), user.get("tz"))
        with self._lock:
            self._known[key] = found
        return found


def _barred(workspace: Workspace, user: dict[str, object]) -> str | None:
    if user.get("deleted"):
        return "A deactivated account"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "A guest"
    if user.get("is_stranger") or user.get("team_id") not in (None, workspace.team_id):
        return "Somebody from another workspace"
    if user.get("is_bot") or user.get("is_app_user"):
        return "A bot"
    return None
