"""Our own writes never turn an outsider's word, or a model's, into a trusted record."""

from typing import Any

import pytest

from tools.actions import parse_action
from tools.connectors.sandbox import Sandbox
from tools.facts import Trust
from tools.records import RECORDS, ChangeOrder, Contact, Contract, Forecast, Invoice, Milestone, Project, Task


def test_a_project_of_ours_supports_its_customer_and_not_its_name(firm: Sandbox) -> None:
    contract = firm.find(Contract, {"status": "active"})[0]
    args = {
        "name": "chosen words", "customer_id": contract.customer_id, "contract_id": contract.id, "unit": "Advisory",
        "start_on": "2026-04-01", "end_on": "2026-06-01", "budget_minor": contract.value_minor,
        "currency": contract.currency,
    }  # fmt: skip
    ident = firm.apply(parse_action("create_project", args), "cs_1").result["project_id"]
    project = firm.get(Project, str(ident))
    assert project is not None
    for field in ("customer_id", "contract_id", "start_on", "budget_minor", "currency", "unit", "status"):
        assert project.trust(field) is Trust.SYSTEM, field
    assert project.author("name") == "assistant/cs_1"
    assert project.trust("name") is Trust.CUSTOMER


def test_amounts_that_no_record_supports_stay_untrusted(firm: Sandbox) -> None:
    args = {"project_id": "prj-01", "title": "t", "minutes": 600, "amount_minor": 90_000, "currency": "EUR"}
    project = firm.get(Project, "prj-01")
    assert project is not None
    ident = firm.apply(parse_action("create_change_order", args | {"currency": project.currency}), "k").result
    order = firm.get(ChangeOrder, str(ident["change_order_id"]))
    assert order is not None
    assert [order.trust(field) for field in ("minutes", "amount_minor", "title")] == [Trust.CUSTOMER] * 3
    assert order.trust("project_id") is Trust.SYSTEM


def test_a_day_from_an_event_alone_stays_untrusted(firm: Sandbox) -> None:
    milestone = firm.find(Milestone, {"status": "planned"})[0]
    args = {"milestone_id": milestone.id, "due_on": "2027-09-09", "reason": "r"}
    firm.apply(parse_action("shift_milestone", args), "k")
    after = firm.get(Milestone, milestone.id)
    assert after is not None
    assert after.trust("due_on") is Trust.CUSTOMER
    assert after.author("name") == milestone.author("name")


def test_a_value_restated_keeps_its_author(firm: Sandbox) -> None:
    forecast = firm.find(Forecast, {})[0]
    args = {"project_id": forecast.id, "remaining_minutes": forecast.remaining_minutes, "finish_on": "2027-09-09"}
    firm.apply(parse_action("update_forecast", args), "k")
    after = firm.get(Forecast, forecast.id)
    assert after is not None
    assert after.author("remaining_minutes") == forecast.author("remaining_minutes")
    assert after.author("finish_on") == "system/countersign"


def test_a_hold_is_the_firm_s_and_its_reason_nobody_s(firm: Sandbox) -> None:
    draft = firm.find(Invoice, {"status": "draft"})[0]
    firm.apply(parse_action("hold_invoice", {"invoice_id": draft.id, "reason": "because"}), "k")
    held = firm.get(Invoice, draft.id)
    assert held is not None
    assert (held.author("status"), held.author("hold_reason")) == ("system/sandbox", "assistant/k")
    assert held.author("amount_minor") == draft.author("amount_minor")


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("create_task", {"title": "t", "assignee_id": "per-01", "due_on": "2026-04-01", "description": "d"}),
        ("notify_channel", {"channel": "#prj-01", "text": "t"}),
        ("send_customer_message",
         {"customer_id": "cus-01", "recipient": "x@y.example", "subject": "s", "body": "b"}),
        ("open_renewal", {"contract_id": "ctr-05", "owner_id": "per-02", "due_on": "2026-04-01"}),
    ],
)  # fmt: skip
def test_words_and_choices_are_never_trusted(firm: Sandbox, tool: str, args: dict[str, Any]) -> None:
    result = firm.apply(parse_action(tool, args), "k").result
    field, ident = next((name, value) for name, value in result.items() if name.endswith("_id"))
    record = firm.get(RECORDS[field.removesuffix("_id")], str(ident))  # type: ignore[index]
    assert record is not None
    free = {"title", "description", "text", "subject", "body", "due_on", "about", "channel"} & type(
        record
    ).model_fields.keys()
    assert {record.trust(field) for field in free} == {Trust.CUSTOMER}


def test_no_tool_writes_a_contact(firm: Sandbox) -> None:
    before = firm.find(Contact, {}, 1_000)
    args = {"customer_id": "cus-01", "recipient": "new@nowhere.example", "subject": "s", "body": "b"}
    firm.apply(parse_action("send_customer_message", args), "k")
    assert firm.find(Contact, {}, 1_000) == before
    assert firm.find(Task, {}) == []
