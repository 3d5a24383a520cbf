from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.unit.tools.pricing.small_change import (
    ASKED,
    MONDAY,
    booking,
    books,
    contract,
    day,
    milestone,
    person,
    project,
    rate,
    staff,
)
from tools.people_records import Skill
from tools.pricing.books import Asked, ChangeBooks, Unpriceable
from tools.pricing.price import price
from tools.pricing.priced import Course, Moved, Part, PricedChange
from tools.records import RateCard
from tools.staffing.books import Books


def course(change: PricedChange, way: str) -> Course:
    return next(one for one in change.courses if one.way == way)


def test_a_change_priced_by_hand() -> None:
    """Two days of work, 960 min, in a project of which 30,000 min are left.

    Ann works 2,400 min a week, 480 a day. 60 % on the project are 288 min a day; 40 % on the other, 192.

    before   30,000 / 288 = 104.2, so 105 working days from Monday 2 March on: 21 weeks, to Friday 24 July.
    after    30,960 / 288 = 107.5, so 108 working days, three more: Wednesday 29 July.
    change   960 / 288 = 3.3, done on the fourth day, Thursday 5 March, if it is done first.
    price    960 / 60 × 120.00 = 1,920.00; cost 960 / 60 × 50.00 = 800.00; margin 1,120.00.
    before   the open work earns 500 × 120.00 = 60,000.00 and costs 500 × 50.00 = 25,000.00: a margin of 35,000.00.
    after    it earns 61,920.00 and costs 25,800.00: 36,120.00.
    """
    change = price(books(), ASKED)
    done = change.proposed
    assert (done.way, done.done_on, done.finish_on) == ("first", date(2026, 3, 5), date(2026, 7, 29))
    assert (done.price_minor, done.cost_minor, done.margin_minor) == (192_000, 80_000, 112_000)
    assert done.who == [Part(person_id="ann", minutes=960)]
    assert done.others == []
    assert change.before.finish_on == date(2026, 7, 24)
    assert (change.before.earned_minor, change.before.cost_minor) == (6_000_000, 2_500_000)
    assert change.before.margin_minor == 3_500_000
    assert (change.after.finish_on, change.after.minutes) == (date(2026, 7, 29), 30_960)
    assert change.after.margin_minor == 3_612_000
    assert change.findings == []


def test_the_other_ways_and_what_each_takes() -> None:
    """Leaving the other project alone for five days (960 / 192) moves its end: 1,920 / 192 = 10 days, Friday 13 March,
    becomes 15, Friday 20 March."""
    change = price(books(milestones=[milestone("one", day(11))]), ASKED)
    ahead = course(change, "ahead")
    assert (ahead.done_on, ahead.finish_on) == (day(4), date(2026, 7, 24))
    assert ahead.others == [Moved(record="project/oth", before_on=day(11), after_on=day(18))]
    after = course(change, "after")
    assert (after.done_on, after.finish_on, after.milestones) == (date(2026, 7, 29), date(2026, 7, 29), [])
    # By Friday 13 March ten days of work are done; with 960 min more that is on the fourteenth, Thursday 19 March.
    first = course(change, "first")
    assert first.milestones == [Moved(record="milestone/one", before_on=day(11), after_on=day(17))]
    swap = course(change, "swap")
    assert (swap.price_minor, swap.cost_minor, swap.margin_minor) == (0, 0, 0)
    assert swap.finish_on == date(2026, 7, 24)


def test_time_that_nobody_booked_comes_first() -> None:
    change = price(books(staff=staff(assignments=[booking("asg-1", "ann")])), ASKED)
    # 40 % of a day are 192 min: five days.
    assert (change.proposed.way, change.proposed.done_on) == ("unbooked", day(4))
    assert change.proposed.finish_on == change.before.finish_on == date(2026, 7, 24)
    assert "ahead" not in {one.way for one in change.courses}


