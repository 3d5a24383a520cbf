"""Handlers: which function works off which button, view, command, shortcut and event."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.slack import caring, commands, editing, home, reading, requesting, standing, undoing, verdicts
from app.slack.came import Came
from app.slack.desk import Desk

Handler = Callable[[Desk, Came], Any]

ACTIONS: Final[Mapping[str, Handler]] = {
    "approve": verdicts.approve, "reject": verdicts.ask_why, "ask": verdicts.ask_why, "edit": editing.edit,
    "read": reading.read_all, "next": reading.next_page, "undo": undoing.take_back,
    "claim": caring.take, "more": caring.more,
}  # fmt: skip
VIEWS: Final[Mapping[str, Handler]] = {
    "reject_send": verdicts.said_why, "ask_send": verdicts.said_why, "edit_send": editing.edited,
    "read_approve": reading.approve_read, "assign_send": caring.given, "correct_send": caring.corrected,
    "triage_send": requesting.request,
}  # fmt: skip
COMMANDS: Final[Mapping[str, Handler]] = {"/countersign": commands.command}
SHORTCUTS: Final[Mapping[str, Handler]] = {"triage_message": requesting.look}
EVENTS: Final[Mapping[str, Callable[[Desk, dict[str, Any]], None]]] = {
    "app_uninstalled": standing.uninstalled, "tokens_revoked": standing.uninstalled,
    "user_change": standing.user_changed, "app_home_opened": home.opened,
}  # fmt: skip
