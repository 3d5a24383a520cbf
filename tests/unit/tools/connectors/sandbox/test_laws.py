"""What must hold for every tool: one effect a key, a read-back that tells truth from lie, an undo that restores."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.actions import ACTIONS, Action, parse_action
from tools.connectors.sandbox import Sandbox
from tools.records import (
    ChangeRequest,
    Contract,
    Customer,
    Forecast,
    Invoice,
    Milestone,
    Person,
    Project,
    Record,
    Ticket,
    TimeEntry,
)
from tools.registry import TOOLS
from tools.write_port import Refused, Uncertain

TODAY = date(2026, 3, 18)
LINES = st.from_regex(r"[A-Za-zäöü0-9][A-Za-zäöü0-9 .,'€\u200f]{0,38}[A-Za-z0-9]", fullmatch=True)
DAYS = st.integers(0, 300).map(lambda days: TODAY + timedelta(days=days))
Draw = Callable[[st.SearchStrategy[Any]], Any]
Give = Callable[[Draw, Sandbox], dict[str, Any]]


def _one(draw: Draw, firm: Sandbox, model: type[Record], **where: str) -> Any:
    return draw(st.sampled_from(firm.find(model, where, 10_000)))


def _span(draw: Draw) -> dict[str, str]:
    start = draw(DAYS)
    return {"start_on": str(start), "end_on": str(start + timedelta(days=draw(st.integers(0, 200))))}


def _create_project(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    contract = _one(draw, firm, Contract, status="active")
    return {
        "name": draw(LINES), "customer_id": contract.customer_id, "contract_id": contract.id, "unit": contract.unit,
        **_span(draw), "budget_minor": draw(st.integers(1, 10**10)), "currency": contract.currency,
        **({"lead_id": _one(draw, firm, Person).id} if draw(st.booleans()) else {}),
    }  # fmt: skip


def _tasks(draw: Draw, firm: Sandbox) -> list[dict[str, Any]]:
    return [
        {"title": draw(LINES), "assignee_id": _one(draw, firm, Person).id, "due_on": str(draw(DAYS))}
        for _ in range(draw(st.integers(1, 4)))
    ]


def _other_day(draw: Draw, day: date) -> str:
    return str(draw(DAYS.filter(lambda found: found != day)))


def _shift_milestone(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    milestone = _one(draw, firm, Milestone, status="planned")
    return {"milestone_id": milestone.id, "due_on": _other_day(draw, milestone.due_on), "reason": draw(LINES)}


def _update_forecast(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    forecast = _one(draw, firm, Forecast)
    finish = max(date.fromisoformat(_other_day(draw, forecast.finish_on)), TODAY + timedelta(days=90))
    minutes = forecast.remaining_minutes + draw(st.integers(1, 90_000))
    return {"project_id": forecast.id, "remaining_minutes": minutes, "finish_on": str(finish)}


def _change_budget(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    project = _one(draw, firm, Project, status="running")
    budget = project.budget_minor + draw(st.integers(1, 10**9))
    return {"project_id": project.id, "budget_minor": budget, "currency": project.currency, "reason": draw(LINES)}


def _create_change_order(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    request = _one(draw, firm, ChangeRequest)
    project = firm.get(Project, request.project_id)
    assert project is not None
    return {
        "project_id": project.id, "title": draw(LINES), "minutes": draw(st.integers(0, 60_000)),
        "amount_minor": draw(st.integers(0, 10**9)), "currency": project.currency,
        **({"change_request_id": request.id} if draw(st.booleans()) else {}),
    }  # fmt: skip


def _sync_contract_terms(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    contract = _one(draw, firm, Contract)
    system, term = (
        draw(st.sampled_from(["crm", "erp"])),
        draw(st.sampled_from(["value_minor", "hourly_rate_minor", "start_on", "end_on", "payment_days", "currency"])),
    )
    held = getattr(contract, f"{system}_{term}")
    if term in ("start_on", "end_on"):
        value: object = str(held + timedelta(days=draw(st.integers(1, 400))))
    elif term == "currency":
        value = "CHF"
    else:
        value = held + draw(st.integers(1, 200))
    return {"contract_id": contract.id, "system": system, "term": term, "value": value}


def _released(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    """A draft whose month is still open: the firm keeps February and March open in March."""
    drafts = [one for one in firm.find(Invoice, {"status": "draft"}) if one.period_end_on >= date(2026, 2, 1)]
    invoice = draw(st.sampled_from(drafts))
    return {"invoice_id": invoice.id, "amount_minor": invoice.amount_minor, "currency": invoice.currency}


def _write_off(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    invoice = _one(draw, firm, Invoice, status="released")
    amount = draw(st.integers(1, invoice.amount_minor))
    return {"invoice_id": invoice.id, "amount_minor": amount, "currency": invoice.currency, "reason": draw(LINES)}


def _before(tool: str, give: Give, *kept: str) -> Give:
    """The arguments of the tool that takes back what `tool` did just before."""

    def given_after(draw: Draw, firm: Sandbox) -> dict[str, Any]:
        args = give(draw, firm)
        firm.apply(parse_action(tool, args), "before")
        return {name: args[name] for name in kept}

    return given_after


def _hold(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    return {"invoice_id": _one(draw, firm, Invoice, status="draft").id, "reason": draw(LINES)}


def _flag(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    status = draw(st.sampled_from(["submitted", "approved"]))
    return {"time_entry_id": _one(draw, firm, TimeEntry, status=status).id, "reason": draw(LINES)}


def _message(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    customer = _one(draw, firm, Customer)
    return {
        "customer_id": customer.id, "recipient": f"someone@{customer.mail_domain}", "subject": draw(LINES),
        "body": draw(LINES),
    }  # fmt: skip


def _recall(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    receipt = firm.apply(parse_action("send_customer_message", _message(draw, firm)), "before")
    return {"message_id": receipt.result["message_id"]}


def _priority(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    ticket = _one(draw, firm, Ticket, status="open")
    others = [level for level in ("p1", "p2", "p3", "p4") if level != ticket.priority]
    return {"ticket_id": ticket.id, "priority": draw(st.sampled_from(others))}


def _cancel(draw: Draw, firm: Sandbox) -> dict[str, Any]:
    tool, kind = draw(st.sampled_from([
        ("create_project", "project"), ("provision_workspace", "workspace"), ("create_task", "task"),
        ("create_onboarding_tasks", "task"), ("assign_person", "assignment"), ("create_change_order", "change_order"),
        ("open_renewal", "renewal"),
    ]))  # fmt: skip
    result = firm.apply(parse_action(tool, GIVE[tool](draw, firm)), "before").result
    return {"kind": kind, "ids": result.get("task_ids") or [result[f"{kind}_id"]]}


GIVE: dict[str, Give] = {
    "create_project": _create_project,
    "provision_workspace": lambda draw, firm: {
        "project_id": _one(draw, firm, Project, status="running").id, "name": draw(LINES),
        "type": draw(st.sampled_from(["channel", "drive", "repository"])),
    },
    "create_onboarding_tasks": lambda draw, firm: {
        "about_kind": "project", "about": _one(draw, firm, Project).id, "tasks": _tasks(draw, firm),
    },
    "assign_person": lambda draw, firm: {
        "project_id": _one(draw, firm, Project, status="running").id, "person_id": _one(draw, firm, Person).id,
        "role": draw(LINES), **_span(draw), "percent": draw(st.integers(1, 100)),
        "status": draw(st.sampled_from(["tentative", "requested", "confirmed"])),
    },
    "shift_milestone": _shift_milestone,
    "update_forecast": _update_forecast,
    "change_budget": _change_budget,
    "create_change_order": _create_change_order,
    "sync_contract_terms": _sync_contract_terms,
    "hold_invoice": _hold,
    "resume_invoice": _before("hold_invoice", _hold, "invoice_id"),
    "release_invoice": _released,
    "flag_time_entry": _flag,
    "unflag_time_entry": _before("flag_time_entry", _flag, "time_entry_id"),
    "write_off": _write_off,
    "reverse_write_off": _before("write_off", _write_off, "invoice_id", "amount_minor", "currency"),
    "send_customer_message": _message,
    "recall_message": _recall,
    "notify_channel": lambda draw, firm: {"channel": _one(draw, firm, Project).channel, "text": draw(LINES)},
    "create_task": lambda draw, firm: _tasks(draw, firm)[0] | {"description": draw(LINES), "about": draw(LINES)},
    "set_ticket_priority": _priority,
    "open_renewal": lambda draw, firm: {
        "contract_id": _one(draw, firm, Contract, status="active").id, "owner_id": _one(draw, firm, Person).id,
        "due_on": str(draw(DAYS)),
    },
    "cancel_record": _cancel,
}  # fmt: skip


State = dict[tuple[object, object], object]


def _state(firm: Sandbox) -> State:
    """Every record's stored text."""
    return {(kind, ident): body for kind, ident, body in firm._store.rows("SELECT kind, id, body FROM record")}


