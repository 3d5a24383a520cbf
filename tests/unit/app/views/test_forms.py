from typing import Any

import pytest

from app.errors import Problem
from app.views.forms import PREFIX, args_of, fields_of
from tools.actions import ACTIONS, parse_action

PROPOSAL = "prp_" + "0" * 26
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "create_project": [{
        "name": "Portal", "customer_id": "cus-1", "contract_id": "ctr-1", "unit": "Data & AI", "start_on": "2026-03-02",
        "end_on": "2026-06-30", "budget_minor": 100, "currency": "EUR",
    }],
    "provision_workspace": [
        {"project_id": {"$ref": f"{PROPOSAL}/result/project_id"}, "type": "drive", "name": "Portal"},
        {"project_id": "prj-1", "type": "channel", "name": "portal"},
    ],
    "create_onboarding_tasks": [{
        "about_kind": "project", "about": "prj-1",
        "tasks": [{"title": "Badge", "assignee_id": "per-1", "due_on": "2026-03-02"}],
    }],
    "sync_contract_terms": [
        {"contract_id": "ctr-1", "system": "erp", "term": "payment_days", "value": 45},
        {"contract_id": "ctr-1", "system": "crm", "term": "end_on", "value": "2026-12-31"},
        {"contract_id": "ctr-1", "system": "crm", "term": "type", "value": "fixed_price"},
    ],
    "send_customer_message": [{
        "customer_id": "cus-1", "recipient": "a@b.example", "subject": "Hello", "body": "Dear all,\n\nyes.\n\nBye",
        "language": "en",
    }],
    "create_task": [{"title": "Look", "assignee_id": "per-1", "due_on": "2026-03-02"}],
    "cancel_record": [{"kind": "task", "ids": ["tsk-1", "tsk-2"]}],
    "write_off": [{"invoice_id": "inv-1", "amount_minor": 5, "currency": "EUR", "reason": "agreed\nby phone"}],
}  # fmt: skip
CASES = [(tool, args) for tool, several in EXAMPLES.items() for args in several]


@pytest.mark.parametrize(("tool", "args"), CASES)
def test_a_form_sent_back_unchanged_gives_the_same_arguments(tool: str, args: dict[str, Any]) -> None:
    action = parse_action(tool, args)
    form = {PREFIX + field.name: field.text for field in fields_of(tool, action.args())}
    assert parse_action(tool, args_of(tool, form)).digest() == action.digest()


@pytest.mark.parametrize("tool", sorted(ACTIONS))
def test_every_tool_has_a_form(tool: str) -> None:
    fields = fields_of(tool, {})
    assert {field.name for field in fields} == ACTIONS[tool].model_fields.keys() - {"tool"}
    assert args_of(tool, {PREFIX + field.name: field.text for field in fields}) == {}


def test_widgets_fit_their_fields() -> None:
    widgets = {field.name: field.widget for field in fields_of("assign_person", {"project_id": "prj-1"})}
    assert widgets == {
        "project_id": "line", "person_id": "line", "role": "line", "start_on": "date", "end_on": "date",
        "percent": "number", "status": "choice",
    }  # fmt: skip
    assert {field.name: field.widget for field in fields_of("write_off", {})}["reason"] == "text"


def test_what_is_wrong_is_named_and_shown_beside_its_field() -> None:
    form = {PREFIX + "amount_minor": "a lot", PREFIX + "invoice_id": "inv-1"}
    with pytest.raises(Problem) as refused:
        args_of("write_off", form)
    assert [error.pointer for error in refused.value.errors] == ["/args/amount_minor"]
    shown = {field.name: field.error for field in fields_of("write_off", {}, refused.value.errors)}
    assert shown["amount_minor"] == "must be a whole number"
    assert shown["invoice_id"] is None


def test_json_that_is_none_is_named() -> None:
    with pytest.raises(Problem) as refused:
        args_of("cancel_record", {PREFIX + "ids": "[", PREFIX + "kind": "task"})
    assert refused.value.errors[0].pointer == "/args/ids"


def test_fields_of_another_form_are_left_aside() -> None:
    assert args_of("hold_invoice", {"csrf": "x", PREFIX + "tool": "write_off", PREFIX + "invoice_id": "inv-1"}) == {
        "invoice_id": "inv-1"
    }
