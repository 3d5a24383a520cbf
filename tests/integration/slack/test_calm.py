"""How often and when people are told in person: their own hours, a bound a day, and reminders that do not pile up."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.identity.slack_links import prefer
from app.slack.planning import plan
from app.store.engine import unit_of_work
from app.store.models import Review, SlackLink, SlackMessage
from app.workflow import claims, sweep
from tests.integration.slack.conftest import CHANNEL, Office, buttons, said
from tests.integration.slack.workspace import TEAM
from tests.integration.workflow.scenes import money, pending, task, write_off

MOST = 15


@pytest.fixture
def direct(office: Office) -> Office:
    """A firm without channels: everybody who may decide is told in person."""
    office.world.set("slack", {})
    office.world.set("hours", {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"})
    return office


def told(office: Office, who: str) -> list[str]:
    return [said(card) for card in office.slack.cards(f"D{office.user(who)}")]


def test_who_may_decide_is_told_and_nobody_else(direct: Office) -> None:
    asked = money(direct.world)
    direct.tell()
    assert len(told(direct, "finn")) == len(told(direct, "fred")) == 1
    assert told(direct, "rolf") == told(direct, "vera") == []
    direct.world.approve("finn", asked)
    direct.tell()
    assert "approved by finn" in told(direct, "fred")[0]


def test_channels_by_role_and_customer(office: Office) -> None:
    office.world.set("slack", {"routes": [
        {"channel": "C0FINANCE", "roles": ["finance"], "customers": ["cus-08"]},
        {"channel": "C0LEADS", "roles": ["delivery_lead"]},
    ]})  # fmt: skip
    money(office.world)
    office.tell()
    assert len(office.slack.cards("C0FINANCE")) == 1
    assert office.slack.cards(CHANNEL) == []


def test_quiet_hours_are_the_persons_own(direct: Office) -> None:
    """Nine in the morning in London is two in Los Angeles."""
    direct.slack.users["UFINN"]["tz"] = "America/Los_Angeles"
    direct.link("finn")
    prefer(direct.world.ctx, direct.world.actor("finn"), TEAM, zone="America/Los_Angeles")
    money(direct.world)
    direct.tell()
    assert len(told(direct, "fred")) == 1
    assert told(direct, "finn") == []
    direct.world.clock.move_to(datetime(2026, 3, 2, 8, 1, tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(UTC))
    direct.tell()
    assert len(told(direct, "finn")) == 1


def test_quiet_hours_of_ones_own(direct: Office) -> None:
    assert "Quiet hours are as" in direct.command("finn", "quiet 08:30-16:00")
    assert "From 16:00 to 09:30" in direct.command("finn", "quiet 16:00-09:30")
    money(direct.world)
    direct.tell()
    assert told(direct, "finn") == []
    direct.world.clock.move(minutes=35)
    direct.tell()
    assert len(told(direct, "finn")) == 1


def test_who_takes_a_case_is_told_of_it_alone(direct: Office) -> None:
    asked = money(direct.world)
    direct.tell()
    (card,) = direct.slack.cards("DUFRED")
    direct.press("fred", card, "claim")
    direct.tell()
    assert "fred sees to it" in said(card)
    claims.claim(direct.world.ctx, direct.world.actor("fred"), asked.case_id, direct.world.actor("cora").principal_id)
    direct.tell()
    assert len(told(direct, "cora")) == 1


def test_a_case_is_given_corrected_and_dismissed_from_its_card(office: Office) -> None:
    asked = pending(office.world)
    office.tell()
    (card,) = office.slack.cards(CHANNEL)

    def choose(do: str) -> None:
        (menu,) = [each for each in buttons(card.blocks) if each["action_id"] == "more"]
        (option,) = [each for each in menu["options"] if f'"{do}"' in each["value"]]
        office.send("interactive", office.click("lena", card, menu | {"selected_option": option}))
        office.wait()

    choose("assign")
    assert "not linked" in office.submit("lena", office.view(), to="UNOBODY")["errors"]["to"]
    office.submit("lena", office.view(), to="ULARS")
    office.tell()
    assert "lars sees to it" in said(card)
    choose("snooze")
    assert "four hours" in office.slack.heard("ULENA")[-1]
    choose("correct")
    assert office.submit("lena", office.view())["errors"]["comment"] == "Say what is different."
    office.submit("lena", office.view(), project="prj-02", comment="that one")
    assert office.world.case(asked.case_id).generation == 2
    choose("dismiss")
    assert "not a request" in str(office.world.case(asked.case_id).because)
    office.tell()
    assert "Nothing to decide" in said(card)


def test_a_reminder_before_the_deadline_and_the_escalation_after_it(direct: Office) -> None:
    direct.world.set("slack", {"routes": [{"channel": CHANNEL}]})
    asked = money(direct.world)
    direct.tell()
    direct.world.clock.move_to(asked.due_at - timedelta(minutes=30))
    for _ in range(3):
        plan(direct.world.ctx)
        direct.tell()
    (card,) = direct.slack.cards(CHANNEL)
    assert [said(each) for each in direct.slack.thread(card)].count(said(direct.slack.thread(card)[0])) == 1
    assert "Still waiting" in said(direct.slack.thread(card)[0])
    direct.world.clock.move_to(asked.due_at + timedelta(minutes=1))
    sweep.reviews(direct.world.ctx)
    direct.tell()
    assert "escalated" in said(card)
    assert f"{asked.expires_at:%Y-%m-%d %H:%M} UTC" in said(card)


def test_whom_it_escalates_to_is_told_and_all_are_reminded_before_it_lapses(direct: Office) -> None:
    asked = money(direct.world)
    with unit_of_work(direct.world.ctx.engine) as session:
        only = [need | {"roles": ["finance"], "escalate_to": "cfo"} for need in asked.required]
        session.get_one(Review, asked.id).required = only
    direct.tell()
    assert told(direct, "cora") == []
    direct.world.clock.move_to(asked.due_at + timedelta(minutes=1))
    sweep.reviews(direct.world.ctx)
    direct.tell()
    assert len(told(direct, "cora")) == 1
    direct.world.clock.move_to(asked.expires_at - timedelta(minutes=30))
    for _ in range(3):
        plan(direct.world.ctx)
        direct.tell()
    for who in ("cora", "finn"):
        assert sum("This falls due soon" in text for text in told(direct, who)) == 1, who


def test_what_was_put_off_comes_back(direct: Office) -> None:
    """In four hours as it was said, once, and not if it was decided meanwhile."""
    world = direct.world
    kept, decided = money(world), pending(world)
    direct.tell()
    for case_id, who in ((kept.case_id, "finn"), (decided.case_id, "finn"), (decided.case_id, "lena")):
        claims.snooze(world.ctx, world.actor(who), case_id, world.clock() + timedelta(hours=4))
    world.say("hal", decided, "reject", comment="no")
    for _ in range(10):
        world.clock.move(minutes=30)
        plan(world.ctx)
        direct.tell()
        again = [text for text in told(direct, "finn") if "You put this off until now" in text]
        assert len(again) == (1 if world.clock() >= kept.created_at + timedelta(hours=4) else 0)
    assert "Write off EUR 1,100.00" in again[0]
    assert not any("You put this off" in text for text in told(direct, "lena"))


def test_what_becomes_of_it_is_told_in_person_to_who_spoke(direct: Office) -> None:
    """A thread calls its reader; whoever had no part in it finds it in the card, which does not."""
    world = direct.world
    asked = money(world)
    direct.tell()
    (mine,), (theirs,) = direct.slack.cards("DUFINN"), direct.slack.cards("DUFRED")
    world.say("finn", asked, "respond", comment="which entries?")
    direct.tell()
    assert "asked by finn; the answer is on its way" in said(theirs)
    world.agents.says(write_off())
    direct.settle()
    assert "the answer is on its way" not in said(theirs)
    world.approve("finn", asked)
    direct.settle()
    assert "Done" in said(direct.slack.thread(mine)[-1])
    assert "approved by finn, succeeded" in said(theirs)
    assert direct.slack.thread(theirs) == []


def test_the_morning_summary_comes_once(direct: Office) -> None:
    direct.world.set("slack", {"executives": "C0LEADS", "summary_at": "08:00"})
    money(direct.world)
    for _ in range(3):
        plan(direct.world.ctx)
        direct.tell()
        direct.world.clock.move(hours=1)
    (summary,) = direct.slack.cards("C0LEADS")
    assert said(summary).startswith("Exceptions")
    direct.world.clock.move(days=1)
    plan(direct.world.ctx)
    direct.tell()
    assert len(direct.slack.cards("C0LEADS")) == 2


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_firms_week(direct: Office) -> None:
    """Forty cases a working day for everybody who leads a delivery, some of them decided: nobody is told more than 15
    times a day, never outside their hours, and whatever waits is in a card or a summary of theirs."""
    world, wheel = direct.world, random.Random(7)
    cases = 0
    for day in range(5):
        world.clock.move_to(datetime(2026, 3, 2 + day, 8, 0, tzinfo=UTC))
        for step in range(40):
            world.clock.move(minutes=14)
            pending(world, task(f"Look into {day}-{step}"))
            cases += 1
            plan(world.ctx)
            direct.tell()
            if step % 2 == 0:
                sweep.reviews(world.ctx)
                review = wheel.choice(world.reviews())
                world.say(wheel.choice(("lena", "lars", "hal")), review, "reject", comment="no")
        world.clock.move(hours=6)
        sweep.reviews(world.ctx)
        direct.tell()
    zones = {link.user_id: link.zone or "UTC" for link in world.rows(SlackLink)}
    days: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in world.rows(SlackMessage):
        if row.principal_id and row.posted_at and row.thread_of is None:
            local = row.posted_at.astimezone(ZoneInfo(zones[row.place]))
            days[row.place, local.date().isoformat()][row.kind] += 1
            assert 8 <= local.hour < 18, f"{row.kind} at {local:%H:%M}"
            assert local.isoweekday() <= 5
    figures = {place: [count.total() for (who, _), count in sorted(days.items()) if who == place] for place in zones}
    kinds = sum(days.values(), Counter[str]())
    print(f"a firm-week of {cases} cases: messages in person a day {figures}; {dict(kinds)}")  # noqa: T201 - a figure
    assert max(count.total() for count in days.values()) <= MOST
    assert kinds["queue"] > 5
    for who in ("lena", "lars", "hal"):
        assert any("What waits for you" in text for text in told(direct, who))
