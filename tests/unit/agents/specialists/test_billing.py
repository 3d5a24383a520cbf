from datetime import date
from typing import Any

import pytest

from tests.unit.agents.small_firm import ERP, Desk, args, tools
from tools.billing.confidence import Learned, Tally
from tools.records import Invoice, Period, TimeEntry

YEAR = {"start_on": date(2026, 1, 1), "end_on": date(2026, 12, 31)}


def invoice(ident: str = "inv-1", **more: Any) -> Invoice:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "customer_id": "cus-one", "project_id": "prj-one", "contract_id": "ctr-one",
        "number": ident.upper(), "status": "draft", "amount_minor": 96_000, "currency": "EUR",
        "period_start_on": date(2026, 2, 1), "period_end_on": date(2026, 2, 28), "minutes": 480,
        "drafted_on": date(2026, 3, 1),
    }  # fmt: skip
    return Invoice(**(values | more))


@pytest.fixture
def billed(desk: Desk) -> Desk:
    """One day of eight hours at 120.00, and a draft over just that."""
    day = TimeEntry(
        id="tim-1", authors=ERP, project_id="prj-one", person_id="per-ann", day=date(2026, 2, 10), minutes=480,
        rate_minor=12_000, currency="EUR", status="approved",
    )  # fmt: skip
    desk.firm.put(day, invoice(), Period(id="2026-02", authors=ERP, status="open"))
    return desk


def test_a_clean_draft_is_to_be_released_with_its_own_amount(billed: Desk) -> None:
    outcome = billed.run("erp.invoice.drafted", invoice_id="inv-1")
    assert tools(outcome) == ["release_invoice"]
    assert args(outcome, "release_invoice") == {"invoice_id": "inv-1", "amount_minor": 96_000, "currency": "EUR"}


@pytest.mark.parametrize(
    ("key", "change", "says"),
    [
        ("invoice/inv-1", {"amount_minor": 110_000}, "EUR 960.00"),
        ("invoice/inv-1", {"amount_minor": 0}, "not positive"),
        ("invoice/inv-1", {"currency": "USD"}, "not the contract's"),
        ("period/2026-02", {"status": "closed"}, "2026-02"),
        ("contract/ctr-one", {"cap_minor": 90_000}, "allows EUR 900.00"),
        ("time_entry/tim-1", {"status": "flagged"}, "1 of the period's"),
        ("contract/ctr-one", {"type": "fixed_price", "value_minor": 95_000}, "allows EUR 950.00"),
        ("contract/ctr-one", {"type": "retainer", "value_minor": 100_000, **YEAR}, "worth EUR 83.33"),
    ],
)
def test_each_flaw_alone_holds_the_invoice(billed: Desk, key: str, change: dict[str, Any], says: str) -> None:
    billed.firm.change(key, **change)
    outcome = billed.run("erp.invoice.drafted", invoice_id="inv-1")
    assert tools(outcome) == ["hold_invoice"]
    assert says in args(outcome, "hold_invoice")["reason"]
    assert outcome.proposals[0].ungrounded == []


def test_of_a_retainer_each_month_is_an_equal_part(billed: Desk) -> None:
    billed.firm.change("contract/ctr-one", type="retainer", value_minor=12 * 96_000, **YEAR)
    assert tools(billed.run("erp.invoice.drafted", invoice_id="inv-1")) == ["release_invoice"]
    billed.firm.change("invoice/inv-1", period_start_on=date(2026, 1, 1))
    assert tools(billed.run("erp.invoice.drafted", invoice_id="inv-1")) == ["hold_invoice"]


def test_the_same_month_twice_is_held(billed: Desk) -> None:
    billed.firm.put(invoice("inv-2", status="released"))
    outcome = billed.run("erp.invoice.drafted", invoice_id="inv-1")
    assert "INV-2" in args(outcome, "hold_invoice")["reason"]


def test_rounding_within_one_percent_is_no_flaw(billed: Desk) -> None:
    billed.firm.change("invoice/inv-1", amount_minor=96_900)
    assert tools(billed.run("erp.invoice.drafted", invoice_id="inv-1")) == ["release_invoice"]


def test_what_is_no_draft_any_more_is_left_alone(billed: Desk) -> None:
    billed.firm.change("invoice/inv-1", status="released")
    assert billed.run("erp.invoice.drafted", invoice_id="inv-1").proposals == []


def test_a_kind_that_people_keep_dismissing_holds_nothing_back_and_is_still_told(billed: Desk) -> None:
    billed.firm.change("invoice/inv-1", amount_minor=110_000)
    billed.learned = Learned({"amount_differs": Tally(confirmed=2, dismissed=30)})
    outcome = billed.run("erp.invoice.drafted", invoice_id="inv-1")
    assert tools(outcome) == ["release_invoice"]
    assert "worth EUR 960.00" in outcome.proposals[0].rationale
    assert [(one.kind, one.confidence) for one in outcome.proposals[0].findings] == [("amount_differs", 27)]


def test_an_invoice_without_a_contract_is_held_whatever_was_said_of_others(billed: Desk) -> None:
    billed.firm.change("invoice/inv-1", contract_id="ctr-gone")
    billed.learned = Learned({"contract_missing": Tally(dismissed=500)})
    outcome = billed.run("erp.invoice.drafted", invoice_id="inv-1")
    assert tools(outcome) == ["hold_invoice"]
    assert "no contract ctr-gone" in args(outcome, "hold_invoice")["reason"]
