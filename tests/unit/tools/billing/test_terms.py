"""Contract terms in three systems, prices against the rate card, exchange rates, master data."""

from datetime import date
from typing import Any

import pytest

from tests.unit.tools.billing.small_books import (
    ERP,
    TODAY,
    base,
    contract,
    customer,
    found,
    kinds,
    person,
    project,
    seat,
)
from tools.billing.books import Books
from tools.billing.checks import MASTER_DATA, TERMS
from tools.billing.prices import NoExchangeRate, converted
from tools.billing.terms import differing
from tools.records import Calendar, DiscountRule, ExchangeRate, RateCard
from tools.values import Money

CARD = RateCard(id="rat-1", authors=ERP, role="Consultant", level=2, hourly_rate_minor=15_000, currency="EUR")
RULE = DiscountRule(id="dsc-1", authors=ERP, tier="standard", max_percent=20)


def rate(currency: str, ppm: int, day: date = TODAY) -> ExchangeRate:
    return ExchangeRate(id=currency, authors=ERP, base_currency="EUR", rate_ppm=ppm, day=day)


@pytest.mark.parametrize(
    ("held", "says", "stake"),
    [
        ({"erp_value_minor": 11_000_000}, "EUR 110,000.00", 1_000_000),
        ({"crm_hourly_rate_minor": 11_000}, "EUR 110.00", 12_000_000),
        ({"erp_end_on": date(2026, 11, 30)}, "30 November 2026", 12_000_000),
        ({"crm_start_on": date(2026, 2, 1)}, "1 February 2026", 12_000_000),
        ({"erp_payment_days": 14}, "14 days", 12_000_000),
        ({"erp_currency": "USD"}, "USD", 12_000_000),
        ({"crm_type": "fixed_price"}, "fixed price", 12_000_000),
        ({"erp_billing_contact_id": "cnt-9"}, "cnt-9", 12_000_000),
        ({"crm_cap_minor": 5}, "EUR 0.05", 12_000_000),
    ],
)
def test_each_term_in_which_a_system_differs(held: dict[str, Any], says: str, stake: int) -> None:
    (only,) = found(TERMS, contract(**held))
    (field,) = held
    assert (only.kind, only.record.id, only.owner_id) == ("terms_differ", "ctr-1", "per-owner")
    assert says in only.says
    assert only.evidence == (f"contract/ctr-1#{field[4:]}", f"contract/ctr-1#{field}")
    assert only.stake == Money(amount_minor=stake, currency="EUR")
    assert list(differing(contract(**held))) == [(field[:3], field[4:])]


def test_a_system_that_holds_no_term_differs_in_none() -> None:
    assert found(TERMS) == []
    assert found(TERMS, contract(status="ended", erp_value_minor=1)) == []


def test_what_a_system_lacks_is_told_before_work_starts() -> None:
    soon = contract(start_on=date(2026, 4, 1), erp_value_minor=12_000_000, erp_currency="EUR")
    (gap,) = found(TERMS, soon)
    assert gap.kind == "terms_missing"
    assert gap.says.startswith("The ERP has no hourly rate; the ERP has no start;")
    assert "value" not in gap.says
    assert found(TERMS, contract(erp_value_minor=12_000_000)) == [], "work has started: it is a difference or nothing"


def test_an_end_before_the_start_is_told_and_carried_into_no_system() -> None:
    terms: dict[str, Any] = {"end_on": date(2025, 1, 1), "erp_end_on": date(2026, 12, 31)}
    (only,) = found(TERMS, contract(**terms))
    assert (only.kind, only.owner_id) == ("terms_impossible", "per-owner")
    assert "ends on 1 January 2025, before it starts" in only.says
    assert list(differing(contract(**terms))) == []
    assert found(TERMS, contract(**terms, status="ended")) == []
    # What was agreed on before the work starts holds from its start.
    assert found(TERMS, contract(rate_since_on=date(2020, 1, 1))) == []


def test_a_contract_that_nobody_here_reads() -> None:
    (only,) = found(TERMS, contract(language="pl"))
    assert only.kind == "language_unread"
    assert "not compared with its text" in only.says
    assert found(TERMS, contract(language="de")) == []


