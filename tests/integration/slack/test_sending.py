"""Sending: each message once and as it should be, whatever becomes of the calls, and to nobody who may not see it."""

from typing import Any

import pytest
from sqlalchemy import update

from app.actor import Grant
from app.identity.principals import machine_actor, revoke_role
from app.identity.slack_links import end_link
from app.slack import telling
from app.store.engine import unit_of_work
from app.store.models import SlackMessage
from tests.integration.slack.conftest import CHANNEL, Office, said
from tests.integration.slack.workspace import Limit
from tests.integration.workflow.scenes import money, pending, task


def test_a_lost_answer_posts_no_second_card(office: Office) -> None:
    """The call took effect and its answer never came: the card is looked for before it is posted again."""
    pending(office.world)
    office.slack.loses = 1
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 1
    (row,) = office.world.rows(SlackMessage)
    assert row.ts is None
    office.world.clock.move(seconds=30)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 1
    (row,) = office.world.rows(SlackMessage)
    assert row.ts == office.slack.cards(CHANNEL)[0].ts


def test_one_message_that_cannot_be_made_keeps_no_other_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    pending(office.world, task("First"))
    pending(office.world, task("Second"))
    real = telling.told

    def made(ctx: Any, row: SlackMessage) -> Any:
        if row.about == first.case_id:
            raise KeyError("a defect")
        return real(ctx, row)

    first = office.world.reviews()[0]
    monkeypatch.setattr("app.slack.sender.told", made)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 1
    monkeypatch.undo()
    office.world.clock.move(minutes=6)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 2


def test_who_died_while_sending_loses_nothing(office: Office) -> None:
    """A claim that nobody ends is taken over."""
    pending(office.world)
    office.slack.away = True
    office.tell()
    died = update(SlackMessage).values(claim="gone", stale=False, claimed_at=office.world.clock())
    with unit_of_work(office.world.ctx.engine) as session:
        session.connection().execute(died)
    office.slack.away = False
    office.world.clock.move(seconds=30)
    office.tell()
    assert office.slack.cards(CHANNEL) == []
    office.world.clock.move(seconds=60)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 1


def test_a_channel_that_takes_nothing_leaves_nobody_untold(office: Office) -> None:
    office.world.set("slack", {"routes": [{"channel": "C0GONE"}]})
    pending(office.world)
    office.tell()
    office.tell()
    assert [code for _, code, _ in office.slack.refused] == ["channel_not_found"]
    assert len(office.slack.cards("DULENA")) == 1


def test_a_message_that_somebody_deleted_is_posted_anew(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    office.slack.messages.clear()
    office.world.say("rhea", asked, "respond", comment="which one?")
    office.tell()
    office.world.clock.move(seconds=6)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    assert "which one?" in said(office.slack.thread(card)[0])
    office.press("lena", card, "approve")
    assert office.world.review(asked.id).status == "approved"


def test_what_changed_while_an_answer_was_lost_is_told(office: Office) -> None:
    """The card that is found says what was so when it was posted."""
    asked = money(office.world)
    office.slack.loses = 1
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.world.edit("finn", asked, amount_minor=90_000)
    office.world.clock.move(seconds=30)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 1
    assert "EUR 900.00" in said(card)


def test_a_card_is_not_posted_while_it_cannot_be_looked_for(office: Office) -> None:
    pending(office.world)
    office.slack.loses = 1
    office.tell()
    office.slack.limits["conversations.history"] = Limit(most=0, window_s=60, retry_after=60)
    office.world.clock.move(seconds=30)
    for _ in range(3):
        office.tell()
    assert office.slack.calls["chat.postMessage"] == 1
    office.slack.limits.clear()
    office.world.clock.move(seconds=61)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == office.slack.calls["chat.postMessage"] == 1
    assert [row.ts for row in office.world.rows(SlackMessage)] == [office.slack.cards(CHANNEL)[0].ts]


def test_a_card_is_found_behind_many_others(office: Office) -> None:
    office.slack.page = 2
    pending(office.world)
    office.slack.loses = 1
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.slack.messages += [type(card)(CHANNEL, f"{card.ts}{number}", [], "chatter") for number in range(7)]
    office.world.clock.move(seconds=30)
    office.tell()
    assert office.slack.calls["chat.postMessage"] == 1
    assert [row.ts for row in office.world.rows(SlackMessage)] == [card.ts]


@pytest.mark.parametrize("ends", ["account", "role"])
def test_who_may_not_see_it_any_more_is_told_nothing_more(office: Office, ends: str) -> None:
    """Neither of a case that waited for the morning, nor what becomes of one that they were told of."""
    world, machine = office.world, machine_actor("acme")
    world.set("slack", {})
    world.set("hours", {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"})
    first = money(world)
    office.tell()
    (card,) = office.slack.cards("DUFINN")
    before = said(card)
    world.clock.move(hours=10)
    second = pending(world)
    office.tell()
    if ends == "account":
        end_link(world.ctx, machine, world.actor("finn").principal_id)
    else:
        revoke_role(world.ctx, machine, world.actor("finn").principal_id, Grant("finance"))
    world.say("fred", first, "reject", comment="no")
    world.clock.move(hours=14)
    office.tell()
    assert [said(each) for each in office.slack.cards("DUFINN")] == [before]
    assert len(office.slack.cards("DUFRED")) == 2
    assert world.review(second.id).status == "pending"
