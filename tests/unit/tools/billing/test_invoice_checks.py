"""Readiness of an invoice, for each form of contract."""

from datetime import date
from typing import Any

import pytest

from tests.unit.tools.billing.small_books import ERP, contact, contract, entry, found, invoice, kinds, milestone
from tools.billing.checks import INVOICES
from tools.billing.invoices import months
from tools.records import ExchangeRate
from tools.values import Money

RETAINER: dict[str, Any] = {"type": "retainer", "value_minor": 12_000_000, "cap_minor": None}


def test_a_sound_draft_is_left_alone_and_so_is_whatever_has_gone_out() -> None:
    assert found(INVOICES) == []
    assert found(INVOICES, invoice(amount_minor=1, status="paid")) == []


@pytest.mark.parametrize(
    ("more", "kind", "stake"),
    [
        ({"amount_minor": 97_500}, "amount_differs", 1_500),
        ({"minutes": 0}, "amount_differs", 96_000),
        ({"amount_minor": 0}, "amount_not_positive", None),
        ({"amount_minor": -96_000}, "amount_not_positive", None),
        ({"currency": "USD"}, "currency_differs", 96_000),
        ({"contract_id": "ctr-9"}, "contract_missing", 96_000),
        ({"drafted_on": date(2026, 2, 1)}, "draft_stale", 96_000),
    ],
)
def test_each_mistake_alone_is_one_finding(more: dict[str, Any], kind: str, stake: int | None) -> None:
    (only,) = found(INVOICES, invoice(**more))
    assert (only.kind, only.record.id) == (kind, "inv-1")
    assert only.stake == (stake and Money(amount_minor=stake, currency=str(more.get("currency", "EUR"))))
    assert any(fact.startswith("invoice/inv-1#") for fact in only.evidence)


def test_rounding_by_line_is_no_difference() -> None:
    assert found(INVOICES, invoice(amount_minor=96_960)) == []
    assert kinds(found(INVOICES, invoice(amount_minor=96_961))) == [("amount_differs", "inv-1")]


def test_unapproved_time_is_named_where_it_is_billed_and_not_where_it_is_left_out() -> None:
    waiting = entry("tim-2", day=date(2026, 2, 11), status="submitted", approved_by_id=None)
    assert found(INVOICES, waiting) == []
    (billed,) = found(INVOICES, waiting, invoice(amount_minor=192_000))
    assert (billed.kind, billed.stake) == ("time_unapproved", Money(amount_minor=96_000, currency="EUR"))
    assert "8 h of the 16 h" in billed.says


def test_flagged_time_of_the_period_is_named() -> None:
    flagged = [
        entry("tim-2", day=date(2026, 2, 11), status="flagged"),
        entry("tim-3", day=date(2026, 3, 2), status="flagged"),
    ]
    (only,) = found(INVOICES, *flagged)
    assert (only.kind, only.evidence) == ("time_flagged", ("time_entry/tim-2#status",))


def test_a_retainer_is_billed_by_the_month() -> None:
    assert found(INVOICES, contract(**RETAINER), invoice(amount_minor=1_000_000)) == []
    assert kinds(found(INVOICES, contract(**RETAINER), invoice(amount_minor=900_000))) == [("amount_differs", "inv-1")]
    quarter: dict[str, Any] = {"period_start_on": date(2026, 2, 1), "period_end_on": date(2026, 4, 30)}
    assert found(INVOICES, contract(**RETAINER), invoice(amount_minor=3_000_000, **quarter)) == []


def test_a_fixed_price_is_billed_by_milestones_and_never_exceeded() -> None:
    fixed = contract(type="fixed_price", value_minor=200_000)
    steps = [milestone(amount_minor=96_000, status="completed"), milestone("mst-2", amount_minor=104_000)]
    assert found(INVOICES, fixed, *steps) == []
    (wrong,) = found(INVOICES, fixed, *steps, invoice(amount_minor=100_000))
    assert wrong.kind == "amount_differs"
    earlier = invoice("inv-0", status="paid", amount_minor=120_000, period_start_on=date(2026, 1, 1))
    assert kinds(found(INVOICES, fixed, *steps, earlier)) == [("cap_exceeded", "inv-1")]


def test_the_cap_counts_what_has_gone_out_less_what_was_written_off() -> None:
    capped = contract(cap_minor=200_000)
    out = invoice("inv-0", status="released", amount_minor=110_000, period_start_on=date(2026, 1, 1))
    (over,) = found(INVOICES, capped, out)
    assert (over.kind, over.stake) == ("cap_exceeded", Money(amount_minor=6_000, currency="EUR"))
    assert found(INVOICES, capped, out.model_copy(update={"written_off_minor": 6_000})) == []
    assert found(INVOICES, capped, out.model_copy(update={"status": "held", "amount_minor": 50})) != []


