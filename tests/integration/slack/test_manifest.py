"""The manifest asks Slack for what the handlers handle and the calls need, and nothing else."""

from typing import Any

import yaml

from app.slack.handlers import COMMANDS, EVENTS, SHORTCUTS
from tests.architecture.tree import ROOT

# By method: the scopes that Slack's documentation names for a bot token; auth.test and views.* need none.
SCOPES = {
    "chat.postMessage": {"chat:write"}, "chat.update": {"chat:write"}, "conversations.open": {"im:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"}, "users.info": {"users:read"},
    "views.open": set(), "views.update": set(), "views.publish": set(), "auth.test": set(),
}  # fmt: skip


def manifest() -> dict[str, Any]:
    found = yaml.safe_load((ROOT / "docs" / "slack-manifest.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_it_names_what_is_handled() -> None:
    found = manifest()
    assert {each["command"] for each in found["features"]["slash_commands"]} == set(COMMANDS)
    assert {each["callback_id"] for each in found["features"]["shortcuts"]} == set(SHORTCUTS)
    assert set(found["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)


def test_its_scopes_are_those_of_the_calls() -> None:
    called = set()
    for path in (ROOT / "app" / "slack").glob("*.py"):
        text = path.read_text()
        called |= {method for method in SCOPES if f'"{method}"' in text}
    assert called == set(SCOPES)
    needed = set().union(*SCOPES.values()) | {"commands", "files:read"}
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == needed


def test_it_keeps_slacks_limits() -> None:
    found = manifest()
    assert len(found["display_information"]["name"]) <= 35
    assert len(found["display_information"]["description"]) <= 140
    for command in found["features"]["slash_commands"]:
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    for shortcut in found["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
