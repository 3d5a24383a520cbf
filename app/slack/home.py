"""App Home: what waits for the person who opens it, and the firm's figures."""

from typing import Any

from app.errors import Problem
from app.slack import kit
from app.slack.commands import figures
from app.slack.desk import Desk
from app.slack.kit import Block
from app.slack.people import HOW_TO_LINK
from app.slack.telling import listed
from app.slack.workspaces import workspace
from app.views import indicators, reviews
from app.views.pages import MAX_LIMIT, Page

_LISTED = 20


def opened(desk: Desk, body: dict[str, Any]) -> None:
    """Published anew each time that it is opened. Raises Problem for a workspace that is not connected."""
    event = body.get("event") or {}
    found = workspace(desk.ctx, str(body.get("team_id")))
    user = str(event.get("user"))
    if event.get("tab") not in (None, "home"):
        return
    try:
        actor = desk.people.actor(found, user)
        items = reviews.queue(desk.ctx, actor, Page(MAX_LIMIT), mine=True)["items"]
        blocks = listed(desk.ctx, actor, "What waits for you", items[:_LISTED], len(items))
        if not items:
            blocks.append(kit.section(kit.words("Nothing. Enjoy the quiet.")))
        blocks += [kit.divider(), *figures(indicators.indicators(desk.ctx, actor))]
    except Problem as problem:
        said = HOW_TO_LINK if problem.code == "unauthenticated" else problem.detail
        blocks = [kit.section(kit.plain(said))]
    url = desk.ctx.settings.public_url
    view: Block = {
        "type": "home",
        "blocks": [*blocks, kit.actions(kit.button("Open Countersign", "web", url=f"{url}/queue"))],
    }
    found.api(desk.ctx).call("views.publish", user_id=user, view=view)
