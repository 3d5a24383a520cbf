"""`countersign slack …` against the stand-in for Slack."""

from collections.abc import Iterator

import pytest

from tests.integration.slack.stand_in import BOT_TOKEN, StandIn
from tests.integration.slack.workspace import TEAM
from tests.unit.app.cli.conftest import cli
from tests.unit.app.cli.runner import Cli

__all__ = ["cli"]


@pytest.fixture
def slack() -> Iterator[StandIn]:
    started = StandIn().start()
    yield started
    started.stop()


def test_a_workspace_is_connected_and_disconnected(cli: Cli, slack: StandIn) -> None:
    cli.done("tenant", "add", "acme", "--name", "Acme")
    cli.done("user", "add", "Ana", "--role", "finance")
    assert cli("slack", "connect").code == 2
    cli.set(SLACK_API_URL=slack.api, SLACK_BOT_TOKEN="xoxb-wrong")
    assert "Slack does not take this bot token: invalid_auth" in cli("slack", "connect").err
    cli.set(SLACK_BOT_TOKEN=BOT_TOKEN)
    assert cli.done("slack", "connect") == {"team": TEAM, "tenant": "acme"}
    assert cli.done("slack", "connect") == {"team": TEAM, "tenant": "acme"}
    code = cli.done("slack", "code", "Ana")["code"]
    assert len(code) == 11
    listed = cli.done("slack", "list")
    assert [(each["team"], each["ended_at"]) for each in listed["workspaces"]] == [(TEAM, None)]
    assert BOT_TOKEN not in str(listed)
    assert cli.done("slack", "unlink", "Ana")["ended"] == 0
    cli.done("slack", "disconnect", TEAM)
    assert cli.done("slack", "list")["workspaces"][0]["ended_at"]


def test_slack_that_cannot_be_reached_is_told(cli: Cli) -> None:
    cli.done("tenant", "add", "acme", "--name", "Acme")
    cli.set(SLACK_API_URL="http://127.0.0.1:9/api", SLACK_BOT_TOKEN=BOT_TOKEN)
    ran = cli("slack", "connect")
    assert ran.code == 4
    assert "Slack cannot be asked now" in ran.err
