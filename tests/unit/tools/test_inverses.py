"""Undo: from what stood before, and nothing where nothing stood. The sandbox's laws hold it for every tool."""

from typing import Any

import pytest

from tests.unit.tools.conftest import MORNING
from tools.actions import Action, parse_action
from tools.receipt import Receipt
from tools.registry import TOOLS


def _inverse(tool: str, args: dict[str, Any], result: dict[str, Any], before: dict[str, Any]) -> Action | None:
    receipt = Receipt(key="k", tool=tool, result=result, before=before, applied_at=MORNING)
    return TOOLS[tool].inverse(parse_action(tool, args), receipt)


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("shift_milestone", {"milestone_id": "m", "due_on": "2026-04-01", "reason": "r"}),
        ("update_forecast", {"project_id": "p", "remaining_minutes": 1, "finish_on": "2026-04-01"}),
        ("sync_contract_terms", {"contract_id": "c", "system": "erp", "term": "value_minor", "value": 5}),
        ("change_budget", {"project_id": "p", "budget_minor": 5, "currency": "EUR", "reason": "r"}),
        ("set_ticket_priority", {"ticket_id": "t", "priority": "p1"}),
    ],
)
def test_nothing_stood_before(tool: str, args: dict[str, Any]) -> None:
    assert _inverse(tool, args, {}, {}) is None


def test_the_value_before_comes_back_with_its_type() -> None:
    term = {"contract_id": "c", "system": "erp", "term": "end_on", "value": "2027-01-01"}
    undo = _inverse("sync_contract_terms", term, {}, {"value": "2026-01-01"})
    assert undo == parse_action("sync_contract_terms", term | {"value": "2026-01-01"})


def test_zero_is_a_value_that_stood_before() -> None:
    forecast = {"project_id": "p", "remaining_minutes": 60, "finish_on": "2026-04-01"}
    undo = _inverse("update_forecast", forecast, {}, {"remaining_minutes": 0, "finish_on": "2026-04-01"})
    assert undo == parse_action("update_forecast", forecast | {"remaining_minutes": 0})


def test_a_hold_is_restored_with_its_reason() -> None:
    undo = _inverse("resume_invoice", {"invoice_id": "i"}, {}, {"status": "held", "hold_reason": "over the cap"})
    assert undo == parse_action("hold_invoice", {"invoice_id": "i", "reason": "over the cap"})
    assert _inverse("resume_invoice", {"invoice_id": "i"}, {}, {}) is not None


@pytest.mark.parametrize("tool", [tool for tool, spec in TOOLS.items() if spec.reversibility == "irreversible"])
def test_what_cannot_be_taken_back_has_no_inverse(tool: str) -> None:
    receipt = Receipt(key="k", tool=tool, result={}, applied_at=MORNING)
    assert TOOLS[tool].inverse(Action.model_construct(tool=tool), receipt) is None
