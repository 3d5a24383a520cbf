"""Came: one interaction as it came from Slack, read once: who, where, and what its values are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.errors import Problem

_LONGEST: Final = 12_000


@dataclass(frozen=True)
class Came:
    """`unique` names this very interaction: Slack's repetitions and replays have the same. `values` are a view's
    inputs: block → text (None: left empty)."""

    team_id: str
    user_id: str
    kind: str
    action: str
    unique: str
    value: str = ""
    trigger_id: str = ""
    response_url: str = ""
    channel: str = ""
    ts: str = ""
    view_id: str = ""
    text: str = ""
    values: Mapping[str, str | None] = field(default_factory=dict)
    message: Mapping[str, Any] = field(default_factory=dict)


def of_action(body: Mapping[str, Any]) -> Came:
    """A button, a menu's option. Raises Problem `invalid_body`."""
    action = (body.get("actions") or [{}])[0]
    container = body.get("container") or {}
    option = action.get("selected_option") or {}
    return Came(
        team_id=_team(body), user_id=_user(body), kind="action", action=_text(action, "action_id"),
        value=_text(option if option else action, "value"), unique=_text(body, "trigger_id"),
        trigger_id=_text(body, "trigger_id"), response_url=_text(body, "response_url"),
        channel=_text(container, "channel_id"), ts=_text(container, "message_ts"),
        view_id=_text(body.get("view") or {}, "id"),
    )  # fmt: skip


def of_view(body: Mapping[str, Any]) -> Came:
    """A view that was submitted. Raises Problem `invalid_body`."""
    view = body.get("view") or {}
    values = (view.get("state") or {}).get("values") or {}
    answers = {block: _answer(next(iter(found.values()), {})) for block, found in values.items()}
    return Came(
        team_id=_team(body), user_id=_user(body), kind="view", action=_text(view, "callback_id"),
        value=_text(view, "private_metadata"), unique=_text(body, "trigger_id") or _text(view, "hash"),
        trigger_id=_text(body, "trigger_id"),
        view_id=_text(view, "id"), values=answers,
    )  # fmt: skip


def of_command(body: Mapping[str, Any]) -> Came:
    """Raises Problem `invalid_body`."""
    return Came(
        team_id=_text(body, "team_id"), user_id=_text(body, "user_id"), kind="command", action=_text(body, "command"),
        unique=_text(body, "trigger_id"), trigger_id=_text(body, "trigger_id"),
        response_url=_text(body, "response_url"), channel=_text(body, "channel_id"), text=_text(body, "text"),
    )  # fmt: skip


def of_shortcut(body: Mapping[str, Any]) -> Came:
    """A shortcut of a message. Raises Problem `invalid_body`."""
    message = body.get("message") or {}
    return Came(
        team_id=_team(body), user_id=_user(body), kind="shortcut", action=_text(body, "callback_id"),
        unique=_text(body, "trigger_id"), trigger_id=_text(body, "trigger_id"),
        response_url=_text(body, "response_url"), channel=_text(body.get("channel") or {}, "id"),
        ts=_text(message, "ts"), message=message,
    )  # fmt: skip


def _team(body: Mapping[str, Any]) -> str:
    """The workspace where it happened; a stranger's own is another, and is not asked."""
    return _text(body["team"], "id") if body.get("team") else _text(body.get("user") or {}, "team_id")


def _user(body: Mapping[str, Any]) -> str:
    return _text(body.get("user") or {}, "id")


def _answer(found: Mapping[str, Any]) -> str | None:
    option = found.get("selected_option")
    if isinstance(option, Mapping):
        return _text(option, "value")
    for name in ("value", "selected_date", "selected_user"):
        if found.get(name) is not None:
            return _text(found, name)
    return None


def _text(of: Mapping[str, Any], name: str) -> str:
    found = of.get(name)
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > _LONGEST or "\x00" in found:
        raise Problem("invalid_body", f"{name} is not a text of at most {_LONGEST} characters.")
    try:
        found.encode()
    except UnicodeEncodeError:
        raise Problem("invalid_body", f"{name} holds half of a surrogate pair.") from None
    return found
