"""The line manager whose consent a booking asks for is told as those are whose role it asks for, and by no channel."""

from datetime import timedelta
from typing import Any

import pytest

from app.slack.planning import plan
from app.workflow import claims
from tests.integration.slack.conftest import CHANNEL, Office, said
from tests.integration.workflow.scenes import booking, manages, noted
from tools.records import Person


@pytest.fixture
def managed(office: Office) -> Office:
    """Rhea, of no role that a booking asks for, is the line manager of who is booked; so is vera, who only reads."""
    manages(office.world, "rhea", "vera")
    office.world.set("hours", {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"})
    return office


def told(office: Office, who: str) -> list[str]:
    return [said(card) for card in office.slack.cards(f"D{office.user(who)}")]


@pytest.mark.parametrize(
    ("notices", "in_person"),
    [
        ({}, {"hal", "rhea", "rolf", "ruth"}), ({"routes": [{"channel": CHANNEL}]}, {"rhea"}),
        ({"routes": [{"channel": CHANNEL}], "direct": "always"}, {"hal", "rhea", "rolf", "ruth"}),
        ({"routes": [{"channel": CHANNEL}], "direct": "never"}, set()), ({"direct": "never"}, set()),
    ],
)  # fmt: skip
def test_they_are_told_in_person(managed: Office, notices: dict[str, Any], in_person: set[str]) -> None:
    managed.world.set("slack", notices)
    booking(managed.world)
    managed.tell()
    assert {who for who in ("hal", "rhea", "rolf", "ruth", "vera", "lena", "finn") if told(managed, who)} == in_person
    assert len(managed.slack.cards(CHANNEL)) == len(notices.get("routes", ()))


def test_their_consent_counts_from_the_card(managed: Office) -> None:
    asked = booking(managed.world)
    managed.tell()
    (card,) = managed.slack.cards("DURHEA")
    assert f"1 × line manager ({managed.world.get(Person, str(asked.line_manager)).name}) or head" in said(card)
    managed.press("rhea", card, "approve")
    assert "somebody else has to agree" in managed.slack.heard("URHEA")[-1]
    (shared,) = managed.slack.cards(CHANNEL)
    managed.press("rolf", shared, "approve")
    assert managed.world.review(asked.id).status == "approved"
    managed.tell()
    assert "approved by rhea and rolf" in said(card)


def test_what_waits_for_them_is_listed_until_they_spoke(managed: Office) -> None:
    asked = booking(managed.world)
    for who, shown in (("rhea", True), ("vera", False), ("lena", False)):
        assert ("Assign Farid Bernard" in managed.command(who, "queue")) is shown, who
    managed.world.approve("rhea", asked)
    assert managed.command("rhea", "queue") == "Nothing waits for you."


def test_they_are_told_though_another_took_the_case(managed: Office) -> None:
    world = managed.world
    asked = booking(world)
    claims.claim(world.ctx, world.actor("ruth"), asked.case_id)
    managed.tell()
    assert {who for who in ("hal", "rhea", "rolf", "ruth") if told(managed, who)} == {"rhea", "ruth"}


def test_they_are_reminded(managed: Office) -> None:
    asked = booking(managed.world)
    managed.tell()
    managed.world.clock.move_to(asked.due_at - timedelta(minutes=30))
    plan(managed.world.ctx)
    managed.tell()
    assert sum("This falls due soon" in text for text in told(managed, "rhea")) == 1
    assert not any("This falls due soon" in text for text in told(managed, "lena"))


def test_a_card_gives_no_right(managed: Office) -> None:
    """By the time of the click the records name somebody else."""
    asked = booking(managed.world)
    manages(managed.world, "rhea", record="per-03")
    noted(managed.world, asked, "per-03")
    managed.tell()
    (card,) = managed.slack.cards("DURHEA")
    managed.press("rhea", card, "approve")
    assert "This needs one of the roles" in managed.slack.heard("URHEA")[-1]
    assert managed.world.review(asked.id).status == "pending"
