from datetime import timedelta
from typing import Any

import pytest

from tests.unit.tools.pricing.small_change import BY, MONDAY, contract, day, project
from tools.records import Forecast, Invoice, Milestone, Ticket
from tools.renewal.health import AccountRecords, Health, health
from tools.renewal.limits import Limits, standard_limits


def invoice(ident: str, status: str, amount: int = 100_000, off: int = 0, drafted: int = -5, **more: Any) -> Invoice:
    return Invoice.model_validate({
        "id": ident, "authors": BY, "customer_id": "cus", "project_id": "prj", "contract_id": "ctr", "number": ident,
        "status": status, "amount_minor": amount, "written_off_minor": off, "currency": "EUR",
        "period_start_on": day(-40), "period_end_on": day(-10), "drafted_on": day(drafted),
    } | more)  # fmt: skip


def milestone(ident: str, due: int, status: str = "in_progress") -> Milestone:
    return Milestone.model_validate({
        "id": ident, "authors": BY, "project_id": "prj", "name": ident, "due_on": day(due), "status": status,
        "currency": "EUR",
    })  # fmt: skip


def ticket(ident: str, priority: str, status: str = "open") -> Ticket:
    return Ticket.model_validate({
        "id": ident, "authors": BY, "customer_id": "cus", "project_id": "prj", "title": ident, "text": "It is broken",
        "priority": priority, "status": status,
    })  # fmt: skip


def forecast(late: int = 0) -> Forecast:
    return Forecast(id="prj", authors=BY, remaining_minutes=1, finish_on=project().end_on + timedelta(days=late))


def judged(**records: Any) -> Health:
    known: dict[str, Any] = {"projects": [project()], "forecasts": [forecast()]}
    return health(AccountRecords(contract(), **known | records), MONDAY)


def test_an_account_against_which_nothing_speaks_is_in_good_health() -> None:
    found = judged(
        milestones=[milestone("a", -1, "completed"), milestone("b", 0)], tickets=[ticket("t", "p3")],
        invoices=[invoice("i", "paid", off=5_000), invoice("j", "released"), invoice("k", "draft", off=99_000)],
    )  # fmt: skip
    assert (found.grade, found.score, found.signs, found.unjudged) == ("good", 100, [], [])


@pytest.mark.parametrize(
    ("records", "kind", "fact"),
    [
        ({"forecasts": [forecast(1)]}, "late_forecast", "forecast/prj#finish_on"),
        ({"projects": [project(spent_minor=2_650_000)]}, "fast_spending", "project/prj#spent_minor"),
        ({"milestones": [milestone("m", -1)]}, "overdue_milestone", "milestone/m#due_on"),
        ({"tickets": [ticket("t", "p2")]}, "urgent_ticket", "ticket/t#priority"),
        ({"invoices": [invoice("i", "held")]}, "held_invoice", "invoice/i#status"),
        ({"invoices": [invoice("i", "released", drafted=-61)]}, "unpaid_invoice", "invoice/i#drafted_on"),
        ({"invoices": [invoice("i", "paid", off=5_001)]}, "write_off", "invoice/i#written_off_minor"),
    ],
)
def test_each_sign_takes_its_points_and_names_the_record(records: dict[str, Any], kind: Any, fact: str) -> None:
    found = judged(**records)
    assert [one.kind for one in found.signs] == [kind]
    assert fact in found.signs[0].facts
    assert found.score == 100 - standard_limits().signs[kind].each


def test_many_of_a_kind_count_so_much_at_most_and_several_kinds_add_up() -> None:
    tickets = [ticket(f"t{number}", "p1") for number in range(9)]
    assert judged(tickets=tickets).score == 80
    assert judged(tickets=tickets).grade == "good"
    fair = judged(tickets=tickets, milestones=[milestone("m", -1)])
    assert (fair.score, fair.grade) == (70, "fair")
    poor = judged(
        tickets=tickets, milestones=[milestone("m", -1)], forecasts=[forecast(9)], invoices=[invoice("i", "held")]
    )
    assert (poor.score, poor.grade) == (45, "poor")


def test_what_cannot_be_judged_is_said_and_nothing_is_made_up_for_it() -> None:
    found = judged(projects=[project(budget_minor=0, spent_minor=9_000_000)], forecasts=[])
    assert found.unjudged == ["project prj has no budget", "project prj has no forecast"]
    assert (found.grade, found.signs) == ("good", [])
    nothing = judged(projects=[], forecasts=[])
    assert (nothing.grade, nothing.score) == ("unknown", None)


def test_write_offs_in_two_currencies_are_not_added_up() -> None:
    found = judged(invoices=[invoice("a", "paid", off=4_000), invoice("b", "paid", 1_000, 400, currency="CHF")])
    assert [one.says for one in found.signs] == ["40 % of what was invoiced in CHF was written off"]
    # A credit note alone is no base for a share.
    assert judged(invoices=[invoice("a", "paid", amount=-100_000, off=5_000)]).signs == []


def test_limits_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="fair_from lies above good_from"):
        Limits.model_validate(standard_limits().model_dump() | {"fair_from": 90})