def _values(body: object) -> dict[str, Any]:
    """A record's values, leaving aside how often and by whom they were written."""
    record: dict[str, Any] = json.loads(str(body))
    return {field: value for field, value in record.items() if field not in ("version", "authors")}


def _moved(before: State, after: State) -> list[tuple[object, object]]:
    """Records of `before` whose values are others in `after`."""
    return [
        key for key, body in before.items() if body != after.get(key) and _values(body) != _values(after.get(key, "{}"))
    ]


def _action(data: st.DataObject, firm: Sandbox, tool: str) -> Action:
    return parse_action(tool, GIVE[tool](data.draw, firm))


every_tool = pytest.mark.parametrize("tool", sorted(ACTIONS))
few = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def test_every_tool_has_honest_arguments() -> None:
    assert GIVE.keys() == ACTIONS.keys()


@every_tool
@few
@given(data=st.data())
def test_the_same_key_takes_effect_once(open_firm: Any, tool: str, data: st.DataObject) -> None:
    with open_firm() as firm:
        action = _action(data, firm, tool)
        before = _state(firm)
        first = firm.apply(action, "key")
        once = _state(firm)
        assert firm.apply(action, "key") == first == firm.lookup("key")
        assert _state(firm) == once
        entry = firm.ledger()[-1]
        assert (entry["key"], entry["tool"], entry["count"], entry["calls"]) == ("key", tool, 1, 2)
        assert entry["args_digest"] == action.digest()
        assert TOOLS[tool].confirm(action, first, firm) == []
        assert before != once