def test_the_same_period_and_amount_twice() -> None:
    (again,) = [one for one in found(INVOICES, invoice("inv-2", status="released")) if one.record.id == "inv-1"]
    assert again.kind == "duplicate_invoice"
    assert "INV-2" in again.says
    assert found(INVOICES, invoice("inv-2", status="released", period_start_on=date(2026, 2, 2))) == []


def test_closed_months_and_days_outside_the_contract() -> None:
    january: dict[str, Any] = {"period_start_on": date(2026, 1, 1), "period_end_on": date(2026, 1, 31)}
    late = found(INVOICES, invoice(**january), entry(day=date(2026, 1, 20)))
    assert kinds(late) == [("closed_period", "inv-1")]
    ended = found(INVOICES, contract(start_on=date(2025, 1, 1), end_on=date(2026, 1, 31)))
    assert kinds(ended) == [("outside_contract", "inv-1")]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [("2026-01-31", "2026-02-01", 2), ("2026-01-01", "2026-01-31", 1), ("2025-11-15", "2026-02-14", 4)],
)
def test_months_are_those_that_the_days_touch(start: str, end: str, count: int) -> None:
    assert months(date.fromisoformat(start), date.fromisoformat(end)) == count


def test_another_currency_is_told_in_the_contracts_at_the_ledgers_rates_and_their_days() -> None:
    rates = [
        ExchangeRate(id=ident, authors=ERP, base_currency="EUR", rate_ppm=ppm, day=day)
        for ident, ppm, day in (("EUR", 1_000_000, date(2026, 3, 18)), ("USD", 920_000, date(2026, 3, 16)))
    ]
    (only,) = found(INVOICES, invoice(currency="USD"), *rates)
    assert only.says.endswith("At the rates of 16 March 2026 it comes to EUR 883.20.")
    assert {"exchange_rate/USD#rate_ppm", "exchange_rate/USD#day", "exchange_rate/EUR#day"} <= set(only.evidence)
    assert only.computed == (88_320,)
    (unknown,) = found(INVOICES, invoice(currency="USD"))
    assert unknown.says.endswith("There is no exchange rate for USD to compare them by.")


@pytest.mark.parametrize("status", ["planned", "in_progress"])
def test_a_milestone_is_billed_once_it_is_reached(status: str) -> None:
    fixed = contract(type="fixed_price", value_minor=300_000)
    (only,) = found(INVOICES, fixed, milestone(amount_minor=96_000, status=status))
    assert (only.kind, only.says) == (
        "milestone_open", f"Its milestone Design is {status.replace('_', ' ')}, due on 28 February 2026."
    )  # fmt: skip
    reached = milestone(amount_minor=96_000, status="completed")
    ahead = milestone("mst-2", amount_minor=96_000, status=status, name="Build")
    assert found(INVOICES, fixed, reached, ahead) == []
    # Of two that cost the same one is reached, and it was billed in January.
    billed = invoice("inv-0", status="paid", period_start_on=date(2026, 1, 1))
    (again,) = found(INVOICES, fixed, reached, ahead, billed)
    assert (again.kind, again.says.split(" is ")[0]) == ("milestone_open", "Its milestone Build")


def test_a_milestones_name_that_only_a_customer_typed_is_not_repeated() -> None:
    typed = milestone(amount_minor=96_000, authors=ERP | {"name": "customer/cus-1"})
    (only,) = found(INVOICES, contract(type="fixed_price", value_minor=200_000), typed)
    assert only.says.startswith("Its milestone mst-1 is in progress")


def test_the_billing_contact_is_one_of_the_customers() -> None:
    terms = contract(billing_contact_id="cnt-1")
    assert found(INVOICES, terms) == []  # no contact is known, so nothing can be told
    assert found(INVOICES, terms, contact()) == []
    others = [contact("cnt-2"), contact(customer_id="cus-2")]
    assert kinds(found(INVOICES, terms, *others)) == [("contact_missing", "inv-1")]


def test_a_retainer_that_ends_before_it_starts_bills_nothing_within_its_dates() -> None:
    turned = contract(**RETAINER, start_on=date(2026, 2, 1), end_on=date(2026, 1, 31))
    assert kinds(found(INVOICES, turned)) == [("outside_contract", "inv-1")]
