"""Read-back on what differs in part; the sandbox's laws hold it against every tool's whole effect and whole lie."""

from typing import Any

import pytest

from tests.unit.tools.conftest import MORNING
from tools.actions import parse_action
from tools.connectors.sandbox import Sandbox
from tools.readback import overtaken
from tools.receipt import Receipt
from tools.records import Milestone, Project, Ticket
from tools.registry import TOOLS


def _confirm(firm: Sandbox, tool: str, args: dict[str, Any], **result: Any) -> list[str]:
    receipt = Receipt(key="k", tool=tool, result=result, applied_at=MORNING)
    return TOOLS[tool].confirm(parse_action(tool, args), receipt, firm)


TASK = {"title": "t", "assignee_id": "per-01", "due_on": "2026-04-01"}


@pytest.mark.parametrize("result", [{}, {"task_id": None}, {"task_id": 7}, {"task_id": "tsk-404"}, {"id": "tsk-001"}])
def test_a_receipt_that_names_no_record(firm: Sandbox, result: dict[str, Any]) -> None:
    assert _confirm(firm, "create_task", TASK, **result) != []


def test_each_field_that_differs_is_named_without_its_value(firm: Sandbox) -> None:
    made = firm.apply(parse_action("create_task", TASK), "k").result["task_id"]
    assert _confirm(firm, "create_task", TASK, task_id=made) == []
    assert _confirm(firm, "create_task", TASK | {"title": "u", "about": "x"}, task_id=made) == [
        f"task {made}: title is not what was asked for",
        f"task {made}: about is not what was asked for",
    ]


def test_what_was_changed_again_since_is_overtaken(firm: Sandbox) -> None:
    ticket = firm.find(Ticket, {"status": "open"})[0].id
    first = firm.apply(parse_action("set_ticket_priority", {"ticket_id": ticket, "priority": "p1"}), "k")
    assert not overtaken(first, firm)
    second = firm.apply(parse_action("set_ticket_priority", {"ticket_id": ticket, "priority": "p3"}), "l")
    assert overtaken(first, firm)
    assert not overtaken(second, firm)


def test_a_lie_and_a_receipt_that_names_no_version_are_not_overtaken(firm: Sandbox) -> None:
    ticket = firm.find(Ticket, {"status": "open"})[0].id
    firm.fault("lie", "set_ticket_priority", 1)
    lie = firm.apply(parse_action("set_ticket_priority", {"ticket_id": ticket, "priority": "p1"}), "k")
    firm.apply(parse_action("set_ticket_priority", {"ticket_id": ticket, "priority": "p3"}), "l")
    assert not overtaken(lie, firm)
    assert not overtaken(lie.model_copy(update={"versions": {}}), firm)
    assert not overtaken(lie.model_copy(update={"versions": {"ticket/tic-404": 0}}), firm)


def test_as_many_tasks_as_were_asked_for(firm: Sandbox) -> None:
    args = {"about_kind": "project", "about": "prj-01", "tasks": [TASK, TASK | {"title": "u"}]}
    made = firm.apply(parse_action("create_onboarding_tasks", args), "k").result["task_ids"]
    assert isinstance(made, list)
    assert _confirm(firm, "create_onboarding_tasks", args, task_ids=made) == []
    for wrong in (made[:1], made[::-1], None, "tsk-001", [made[0], "tsk-404"]):
        assert _confirm(firm, "create_onboarding_tasks", args, task_ids=wrong) != []


def test_a_value_that_somebody_changed_in_between_is_seen(firm: Sandbox) -> None:
    milestone = firm.find(Milestone, {"status": "planned"})[0]
    args = {"milestone_id": milestone.id, "due_on": "2026-12-01", "reason": "r"}
    receipt = firm.apply(parse_action("shift_milestone", args), "k")
    firm.apply(parse_action("shift_milestone", args | {"due_on": "2026-12-02"}), "l")
    assert TOOLS["shift_milestone"].confirm(parse_action("shift_milestone", args), receipt, firm) != []


def test_a_write_off_without_its_total_is_not_confirmed(firm: Sandbox) -> None:
    args = {"invoice_id": "inv-001", "amount_minor": 1, "currency": "EUR", "reason": "r"}
    assert _confirm(firm, "write_off", args) != []


def test_a_budget_in_another_currency_is_not_the_one_asked_for(firm: Sandbox) -> None:
    project = firm.get(Project, "prj-01")
    assert project is not None
    args = {"project_id": project.id, "budget_minor": project.budget_minor, "currency": "CHF", "reason": "r"}
    assert _confirm(firm, "change_budget", args) != []
