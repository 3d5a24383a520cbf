"""Forgeries, repetitions, outages and limits: one effect, an answer in time, and no card lost."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.identity.principals import machine_actor
from app.slack.workspaces import connect
from app.store.models import Review, Verdict
from app.workflow import ingest, review
from tests.integration.slack.conftest import CHANNEL, Office, buttons, said
from tests.integration.slack.kit_rules import texts
from tests.integration.slack.stand_in import BOT_TOKEN
from tests.integration.slack.workspace import TEAM, Limit
from tests.integration.workflow.scenes import effects, pending, task
from tools.records import Project


def raw_approval(office: Office, who: str = "lena") -> bytes:
    (card,) = office.slack.cards(CHANNEL)
    (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "approve"]
    return office.raw("interactive", office.click(who, card, button))


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        ({"x-slack-signature": "v0=" + "0" * 64}, None), ({"x-slack-signature": ""}, None),
        ({"x-slack-request-timestamp": "soon"}, None), ({"x-slack-request-timestamp": "-1"}, None),
        ({"x-slack-request-timestamp": "٣"}, None), ({}, -301.0), ({}, 400.0),
    ],
)  # fmt: skip
def test_forged_and_stale_requests_are_refused(office: Office, headers: dict[str, str], at: float | None) -> None:
    asked = pending(office.world)
    office.tell()
    raw = raw_approval(office)
    sent: dict[str, Any] = {name: value if value.isascii() else value.encode() for name, value in headers.items()}
    answer = office.post(raw, at=None if at is None else time.time() + at, **sent)
    assert answer.status == 401
    office.wait()
    assert office.world.review(asked.id).status == "pending"


def test_a_replay_within_the_window_changes_nothing(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    raw = raw_approval(office)
    now = time.time()
    assert [office.post(raw, at=now).status for _ in range(3)] == [200, 200, 200]
    office.wait()
    assert len(office.world.rows(Verdict, review_id=asked.id)) == 1
    assert office.world.entries(kind="verdict.refused") == []


def test_a_command_that_slack_repeats_opens_one_case(office: Office) -> None:
    office.world.agents.says_always(task())
    fields = {
        "command": "/countersign", "text": "triage the invoice is wrong", "team_id": TEAM, "user_id": "ULENA",
        "channel_id": CHANNEL, "trigger_id": office.slack.trigger(), "response_url": office.slack.response_url("ULENA"),
    }  # fmt: skip
    raw = office.raw("slash_commands", fields)
    for retry in range(3):
        repeated: dict[str, Any] = {"x-slack-retry-num": str(retry)} if retry else {}
        office.post(raw, **repeated)
    office.wait()
    assert len(office.world.entries(kind="event.accepted")) == 1
    assert len(office.slack.heard("ULENA")) == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_double_clicks_have_a_hundred_effects(either: Office) -> None:
    """Two clicks of one person at one moment: one verdict, one effect, and the second is told so."""
    office, world, told = either, either.world, 0
    for number in range(100):
        asked = pending(world, task(f"Look into {number}"))
        office.tell()
        card = office.slack.cards(CHANNEL)[-1]
        (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "approve"]
        clicks = [office.click("lena", card, button) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda click: office.send("interactive", click), clicks))
        assert [answer.status for answer in answers] == [200, 200]
        office.wait()
        told += len([text for text in office.slack.heard("ULENA") if "approved already by you" in text])
        office.slack.told.clear()
        assert [each.verdict for each in world.rows(Verdict, review_id=asked.id)] == ["approve"]
        office.settle()
    assert effects(world) == 100
    assert told == 100
    assert len(world.entries(kind="verdict.given")) == 100
    assert len(office.slack.cards(CHANNEL)) == 100
    assert office.slack.refused == []
    figures = f"{effects(world)} effects, the slowest answer {office.slowest:.2f} s"
    print(f"100 double clicks over {office.mode}: {figures}")  # noqa: T201 - a figure of the run
    assert office.slowest < 3


@pytest.mark.slow
def test_slack_is_answered_in_time_though_the_work_is_slow(either: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged goes on, and a view says so."""
    asked = pending(either.world)
    either.tell()
    (card,) = either.slack.cards(CHANNEL)

    def slowly(*about: Any, **more: Any) -> None:
        time.sleep(4)
        review.give_verdict(*about, **more)

    monkeypatch.setattr("app.slack.verdicts.give_verdict", slowly)
    either.press("lena", card, "reject")
    answer = either.submit("lena", either.view(), comment="no")
    assert "slow just now" in texts(answer["view"]["blocks"])
    assert either.world.review(asked.id).status == "rejected"
    either.press("lena", card, "approve")
    assert "rejected already by you" in either.slack.heard("ULENA")[-1]
    assert either.slowest < 3


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "{}",
        '{"review":"rev_x"}',
        '{"review":1,"digest":"x"}',
        '{"review":"../x","digest":"sha256:0"}',
        "x" * 5000,
    ],
)
def test_tampered_values_decide_nothing(office: Office, value: str) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "approve"]
    payload = office.click("lena", card, button | {"value": value})
    assert office.send("interactive", payload).status == 200
    office.wait()
    assert office.world.review(asked.id).status == "pending"


