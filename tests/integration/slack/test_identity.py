"""Who acts from an account: only who is linked, and only while Slack counts them as one of the firm's own."""

from typing import Any

import pytest

from app.identity.principals import by_name, deactivate, machine_actor
from app.identity.slack_links import show_code
from app.store.engine import read_only
from tests.integration.slack.conftest import CHANNEL, Office
from tests.integration.slack.workspace import TEAM, person
from tests.integration.workflow.scenes import pending


def test_an_unknown_account_gets_nothing_but_how_to_link(office: Office) -> None:
    asked = pending(office.world)
    office.slack.users["UNOBODY"] = person("UNOBODY", display_name=True)
    for text in ("queue", "help", "status", f"case {asked.case_id}", f"why {asked.id}", "pause create_task", "odd"):
        heard = office.command("UNOBODY", text)
        assert "is not linked to a person" in heard
        assert asked.case_id not in heard
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    for action in ("approve", "reject", "edit", "ask"):
        office.press("UNOBODY", card, action)
        assert "is not linked to a person" in office.slack.heard("UNOBODY")[-1]
    assert office.slack.views == {}
    assert office.world.review(asked.id).status == "pending"


def test_a_name_or_an_address_proves_nothing(office: Office) -> None:
    asked = pending(office.world)
    office.slack.users["UFAKE"] = person("UFAKE")
    office.slack.users["UFAKE"]["profile"] = {"display_name": "lena", "email": "lena@acme.example"}
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.press("UFAKE", card, "approve")
    assert office.world.review(asked.id).status == "pending"


@pytest.mark.parametrize(
    ("flags", "called"),
    [
        ({"is_restricted": True}, "A guest"), ({"is_ultra_restricted": True}, "A guest"),
        ({"deleted": True}, "A deactivated account"), ({"is_stranger": True}, "Somebody from another workspace"),
        ({"is_bot": True}, "A bot"),
    ],
)  # fmt: skip
def test_guests_strangers_and_the_deactivated_never_decide(office: Office, flags: dict[str, Any], called: str) -> None:
    """Though they are linked, and hold the role."""
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.slack.users["ULENA"] = person("ULENA", **flags)
    for action in ("approve", "reject", "edit"):
        office.press("lena", card, action)
        assert called in office.slack.heard("ULENA")[-1]
    assert office.world.review(asked.id).status == "pending"
    assert office.slack.views == {}


def test_an_account_of_another_workspace_in_a_shared_channel(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.slack.users["ULENA"] = person("ULENA", team="T0ELSE")
    office.press("lena", card, "approve")
    assert office.world.review(asked.id).status == "pending"


def test_a_change_of_the_account_counts_at_once(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.command("lena", "help")
    office.slack.users["ULENA"] = person("ULENA", deleted=True)
    office.event({"type": "user_change", "user": {"id": "ULENA"}})
    office.press("lena", card, "approve")
    assert office.world.review(asked.id).status == "pending"


def test_while_slack_cannot_be_asked_nobody_decides(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.slack.away = True
    office.press("lena", card, "approve")
    assert office.world.review(asked.id).status == "pending"


def test_the_role_counts_when_the_verdict_arrives(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    with read_only(office.world.ctx.engine) as session:
        row = by_name(session, "acme", "lena")
    assert row is not None
    deactivate(office.world.ctx, machine_actor("acme"), row.id)
    office.press("lena", card, "approve")
    assert office.world.review(asked.id).status == "pending"


def test_linking_by_command(office: Office) -> None:
    ctx = office.world.ctx
    office.slack.users["UCARL"] = person("UCARL")
    with read_only(ctx.engine) as session:
        row = by_name(session, "acme", "carl")
    assert row is not None
    code = show_code(ctx, machine_actor("acme"), row.id)
    office.slack.users["UGUEST"] = person("UGUEST", is_restricted=True)
    assert "A guest" in office.command("UGUEST", f"link {code}")
    assert "unknown" in office.command("UCARL", "link AAAAA-AAAAA")
    assert "speaks for carl" in office.command("UCARL", f"link {code}")
    assert "queue" in office.command("UCARL", "help")
    assert "unknown" in office.command("ULENA", f"link {code}")


def test_another_workspace_is_nobodys(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.press("lena", card, "approve", team={"id": "T0ELSE"})
    assert office.world.review(asked.id).status == "pending"
    assert TEAM != "T0ELSE"
