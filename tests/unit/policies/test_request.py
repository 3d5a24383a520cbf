"""The policy request: built from arguments and records alone."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.attributes import ATTRIBUTES, DOUBTS, MAX_NUMBER
from policies.context import Cumulated, EventValue
from policies.request import PolicyRequest
from policies.targets import named_records
from tests.unit.policies.firm import PROPOSAL, books, request_for
from tools.actions import parse_action
from tools.facts import Trust
from tools.proposals import Proposal

OFF = {"invoice_id": "inv-a", "amount_minor": 50_000, "currency": "EUR", "reason": "Late"}
MESSAGE = {"customer_id": "cus-a", "recipient": "ann@alder.example", "subject": "Hi", "body": "Hello"}
TASK = {"title": "Call", "assignee_id": "per-2", "due_on": "2026-03-10"}


def test_it_has_exactly_the_attributes_that_records_tell() -> None:
    told = {name for name in ATTRIBUTES if name not in (*DOUBTS, "risk_score")}
    assert PolicyRequest.model_fields.keys() == told | {"base_currency"}
    assert not any(not field.is_required() for field in PolicyRequest.model_fields.values())


def test_an_attribute_left_out_is_no_request() -> None:
    whole = request_for("create_task", TASK).model_dump()
    for name in whole:
        with pytest.raises(ValidationError):
            PolicyRequest.model_validate({key: value for key, value in whole.items() if key != name})


def test_it_holds_no_argument_and_nothing_a_proposal_claims() -> None:
    secret = "Qx7-planted-Zz"
    request = request_for("send_customer_message", MESSAGE | {"subject": secret, "body": secret})
    assert secret not in request.model_dump_json()
    assert not Proposal.model_fields.keys() & PolicyRequest.model_fields.keys()


def test_a_write_off() -> None:
    request = request_for("write_off", OFF, cumulated=Cumulated(contract_minor=10, customer_minor=20, tool_minor=30))
    assert (request.risk_class, request.amount_minor, request.share_bp) == ("money", 50_000, 50)
    assert request.cumulated_contract_minor == 50_010
    assert request.cumulated_customer_minor == 50_020
    assert request.cumulated_tool_minor == 50_030
    assert (request.contract_type, request.customer_tier) == ("retainer", "standard")
    assert (request.data_class_level, request.reversibility_level, request.reach_level) == (2, 0, 0)
    assert (request.unsupported_arguments, request.untrusted_arguments, request.missing_records) == (1, 0, 0)


def test_an_action_without_money_is_not_charged_with_what_others_moved() -> None:
    request = request_for("create_task", TASK, cumulated=Cumulated(customer_minor=9, principal_minor=9))
    assert (request.cumulated_customer_minor, request.cumulated_principal_minor) == (0, 0)


def test_money_that_nobody_can_tell_keeps_what_others_moved() -> None:
    held = books().without("invoice/inv-a")
    before = Cumulated(customer_minor=9)
    request = request_for("resume_invoice", {"invoice_id": "inv-a"}, held=held, cumulated=before)
    assert (request.amount_unknown, request.amount_minor, request.cumulated_customer_minor) == (1, 0, 9)
    assert (request.missing_records, request.contract_type) == (1, "unknown")


def test_the_stake_is_what_records_say_not_what_is_claimed() -> None:
    held = books().but("contract/ctr-a", crm_value_minor=1)
    args = {"contract_id": "ctr-a", "system": "crm", "term": "value_minor", "value": 10_000_000}
    assert request_for("sync_contract_terms", args, held=held).amount_minor == 9_999_999


@pytest.mark.parametrize("months", [["2026-02"], ["2026-01", "2026-02"]])
def test_a_closed_month(months: list[str]) -> None:
    assert request_for("write_off", OFF, closed_periods=months).closed_period == 1
    assert request_for("write_off", OFF, closed_periods=["2026-01"]).closed_period == 0


def test_an_invoice_over_two_months_is_closed_with_either() -> None:
    held = books().but("invoice/inv-a", period_start_on=date(2026, 1, 15))
    assert request_for("write_off", OFF, held=held, closed_periods=["2026-01"]).closed_period == 1


def test_a_message_reaches_a_customer() -> None:
    request = request_for("send_customer_message", MESSAGE)
    assert (request.recipients_external, request.recipients_unknown, request.reach_level) == (1, 0, 1)
    assert (request.untrusted_arguments, request.unsupported_arguments, request.cross_customer) == (0, 0, 0)


@pytest.mark.parametrize(
    ("recipient", "untrusted", "unsupported", "crosses"),
    [("mal@evil.example", 1, 0, 0), ("nobody@else.example", 0, 1, 0), ("bo@birch.example", 0, 1, 0)],
)
def test_an_address_that_is_no_trusted_contacts(recipient: str, untrusted: int, unsupported: int, crosses: int) -> None:
    request = request_for("send_customer_message", MESSAGE | {"recipient": recipient})
    assert request.recipients_unknown == 1
    assert (request.untrusted_arguments, request.unsupported_arguments) == (untrusted, unsupported)
    assert request.cross_customer == crosses


def test_an_edited_recipient_is_still_unknown() -> None:
    args = MESSAGE | {"recipient": "nobody@else.example"}
    request = request_for("send_customer_message", args, editor="pri_1", edited=["recipient"])
    assert (request.recipients_unknown, request.edited_arguments, request.unsupported_arguments) == (1, 1, 0)


def test_an_edit_names_arguments_that_are_there() -> None:
    assert request_for("create_task", TASK, editor="pri_1", edited=["title", "title", "nonsense"]).edited_arguments == 1
    assert request_for("create_task", TASK, edited=["title"]).edited_arguments == 0


@pytest.mark.parametrize(
    ("tool", "args", "changes"),
    [
        ("flag_time_entry", {"time_entry_id": "tim-b", "reason": "x"}, {}),  # another customer's record
        ("send_customer_message", MESSAGE | {"customer_id": "cus-b"}, {}),
        ("create_task", TASK, {"evidence_customers": ["cus-a", "cus-b"]}),
        ("send_customer_message", MESSAGE, {"evidence_customers": ["cus-b"]}),
        ("send_customer_message", MESSAGE | {"body": "As BIRCH mobility, we"}, {"foreign_names": ["Birch Mobility"]}),
        ("create_task", TASK | {"title": "Ask Fleet"}, {"foreign_names": ["Fleet"]}),
        ("assign_person", {
            "project_id": "prj-b", "person_id": "per-2", "role": "Dev", "start_on": "2026-01-01",
            "end_on": "2026-06-30", "percent": 10,
        }, {}),
    ],
)  # fmt: skip
def test_customers_are_walled(tool: str, args: dict[str, Any], changes: dict[str, Any]) -> None:
    assert request_for(tool, args, **changes).cross_customer == 1


@pytest.mark.parametrize(
    ("tool", "args", "subject", "changes"),
    [
        ("flag_time_entry", {"time_entry_id": "tim-b", "reason": "x"}, "person/per-2",
         {"case_customers": ["cus-a", "cus-b"], "evidence_customers": ["cus-b"]}),
        ("create_task", TASK, "person/per-2", {"case_customers": ["cus-a", "cus-b"], "evidence_customers": ["cus-a"]}),
        ("create_task", TASK | {"title": "Fleetwood"}, "project/prj-a", {"foreign_names": ["Fleet"]}),
        ("send_customer_message", MESSAGE, "project/prj-a", {"evidence_customers": ["cus-a"]}),
    ],
)  # fmt: skip
def test_the_own_customers_records_are_not_walled_off(
    tool: str, args: dict[str, Any], subject: str, changes: dict[str, Any]
) -> None:
    assert request_for(tool, args, subject=subject, **changes).cross_customer == 0


def test_a_persons_case_stays_with_the_actions_customer() -> None:
    args = {"time_entry_id": "tim-b", "reason": "x"}
    request = request_for(
        "flag_time_entry", args, subject="person/per-2", case_customers=["cus-a", "cus-b"],
        evidence_customers=["cus-a", "cus-b"],
    )  # fmt: skip
    assert request.cross_customer == 1


def test_an_outsider_who_asks_taints_true_values_too() -> None:
    request = request_for("create_task", TASK, trigger_trust=Trust.CUSTOMER)
    assert (request.tainted_trigger, request.untrusted_arguments, request.unsupported_arguments) == (1, 0, 0)


def test_invoice_against_hours_counts_where_hours_are_billed() -> None:
    args = {"invoice_id": "inv-a", "amount_minor": 120_000, "currency": "EUR"}
    for type_, minutes, gap in (
        ("time_and_materials", 600, 0), ("time_and_materials", 300, 10_000), ("time_and_materials", 0, 10_000),
        ("retainer", 0, 0),
    ):  # fmt: skip
        held = books().but("contract/ctr-a", type=type_).but("invoice/inv-a", minutes=minutes)
        assert request_for("release_invoice", args, held=held).invoice_hours_gap_bp == gap


def test_a_dependent_action_takes_customer_and_contract_from_the_earlier_proposal() -> None:
    create = parse_action("create_project", {
        "name": "Shop 2", "customer_id": "cus-a", "contract_id": "ctr-a", "unit": "north", "start_on": "2026-01-01",
        "end_on": "2026-12-31", "budget_minor": 10_000_000, "currency": "EUR",
    })  # fmt: skip
    args = {"project_id": {"$ref": f"{PROPOSAL}/result/project_id"}, "type": "drive", "name": "Shop 2"}
    request = request_for("provision_workspace", args, subject="contract/ctr-a", earlier={PROPOSAL: create})
    assert (request.contract_type, request.missing_records, request.unsupported_arguments) == ("retainer", 0, 0)


def test_without_a_subject_nothing_is_supported() -> None:
    request = request_for("hold_invoice", {"invoice_id": "inv-a", "reason": "x"}, subject=None, case_customers=[])
    assert (request.unsupported_arguments, request.missing_records) == (1, 0)


def test_every_id_is_a_named_record() -> None:
    named = named_records(parse_action("create_onboarding_tasks", {
        "about_kind": "person", "about": "per-1", "tasks": [TASK, TASK | {"assignee_id": "per-1"}],
    }))  # fmt: skip
    assert [str(key) for key in named] == ["person/per-1", "person/per-2", "person/per-1"]
    cancel = parse_action("cancel_record", {"kind": "workspace", "ids": ["w-1", "w-2"]})
    assert [str(key) for key in named_records(cancel)] == ["workspace/w-1", "workspace/w-2"]


@given(st.integers(1, 10**13), st.integers(-(10**13), 10**13))
def test_absurd_amounts_stay_inside_the_request(amount: int, value: int) -> None:
    held = books().but("contract/ctr-a", value_minor=value)
    request = request_for("write_off", OFF | {"amount_minor": amount}, held=held)
    assert 0 < request.amount_minor <= MAX_NUMBER
    assert 0 < request.share_bp <= MAX_NUMBER


@given(st.text(max_size=60), st.sampled_from(list(Trust)))
def test_no_customer_text_makes_an_argument_supported(text: str, trust: Trust) -> None:
    fields = {"text": EventValue(value=text, trust=Trust.CUSTOMER), "other": EventValue(value=50_000, trust=trust)}
    plain, said = request_for("write_off", OFF), request_for("write_off", OFF, event_fields=fields)
    weak = said.untrusted_arguments + said.unsupported_arguments
    assert weak == plain.untrusted_arguments + plain.unsupported_arguments
    assert said.untrusted_arguments >= plain.untrusted_arguments