def test_values_of_another_card_need_that_it_was_displayed(office: Office) -> None:
    """A value moved to another message approves nothing that was not shown there; a digest made up neither."""
    first = pending(office.world, task("First"))
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "approve"]
    pending(office.world, task("Second"))
    office.tell()
    other = office.slack.cards(CHANNEL)[-1]
    office.send("interactive", office.click("lena", other, button))
    office.wait()
    assert "read it all first" in office.slack.heard("ULENA")[-1]
    made_up = json.loads(button["value"]) | {"digest": "sha256:" + "0" * 64}
    office.send("interactive", office.click("lena", card, button | {"value": json.dumps(made_up)}))
    office.wait()
    assert office.world.review(first.id).status == "pending"


def test_a_review_of_another_firm_is_not_there(office: Office) -> None:
    world = office.world
    world.agents.says(task())
    case_id = ingest.request_triage(
        world.ctx, world.actor("lena", "borealis"), {"kind": "other", "text": "x", "project": world.all(Project)[0].id}
    )
    world.run()
    (foreign,) = world.rows(Review, case_id=case_id)
    pending(world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "reject"]
    value = json.dumps({"review": foreign.id, "digest": foreign.args_digest})
    office.send("interactive", office.click("lena", card, button | {"value": value}))
    office.wait()
    assert "There is no such" in office.slack.heard("ULENA")[-1]
    assert office.slack.views == {}
    assert "There is no such case" in office.command("lena", f"case {case_id}")


def test_an_expired_trigger_is_told(office: Office) -> None:
    pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "reject"]
    payload = office.click("lena", card, button)
    office.slack._triggers[payload["trigger_id"]] -= 3.5
    office.send("interactive", payload)
    office.wait()
    assert "click again" in office.slack.heard("ULENA")[-1]


def test_comments_of_any_length_are_taken_or_refused_whole(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.press("lena", card, "reject")
    view = office.view()
    assert "At most 10000" in office.submit("lena", view, comment="x" * 10_001)["errors"]["comment"]
    too_long = office.submit("lena", view, comment="x" * 20_000)
    assert too_long["response_action"] == "update"
    office.submit("lena", view, comment="é" * 10_000)
    assert office.world.review(asked.id).status == "rejected"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_outage_of_ten_minutes_loses_no_card(office: Office) -> None:
    world = office.world
    office.slack.away = True
    for number in range(20):
        pending(world, task(f"Look into {number}"))
        world.clock.move(seconds=30)
        office.tell()
    early = world.reviews()[0]
    world.approve("lena", early)
    world.run()
    assert office.slack.messages == []
    office.slack.away = False
    world.clock.move(seconds=15)
    office.tell()
    cards = office.slack.cards(CHANNEL)
    assert len(cards) == 19  # what was decided meanwhile asks nobody any more
    assert sorted(said(card) for card in cards) == sorted({said(card) for card in cards})
    before = office.slack.calls.copy()
    office.tell()
    assert office.slack.calls == before


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_cards_under_a_rate_limit(office: Office) -> None:
    """One message a second and channel: Retry-After is waited for, and each card is posted once."""
    world = office.world
    for number in range(200):
        pending(world, task(f"Look into {number}"))
    office.slack.limits["chat.postMessage"] = Limit(most=20, window_s=60, retry_after=30)
    rounds = 0
    while len(office.slack.cards(CHANNEL)) < 200:
        rounds += 1
        assert rounds < 60
        office.tell()
        limited = office.slack.calls["chat.postMessage"]
        office.tell()
        assert office.slack.calls["chat.postMessage"] == limited  # nothing is tried before the time is over
        world.clock.move(seconds=31)
    assert len({said(card) for card in office.slack.cards(CHANNEL)}) == 200
    assert rounds >= 10


def test_a_workspace_that_removed_the_app_is_left_alone(office: Office) -> None:
    pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)
    office.event({"type": "app_uninstalled"})
    calls = office.slack.calls.total()
    pending(office.world, task("Another"))
    office.tell()
    office.press("lena", card, "approve")
    assert office.slack.calls.total() == calls
    connect(office.world.ctx, machine_actor("acme"), BOT_TOKEN)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 2


def test_a_revoked_token_ends_the_connection(office: Office) -> None:
    pending(office.world)
    office.slack.revoked = True
    office.tell()
    assert [entry.details["because"] for entry in office.world.entries(kind="slack.disconnected")] == ["token_revoked"]
    office.slack.revoked = False
    connect(office.world.ctx, machine_actor("acme"), BOT_TOKEN)
    office.tell()
    assert len(office.slack.cards(CHANNEL)) == 1