def test_a_day_that_was_asked_for_weighs_most_and_is_told_where_it_is_missed() -> None:
    alone = books(staff=staff(assignments=[booking("asg-1", "ann")]))
    # By Thursday only doing it first is in time; by Tuesday nothing is.
    assert price(alone, replace(ASKED, wanted_on=day(3))).proposed.way == "first"
    missed = price(alone, replace(ASKED, wanted_on=day(1)))
    assert any("asked for by 3 March 2026" in one for one in missed.findings)


def test_one_more_person_is_found_by_planning_a_seat() -> None:
    """Bob has SQL at level 3 and is free: two days of 480 min from next Monday on, at 70.00 an hour."""
    bob = person("bob", cost_rate_minor=7_000, manager_id="ann")
    pool = Books(MONDAY, "EUR", [person("ann"), bob], (), staff().calendars)
    change = price(books(), Asked(960, None, Skill(name="SQL", level=3)), pool)
    found = course(change, "person")
    assert found.who == [Part(person_id="bob", minutes=960)]
    assert (found.done_on, found.finish_on) == (day(8), date(2026, 7, 24))
    assert (found.cost_minor, found.margin_minor) == (112_000, 80_000)
    assert "line manager" in found.tradeoff
    assert change.proposed.way == "first"
    nobody = price(books(), Asked(960, None, Skill(name="Alchemy", level=3)), pool)
    assert "person" not in {one.way for one in nobody.courses}


def test_amounts_in_another_currency_are_converted_and_rounded_against_the_firm() -> None:
    """800.00 EUR at 0.92 EUR to the dollar are 869.565… USD: 869.57."""
    dollars = books(
        project=project(currency="USD"), contract=contract(currency="USD"),
        staff=staff(exchange_rates=[rate("EUR", 1_000_000), rate("USD", 920_000)]),
    )  # fmt: skip
    change = price(dollars, ASKED)
    assert (change.currency, change.proposed.cost_minor) == ("USD", 86_957)
    assert change.proposed.margin_minor == 192_000 - 86_957


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"contract": contract(hourly_rate_minor=0)}, "contract/ctr#hourly_rate_minor: EUR 0.00 is no rate"),
        ({"contract": contract(hourly_rate_minor=-5)}, "EUR -0.05 is no rate"),
        ({"contract": contract(currency="USD")}, "the contract is in USD, the project in EUR"),
        ({"contract": contract(currency="CHF"), "project": project(currency="CHF")}, "no exchange rate of CHF to EUR"),
        ({"contract": contract(end_on=day(-90))}, "contract/ctr#end_on"),
        ({"project": project(end_on=day(-90))}, "project/prj#end_on"),
        ({"project": project(status="done")}, "the project is done"),
        ({"forecasts": {}}, "no forecast"),
        ({"staff": staff(people=[person("ann", calendar_id=None)])}, "person/ann#calendar_id: there is no calendar"),
        ({"staff": staff(assignments=[])}, "nobody is booked"),
        ({"staff": staff(assignments=[booking("asg", "ann", end_on=day(5))])}, "do not suffice"),
        (
            {"milestones": [milestone("a", day(5), after_id="b"), milestone("b", day(9), after_id="a")]},
            "milestone/a#after_id: a, b wait for each other",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_stood_by_is_refused_by_name(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(Unpriceable) as refused:
        price(books(**changed), ASKED)
    assert told in str(refused.value)


@pytest.mark.parametrize("minutes", [0, -60])
def test_no_effort_has_no_price(minutes: int) -> None:
    with pytest.raises(Unpriceable, match="no effort"):
        price(books(), Asked(minutes))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"project": project(budget_minor=0)}, "project/prj#budget_minor: EUR 0.00 is no budget"),
        ({"contract": contract(hourly_rate_minor=4_000)}, "costs more than it brings"),
        ({"contract": contract(cap_minor=6_000_000)}, "EUR 1,920.00 above the cap"),
        ({"contract": contract(end_on=day(100))}, "the contract ends on"),
    ],
)
def test_what_the_records_leave_open_is_told(changed: dict[str, Any], told: str) -> None:
    assert any(told in one for one in price(books(**changed), ASKED).findings)


def of_type(kind: str, **more: Any) -> ChangeBooks:
    return books(contract=contract(type=kind, **more))


