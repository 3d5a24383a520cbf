"""What records must not be: every fault is told by record and field, and planned around, never guessed."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.tools.staffing.books import BY, booking, books, day, leave, lending, person, request
from tools.records import Calendar, ExchangeRate, Skill
from tools.staffing.problem import Problem
from tools.staffing.solve import solve

STANDARD = Calendar(id="cal", authors=BY, name="Standard")
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"people": [person("ann", calendar_id=None)]}, "person/ann#calendar_id", "there is no calendar"),
    ({"people": [person("ann", calendar_id="x")]}, "person/ann#calendar_id", "no usable calendar x"),
    ({"people": [person("ann", cost_rate_minor=0)]}, "person/ann#cost_rate_minor", "EUR 0.00 is no rate"),
    ({"people": [person("ann", cost_rate_minor=-5)]}, "person/ann#cost_rate_minor", "EUR -0.05 is no rate"),
    ({"people": [person("ann", currency="USD")]}, "person/ann#currency", "no exchange rate of USD to EUR"),
    ({"people": [person("ann", time_zone="Mars/Base")]}, "person/ann#time_zone", "Mars/Base is no time zone"),
    ({"people": [person("ann", weekly_minutes=0)]}, "person/ann#weekly_minutes", "no working time"),
    ({"people": [person("ann"), person("ann")]}, "person/ann#id", "2 records have this id"),
    ({"people": [person("ann", ends_on=day(-9000))]}, "person/ann#ends_on", "lies before the start"),
    ({"requests": [request(end_on=day(-1))]}, "staffing_request/req#end_on", "lies before the start"),
    ({"requests": [request(hourly_rate_minor=0)]}, "staffing_request/req#hourly_rate_minor", "EUR 0.00 is no rate"),
    ({"requests": [request(hourly_rate_minor=-1)]}, "staffing_request/req#hourly_rate_minor", "EUR -0.01 is no rate"),
    ({"requests": [request(currency="GBP")]}, "staffing_request/req#currency", "no exchange rate of GBP"),
    ({"requests": [request(), request()]}, "staffing_request/req#id", "2 records have this id"),
    ({"requests": [request(project_id="x")]}, "staffing_request/req#project_id", "there is no project x"),
    ({"requests": [request(overlap_minutes=9)], "customers": []}, "staffing_request/req#overlap_minutes", "not known"),
    (
        {"requests": [request(skills=[Skill(name="Alchemy", level=1)])]},
        "staffing_request/req#skills", "nobody has a skill called Alchemy",
    ),
    (
        {"assignments": [booking("a1", "ann", percent=70), booking("a2", "ann", percent=60)]},
        "assignment/a2#percent", "130 % of 2026-03-02 are booked, by a1, a2",
    ),
    ({"assignments": [booking("a1", "nobody")]}, "assignment/a1#person_id", "there is no person nobody"),
    ({"assignments": [booking("a1", "ann", end_on=day(-1))]}, "assignment/a1#end_on", "lies before the start"),
    ({"leaves": [leave("l1", "nobody", 0, 1)]}, "leave/l1#person_id", "there is no person nobody"),
    ({"leaves": [leave("l1", "ann", 3, 1)]}, "leave/l1#end_on", "lies before the start"),
    ({"calendars": [STANDARD, STANDARD]}, "calendar/cal#id", "2 records have this id"),
    ({"calendars": [STANDARD.model_copy(update={"weekdays": []})]}, "calendar/cal#weekdays", "no working day"),
    ({"calendars": [STANDARD.model_copy(update={"day_to": 9})]}, "calendar/cal#day_to", "is not after day_from"),
    (
        {"lending": [lending(id="a", max_percent=50), lending(id="b", max_percent=80)]},
        "lending_rule/b#to_unit", "lending_rule/a is for the same units",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("more", "where", "told"), FAULTS, ids=[f"{where}-{told}" for _, where, told in FAULTS])
def test_a_fault_is_told_by_record_and_field(more: dict[str, Any], where: str, told: str) -> None:
    made = books(**more)
    problem = Problem.of(made)
    said = [str(one) for one in problem.findings]
    assert any(one.startswith(f"{where}: ") and told in one for one in said), said
    # What is left still makes a plan; nobody and nothing that is at fault is in it.
    plan = solve(problem)
    assert plan.proven
    if where.startswith("person/ann"):
        assert "ann" not in {one.person_id for one in plan.booked()}
    if where.startswith("staffing_request/req") and "nobody has" not in told:
        assert plan.booked() == []


def test_two_currencies_meet_by_the_rate_on_record() -> None:
    rate = ExchangeRate(id="USD", authors=BY, base_currency="EUR", rate_ppm=500_000, day=day(0))
    problem = Problem.of(books(people=[person("ann", currency="USD")], exchange_rates=[rate]))
    assert [worker.rate for worker in problem.workers] == [3_000]
    other = rate.model_copy(update={"base_currency": "CHF"})
    assert Problem.of(books(people=[person("ann", currency="USD")], exchange_rates=[other])).workers == []


@pytest.mark.parametrize("level", [0, 6, -1])
def test_a_level_out_of_range_is_refused_by_the_record(level: int) -> None:
    with pytest.raises(ValidationError, match="level"):
        Skill(name="SQL", level=level)


def test_closed_requests_are_not_planned() -> None:
    made = books(requests=[request("a", status="filled"), request("b", status="withdrawn"), request("c")])
    assert [seat.id for seat in Problem.of(made).seats] == ["c"]


def test_of_two_rules_for_the_same_units_the_one_that_allows_less_holds() -> None:
    made = books(lending=[lending(id="a", max_percent=80), lending(id="b", max_percent=50)])
    assert Problem.of(made).lending["South", "North"].id == "b"
