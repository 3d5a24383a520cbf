from typing import Any, cast

import pytest

from app.context import Context
from app.views.labels import Labels
from app.views.sentences import SENTENCES
from tools.actions import ACTIONS
from tools.ports import SourceUnavailable


class _Unreachable:
    """Connectors of a firm whose system does not answer."""

    def reader(self, tenant: str) -> object:
        raise SourceUnavailable(tenant)


class _Context:
    connectors = _Unreachable()


@pytest.fixture
def labels() -> Labels:
    return Labels(cast(Context, _Context()), "acme")


def test_every_tool_has_a_sentence() -> None:
    assert SENTENCES.keys() == ACTIONS.keys()


@pytest.mark.parametrize("tool", sorted(ACTIONS))
def test_a_sentence_asks_for_nothing_that_an_action_does_not_have(labels: Labels, tool: str) -> None:
    """With all arguments given, the sentence is filled and not the fallback."""
    filled: dict[str, Any] = dict.fromkeys(ACTIONS[tool].model_fields, "x")
    del filled["tool"]
    for name in filled:
        if name.endswith(("_minor", "minutes")):
            filled[name] = 6000
    if "tasks" in filled:
        filled["tasks"] = [{}, {}]
    if "ids" in filled:
        filled["ids"] = ["a"]
    said = labels.sentence(tool, filled)
    assert "{" not in said
    assert said.startswith(SENTENCES[tool].partition("{")[0])
    assert said == SENTENCES[tool].format_map(labels.words(tool, filled))


@pytest.mark.parametrize(
    ("tool", "args", "said"),
    [
        (
            "assign_person",
            {"person_id": "per-1", "project_id": "prj-1", "role": "architect", "percent": 60,
             "start_on": "2026-12-07", "end_on": "2027-02-26"},
            "Assign per-1 to prj-1 as architect at 60 % from 7 Dec 2026 to 26 Feb 2027",
        ),
        (
            "sync_contract_terms",
            {"contract_id": "ctr-1", "system": "erp", "term": "end_on", "value": "2027-04-30"},
            "Correct the end date of ctr-1 in the ERP to 30 Apr 2027",
        ),
        (
            "sync_contract_terms",
            {"contract_id": "ctr-1", "system": "crm", "term": "payment_days", "value": 45},
            "Correct the payment term of ctr-1 in the CRM to 45 days",
        ),
        (
            "update_forecast",
            {"project_id": "prj-1", "remaining_minutes": 4500, "finish_on": "2027-04-30"},
            "Set the forecast of prj-1 to 75 h remaining, finished on 30 Apr 2027",
        ),
        ("cancel_record", {"kind": "change_order", "ids": ["a", "b"]},
         "Cancel 2 change orders that an earlier action created"),
        ("write_off", {"invoice_id": "inv-1", "amount_minor": 120_000, "currency": "EUR", "reason": "?"},
         "Write off EUR 1,200.00 of the invoice inv-1"),
    ],
)  # fmt: skip
def test_sentences_read_well(labels: Labels, tool: str, args: dict[str, Any], said: str) -> None:
    assert labels.sentence(tool, args) == said


def test_a_system_that_does_not_answer_leaves_the_ids(labels: Labels) -> None:
    assert labels.name("customer", "cus-01") == "cus-01"
    assert labels.sentence("hold_invoice", {"invoice_id": "inv-1", "reason": "?"}) == "Hold the invoice inv-1"


def test_what_was_erased_is_said(labels: Labels) -> None:
    assert "erased" in labels.sentence("hold_invoice", None)


def test_tasks_are_listed_with_whose_they_are(labels: Labels) -> None:
    tasks = [{"title": "Order a desk", "assignee_id": "per-2", "due_on": "2026-12-07"}]
    assert labels.value("tasks", tasks) == "Order a desk · assignee: per-2 · due: 7 Dec 2026"


def test_a_field_is_said_with_its_value(labels: Labels) -> None:
    assert labels.field("contract", "ctr-01", "type", "time_and_materials") == "type time and materials"
    assert labels.field("contact", "cnt-01", "email", "a_b@c.example") == "email a_b@c.example"
    assert labels.field("invoice", "inv-01", "amount_minor", 120_000) == "amount 1,200.00"
