"""The money at stake, by what the records say of it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tools.conftest import MORNING
from tools.actions import parse_action
from tools.reach import Reach
from tools.records import Contract, Invoice, Milestone, Person, Project, Record
from tools.registry import TOOLS
from tools.values import Money

CONTRACT = Contract(
    id="ctr", customer_id="cus", title="t", type="fixed_price", status="active", start_on=date(2026, 1, 1),
    end_on=date(2026, 12, 31), value_minor=1_000, currency="EUR", hourly_rate_minor=100, erp_value_minor=900,
    erp_hourly_rate_minor=90,
)  # fmt: skip
PROJECT = Project(
    id="prj", customer_id="cus", contract_id="ctr", name="n", status="running", start_on=date(2026, 1, 1),
    end_on=date(2026, 12, 31), budget_minor=700, currency="EUR",
)  # fmt: skip
MILESTONE = Milestone(
    id="mst", project_id="prj", name="n", due_on=date(2026, 5, 1), status="planned", amount_minor=250, currency="EUR"
)
PERSON = Person(
    id="per", name="n", email="a@b.example", title="t", cost_rate_minor=1, bill_rate_minor=6_000, currency="EUR",
    weekly_minutes=2_400, starts_on=date(2020, 1, 1),
)  # fmt: skip
INVOICE = Invoice(
    id="inv", customer_id="cus", project_id="prj", contract_id="ctr", number="1", status="held", amount_minor=-80,
    currency="EUR", period_start_on=date(2026, 1, 1), period_end_on=date(2026, 1, 31), drafted_on=date(2026, 2, 1),
)  # fmt: skip
EVERYTHING: list[Record] = [CONTRACT, PROJECT, MILESTONE, PERSON, INVOICE]
SYNC = {"contract_id": "ctr", "system": "erp"}
WEEK = {"project_id": "prj", "person_id": "per", "role": "r", "start_on": "2026-04-06", "end_on": "2026-04-12"}
BUDGET = {"project_id": "prj", "currency": "EUR", "reason": "r"}


def _stake(tool: str, args: dict[str, Any], records: list[Record]) -> Money | None:
    reached = Reach(subject=None, read_at=MORNING, records={str(record.key): record for record in records})
    return TOOLS[tool].stake(parse_action(tool, args), reached)


@pytest.mark.parametrize(
    ("tool", "args", "minor"),
    [
        ("change_budget", BUDGET | {"budget_minor": 900}, 200),
        ("change_budget", BUDGET | {"budget_minor": 500}, 200),
        ("change_budget", BUDGET | {"budget_minor": 500, "currency": "USD"}, 500),
        ("assign_person", WEEK | {"percent": 100}, 40 * 6_000),
        ("assign_person", WEEK | {"percent": 1}, 2_400),
        ("shift_milestone", {"milestone_id": "mst", "due_on": "2026-06-01", "reason": "r"}, 250),
        ("sync_contract_terms", SYNC | {"term": "value_minor", "value": 1_000}, 100),
        ("sync_contract_terms", SYNC | {"term": "hourly_rate_minor", "value": 100}, 1_000),
        ("sync_contract_terms", SYNC | {"term": "end_on", "value": "2026-12-31"}, 1_000),
        ("resume_invoice", {"invoice_id": "inv"}, 80),
        ("open_renewal", {"contract_id": "ctr", "owner_id": "per", "due_on": "2026-12-01"}, 1_000),
        ("write_off", {"invoice_id": "inv", "amount_minor": 5, "currency": "EUR", "reason": "r"}, 5),
        ("release_invoice", {"invoice_id": "inv", "amount_minor": 80, "currency": "EUR"}, 80),
        (
            "create_change_order",
            {"project_id": "prj", "title": "t", "minutes": 1, "amount_minor": 7, "currency": "EUR"},
            7,
        ),
    ],
)
def test_with_the_records_in_reach(tool: str, args: dict[str, Any], minor: int) -> None:
    found = _stake(tool, args, EVERYTHING)
    assert found is not None
    assert found.amount_minor == minor


def test_a_budget_whose_project_is_out_of_reach_is_at_stake_whole() -> None:
    assert _stake("change_budget", BUDGET | {"budget_minor": 900}, []) == Money(amount_minor=900, currency="EUR")


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("hold_invoice", {"invoice_id": "inv", "reason": "r"}),
        ("notify_channel", {"channel": "x", "text": "t"}),
        ("send_customer_message", {"customer_id": "cus", "recipient": "a@b.example", "subject": "s", "body": "b"}),
    ],
)
def test_where_no_money_moves(tool: str, args: dict[str, Any]) -> None:
    assert _stake(tool, args, EVERYTHING) is None


@given(days=st.integers(1, 400), percent=st.integers(1, 100))
def test_an_assignment_s_stake_is_exact_and_rounded_up(days: int, percent: int) -> None:
    end = date.fromordinal(date(2026, 4, 6).toordinal() + days - 1)
    found = _stake("assign_person", WEEK | {"end_on": str(end), "percent": percent}, EVERYTHING)
    assert found is not None
    exact = days * 2_400 * percent * 6_000
    assert found.amount_minor * 42_000 >= exact > (found.amount_minor - 1) * 42_000
