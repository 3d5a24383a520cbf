"""Finding: where a message already is, if the call by which it was posted took effect and its answer was lost."""

from datetime import datetime, timedelta
from typing import Any, Final

from app.slack.api import SlackApi
from app.store.models import SlackMessage

_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_EVENT: Final = "countersign_message"


def mark(row: SlackMessage) -> dict[str, Any]:
    """The metadata with which a message is posted, by which it is found again."""
    return {"event_type": _EVENT, "event_payload": {"id": row.id}}


def find(api: SlackApi, row: SlackMessage, thread: str | None, since: datetime) -> tuple[str, str] | None:
    """Channel and time of the message, posted at `since` or later; None where it is not there.

    Raises SlackRefused, SlackBusy, SlackAway.
    """
    channel = row.place
    if channel.startswith(("U", "W")):
        channel = str(api.call("conversations.open", users=channel)["channel"]["id"])
    where: dict[str, Any] = {"channel": channel, "ts": thread} if thread else {"channel": channel}
    method = "conversations.replies" if thread else "conversations.history"
    oldest = f"{(since - _CLOCKS_DIFFER).timestamp():.6f}"
    for page in api.pages(method, **where, oldest=oldest, include_all_metadata="true", limit=200):
        for message in page.get("messages", ()):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("id") == row.id:
                return channel, str(message["ts"])
    return None