@every_tool
@few
@given(data=st.data())
def test_a_lie_changes_nothing_and_is_found_by_the_read_back(open_firm: Any, tool: str, data: st.DataObject) -> None:
    with open_firm() as firm:
        action = _action(data, firm, tool)
        before = _state(firm)
        firm.fault("lie", tool, count=1)
        receipt = firm.apply(action, "key")
        assert _state(firm) == before
        assert firm.ledger()[-1]["count"] == 0
        assert TOOLS[tool].confirm(action, receipt, firm) != []
        # The next honest effect must not make the old lie look true.
        if tool.startswith(("create", "assign", "provision", "send", "notify", "open")):
            firm.apply(action, "another")
            assert TOOLS[tool].confirm(action, receipt, firm) != []


@every_tool
@few
@given(data=st.data())
def test_the_inverse_restores_what_was(open_firm: Any, tool: str, data: st.DataObject) -> None:
    with open_firm() as firm:
        action = _action(data, firm, tool)
        before = _state(firm)
        receipt = firm.apply(action, "key")
        inverse = TOOLS[tool].inverse(action, receipt)
        assert (inverse is None) == (TOOLS[tool].reversibility == "irreversible")
        if inverse is None:
            return
        undone = firm.apply(inverse, "undo")
        assert TOOLS[inverse.tool].confirm(inverse, undone, firm) == []
        after = _state(firm)
        assert _moved(before, after) == []
        left = {_values(after[key])["status"] for key in after.keys() - before.keys()}
        assert left <= {"cancelled", "released", "recalled"}


@every_tool
@few
@given(data=st.data())
def test_a_time_out_leaves_one_effect_whichever_side_it_fell(open_firm: Any, tool: str, data: st.DataObject) -> None:
    with open_firm() as firm:
        action = _action(data, firm, tool)
        before = _state(firm)
        firm.fault("timeout_before_apply", tool, count=1)
        with pytest.raises(Uncertain):
            firm.apply(action, "key")
        assert firm.lookup("key") is None
        assert _state(firm) == before
        firm.fault("timeout_after_apply", tool, count=1)
        with pytest.raises(Uncertain):
            firm.apply(action, "key")
        receipt = firm.lookup("key")
        assert receipt is not None
        assert firm.apply(action, "key") == receipt
        assert firm.ledger()[-1]["count"] == 1
        assert TOOLS[tool].confirm(action, receipt, firm) == []


@few
@given(data=st.data(), tools=st.lists(st.sampled_from(sorted(ACTIONS)), min_size=2, max_size=2, unique=True))
def test_a_key_never_stands_for_a_second_action(open_firm: Any, data: st.DataObject, tools: list[str]) -> None:
    with open_firm() as firm:
        first = _action(data, firm, tools[0])
        firm.apply(first, "key")
        other = parse_action("notify_channel", {"channel": "elsewhere", "text": "something else"})
        before = _state(firm)
        with pytest.raises(Refused, match="another action"):
            firm.apply(other, "key")
        assert _state(firm) == before
        assert firm.ledger()[-1]["calls"] == 1