def test_a_rate_below_what_the_tier_may_be_given() -> None:
    assert found(TERMS, CARD, RULE) == []
    (low,) = found(TERMS, CARD, RULE, contract(hourly_rate_minor=11_000))
    assert (low.kind, low.owner_id) == ("rate_below_card", "per-account")
    assert "27 % off, where 20 % may be" in low.says
    assert low.stake == Money(amount_minor=1_000 * 12_000_000 // 11_000, currency="EUR")
    assert {"rate_card/rat-1#hourly_rate_minor", "discount_rule/dsc-1#max_percent"} <= set(low.evidence)
    assert kinds(found(TERMS, CARD)) == [("rate_below_card", "ctr-1")], "without a rule nothing is taken off"


def test_a_role_that_has_no_price_is_named() -> None:
    (only,) = found(TERMS, CARD, seat(role="Welder"))
    assert only.kind == "rate_card_missing"
    assert "Welder" in only.says
    assert found(TERMS, CARD, seat(role="Welder", status="tentative")) == []


@pytest.mark.parametrize("hourly", [0, -100])
def test_a_rate_of_nothing_is_found_once_and_carried_into_no_system(hourly: int) -> None:
    (low,) = found(TERMS, CARD, RULE, contract(hourly_rate_minor=hourly, erp_hourly_rate_minor=12_000))
    assert low.kind == "rate_not_positive"


def test_prices_of_two_currencies_are_compared_by_the_days_rate() -> None:
    pounds = contract(currency="GBP", hourly_rate_minor=10_000)
    rates = [rate("EUR", 1_000_000), rate("GBP", 1_250_000)]
    assert found(TERMS, CARD, RULE, pounds, *rates) == []
    (low,) = found(TERMS, CARD, RULE, pounds.model_copy(update={"hourly_rate_minor": 9_500}), *rates)
    assert {"exchange_rate/GBP#rate_ppm", "exchange_rate/GBP#day", "exchange_rate/EUR#day"} <= set(low.evidence)
    (unknown,) = found(TERMS, CARD, RULE, pounds)
    assert unknown.kind == "exchange_rate_missing"
    assert "EUR" in unknown.says


def test_conversion_is_to_the_nearest_minor_unit_and_refuses_what_it_does_not_know() -> None:
    books = Books([*base(), rate("EUR", 1_000_000), rate("USD", 920_000)], TODAY)
    assert converted(books, 100, "EUR", "EUR") == (100, ())
    assert converted(books, 1_000, "EUR", "USD")[0] == 1_087
    assert converted(books, 1_000, "USD", "EUR")[0] == 920
    with pytest.raises(NoExchangeRate, match="CHF"):
        converted(books, 1_000, "CHF", "EUR")


def test_a_rate_of_long_ago_is_told() -> None:
    assert kinds(found(TERMS, rate("USD", 920_000, date(2026, 3, 1)))) == [("exchange_rate_stale", "USD")]
    assert found(TERMS, rate("USD", 920_000, date(2026, 3, 11)), rate("EUR", 1_000_000, date(2020, 1, 1))) == []


@pytest.mark.parametrize(
    ("record", "finding"),
    [
        (person(skills=[]), ("skills_missing", "per-1")),
        (person(ends_on=date(2026, 5, 1)), ("calendar_stale", "per-1")),
        (person(weekly_minutes=0), ("calendar_stale", "per-1")),
        (person(calendar_id="cal-9"), ("calendar_missing", "per-1")),
        (Calendar(id="cal-1", authors=ERP, name="Week", holidays=[date(2026, 1, 1)]), ("calendar_stale", "cal-1")),
        (Calendar(id="cal-1", authors=ERP, name="Week", weekdays=[]), ("calendar_stale", "cal-1")),
        (Calendar(id="cal-1", authors=ERP, name="Week", day_from=600, day_to=600), ("calendar_stale", "cal-1")),
        (project(lead_id=None), ("orphan_project", "prj-1")),
        (project(lead_id="per-9"), ("orphan_project", "prj-1")),
        (project(contract_id="ctr-9"), ("orphan_project", "prj-1")),
        (project(customer_id="cus-9"), ("orphan_project", "prj-1")),
        (project(budget_minor=0), ("budget_missing", "prj-1")),
        (project(budget_minor=-5), ("budget_missing", "prj-1")),
        (customer("cus-2", name="HARBOUR MILLS, Ltd.", mail_domain=None), ("customer_twice", "cus-2")),
        (customer("cus-2", name="Mills Group", mail_domain="Harbour.example"), ("customer_twice", "cus-2")),
    ],
)
def test_master_data(record: Any, finding: tuple[str, str]) -> None:
    assert found(MASTER_DATA) == []
    assert kinds(found(MASTER_DATA, record)) == [finding]


def test_a_person_without_a_calendar_is_told_where_the_firm_keeps_calendars() -> None:
    week = Calendar(id="cal-1", authors=ERP, name="Week", holidays=[date(2026, 12, 25)])
    others = [person("per-lead", calendar_id="cal-1"), week]
    (missing,) = found(MASTER_DATA, *others)
    assert (missing.kind, missing.record.id) == ("calendar_missing", "per-1")
    assert missing.says == "Ann Okoro has no calendar, and is booked until 30 September 2026."
    assert found(MASTER_DATA, *others, person(calendar_id="cal-1")) == []
    assert found(MASTER_DATA, *others, seat(status="released")) == []


def test_names_that_are_only_alike_are_two_customers() -> None:
    assert found(MASTER_DATA, customer("cus-2", name="Harbour Mill", mail_domain="harbourmill.example")) == []


def test_a_domain_that_a_customer_typed_proves_nothing() -> None:
    typed = customer("cus-2", name="Other", authors={"*": "system/crm", "mail_domain": "mail/inbound"})
    assert found(MASTER_DATA, typed) == []