def test_a_fixed_price_gets_a_fixed_sum() -> None:
    change = price(of_type("fixed_price"), ASKED)
    assert (
        change.terms[0]
        == "A fixed sum of EUR 1,920.00 is added to the price of Mills services, whatever the work takes."
    )
    assert change.before.earned_minor == 10_000_000
    assert "binds nobody" in change.terms[-1]


def test_of_a_retainer_only_what_the_month_leaves_no_room_for_is_charged() -> None:
    """From 1 January to 27 December 2026: twelve months of 72,000.00, 6,000.00 each, 50 h at 120.00, 3,000 min.

    Ann's 60 % would take 22 days × 288 = 6,336 min of March, so nothing is left. At 10 %, 48 min a day, 1,056 min are
    booked: 1,944 are left, which hold all of the 960.
    """
    terms = {"start_on": date(2026, 1, 1), "end_on": date(2026, 12, 27), "value_minor": 7_200_000}
    assert price(of_type("retainer", **terms), ASKED).price_minor == 192_000
    little = replace(of_type("retainer", **terms), staff=staff(assignments=[booking("asg", "ann", percent=10)]))
    within = replace(little, forecasts={"prj": little.forecasts["oth"]})
    change = price(within, ASKED)
    assert change.price_minor == 0
    assert change.terms[0] == "16 h are within this month's hours of the retainer; nothing is charged beside it."
    # Of 2,400 min, 456 are charged: 912.00.
    assert price(within, Asked(2_400)).price_minor == 91_200


def test_of_a_retainer_no_hours_are_left_that_nobody_can_work_this_month() -> None:
    """On Monday 30 March Ann has two days left of the month, 90 % of each unbooked: 864 min, whatever is unused of the
    3,000. She worked none so far and will work 96; of 2,400 min the other 1,536 are charged: 3,072.00."""
    last = date(2026, 3, 30)
    given = of_type("retainer", start_on=date(2026, 1, 1), end_on=date(2026, 12, 27), value_minor=7_200_000)
    little = replace(given, staff=staff(today=last, assignments=[booking("asg", "ann", percent=10)]))
    change = price(replace(little, forecasts={"prj": little.forecasts["oth"]}), Asked(2_400))
    assert change.price_minor == 307_200
    assert change.terms[0] == "14.4 h are within this month's hours of the retainer."
    # Booked out to the end of the month, she can work none of it.
    full = replace(little, staff=staff(today=last, assignments=[booking("asg", "ann", percent=100)]))
    change = price(replace(full, forecasts={"prj": little.forecasts["oth"]}), Asked(2_400))
    assert change.price_minor == 480_000
    assert change.terms[0].startswith(
        "This month's hours of the retainer leave no room: 40 h are charged at EUR 120.00"
    )


def card(role: str, hourly_rate_minor: int, currency: str = "EUR") -> RateCard:
    return RateCard(
        id=f"rc-{role}", authors={"*": "system/erp"}, role=role, level=3, hourly_rate_minor=hourly_rate_minor,
        currency=currency,
    )  # fmt: skip


def test_a_price_under_the_rate_card_is_told() -> None:
    """120.00 agreed against 150.00 on the card are 20 % off; the price stays the contract's."""
    change = price(books(rate_card=[card("Engineer", 15_000)]), ASKED)
    assert (change.list_rate_minor, change.rate_minor, change.price_minor) == (15_000, 12_000, 192_000)
    assert any("20 % under the EUR 150.00" in one for one in change.findings)
    at_list = price(books(rate_card=[card("Engineer", 12_000)]), ASKED)
    assert at_list.list_rate_minor == 12_000
    assert not any("rate card" in one for one in at_list.findings)


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        ([card("Architect", 15_000)], "the rate card has no price for Engineer"),
        ([card("Engineer", 15_000, "USD")], "there is no exchange rate for USD"),
    ],
)
def test_a_list_rate_that_cannot_be_told_is_left_open_by_name(cards: list[RateCard], told: str) -> None:
    change = price(books(rate_card=cards), ASKED)
    assert change.list_rate_minor is None
    assert any(told in one for one in change.findings)
