"""What backs an argument: the named field of a record in reach, and nothing else, however equal a value is."""

from typing import Any

import pytest

from policies.backing import support_of
from policies.context import EventValue
from policies.request import build_request
from policies.targets import named_records
from tests.unit.policies.firm import NOW, PROPOSAL, Books, books, context, reached_from
from tools.actions import ACTIONS, parse_action
from tools.facts import Trust
from tools.reach import reach
from tools.registry import TOOLS
from tools.values import RecordKey


def backing(
    tool: str, args: dict[str, Any], argument: str, *, held: Books | None = None, subject: str = "project/prj-a",
    **changes: Any,
) -> str:  # fmt: skip
    held = held or books()
    action = parse_action(tool, args)
    named = reach(held, None, NOW, also=named_records(action))
    return support_of(action, reached_from(subject, held), context(named=named, **changes))[argument].support


MESSAGE = {"customer_id": "cus-a", "recipient": "ann@alder.example", "subject": "Hi", "body": "Hello"}
SHIFT = {"milestone_id": "mil-a", "due_on": "2026-05-01", "reason": "Late"}
SYNC = {"contract_id": "ctr-a", "system": "crm", "term": "value_minor", "value": 10_000_000}
OFF = {"invoice_id": "inv-a", "amount_minor": 50_000, "currency": "EUR", "reason": "Late"}


def test_every_argument_of_every_tool_says_what_may_back_it() -> None:
    for tool, spec in TOOLS.items():
        assert spec.supports.keys() == ACTIONS[tool].model_fields.keys() - {"tool"}


def test_a_field_of_a_record_in_reach() -> None:
    assert backing("sync_contract_terms", SYNC, "value") == "record"
    assert backing("sync_contract_terms", SYNC | {"value": 9_900_000}, "value") == "unsupported"
    assert backing("sync_contract_terms", SYNC, "value", held=books().but("contract/ctr-a", authors={})) == "untrusted"


def test_the_template_in_a_field_follows_the_other_argument() -> None:
    days = SYNC | {"term": "payment_days", "value": 30}
    assert backing("sync_contract_terms", days, "value") == "record"
    assert backing("sync_contract_terms", days | {"value": 10_000_000}, "value") == "unsupported"
    assert backing("sync_contract_terms", SYNC | {"term": "end_on", "value": "2026-12-31"}, "value") == "record"


def test_a_record_out_of_reach_backs_nothing() -> None:
    """Another customer's project exists and has the value; that supports nothing here."""
    args = {"project_id": "prj-b", "budget_minor": 50_000_000, "currency": "EUR", "reason": "More"}
    for argument in ("project_id", "budget_minor", "currency"):
        assert backing("change_budget", args, argument) == "unsupported"


def test_an_address_is_backed_by_a_trusted_contact_of_that_customer_only() -> None:
    assert backing("send_customer_message", MESSAGE, "recipient") == "person"
    for address, expected in (("mal@evil.example", "untrusted"), ("bo@birch.example", "unsupported")):
        assert backing("send_customer_message", MESSAGE | {"recipient": address}, "recipient") == expected


def test_a_contact_whose_address_a_mail_rewrote_is_not_trusted() -> None:
    laundered = books().but("contact/con-a", authors={"*": "system/crm", "email": "mail/inbound"})
    assert backing("send_customer_message", MESSAGE, "recipient", held=laundered) == "untrusted"


def test_a_record_tied_to_the_case_by_a_customer_alone_is_not_trusted() -> None:
    tied = books().but("milestone/mil-a", authors={"*": "system/psa", "project_id": "customer/cus-a"})
    assert backing("shift_milestone", SHIFT, "milestone_id", held=tied) == "untrusted"
    assert backing("shift_milestone", SHIFT, "milestone_id") == "record"


def test_the_budget_is_backed_by_the_contract_of_the_project() -> None:
    args = {"project_id": "prj-a", "budget_minor": 10_000_000, "currency": "EUR", "reason": "More"}
    assert backing("change_budget", args, "budget_minor") == "record"
    assert backing("change_budget", args | {"budget_minor": 50_000_000}, "budget_minor") == "unsupported"


@pytest.mark.parametrize(
    ("trust", "expected"),
    [(Trust.SYSTEM, "record"), (Trust.PERSON, "person"), (Trust.CUSTOMER, "untrusted"), (Trust.MODEL, "untrusted")],
)
def test_an_event_field_is_worth_what_its_author_is(trust: Trust, expected: str) -> None:
    fields = {"expected_on": EventValue(value="2026-05-01", trust=trust)}
    assert backing("shift_milestone", SHIFT, "due_on", event_fields=fields) == expected


def test_an_equal_value_in_another_event_field_supports_nothing() -> None:
    fields = {"completed_on": EventValue(value="2026-05-01", trust=Trust.SYSTEM)}
    assert backing("shift_milestone", SHIFT, "due_on", event_fields=fields) == "unsupported"


@pytest.mark.parametrize(
    "said", [50_000, "please take off 500", "EUR 500.00 please", "500,00", "we were promised 50,000", "50000"]
)
def test_an_amount_that_only_the_customer_names_is_untrusted(said: str | int) -> None:
    fields = {"text": EventValue(value=said, trust=Trust.CUSTOMER)}
    assert backing("write_off", OFF, "amount_minor", event_fields=fields) == "untrusted"


@pytest.mark.parametrize("said", ["please take off 400", "500", "call 5000 or 50"])
def test_other_amounts_are_just_unsupported(said: str) -> None:
    trusted = {"text": EventValue(value=said, trust=Trust.SYSTEM if said == "500" else Trust.CUSTOMER)}
    assert backing("write_off", OFF, "amount_minor", event_fields=trusted) == "unsupported"


def test_what_an_editor_typed_is_a_persons_unless_a_record_backs_it() -> None:
    typed: dict[str, Any] = {"editor": "pri_1", "edited": ["amount_minor", "currency"]}
    assert backing("write_off", OFF, "amount_minor", **typed) == "person"
    assert backing("write_off", OFF, "currency", **typed) == "record"
    assert backing("write_off", OFF, "amount_minor", edited=["amount_minor"]) == "unsupported"


def test_people_must_work_here() -> None:
    task = {"title": "Call", "assignee_id": "per-2", "due_on": "2026-03-10"}
    assert backing("create_task", task, "assignee_id") == "record"
    assert backing("create_task", task | {"assignee_id": "per-gone"}, "assignee_id") == "unsupported"
    assert backing("create_task", task | {"assignee_id": "per-none"}, "assignee_id") == "unsupported"


def test_every_assignee_of_a_list_counts() -> None:
    tasks = [{"title": "One", "assignee_id": "per-2", "due_on": "2026-03-10"},
             {"title": "Two", "assignee_id": "per-none", "due_on": "2026-03-10"}]  # fmt: skip
    args = {"about_kind": "project", "about": "prj-a", "tasks": tasks}
    assert backing("create_onboarding_tasks", args, "tasks/0/assignee_id") == "record"
    assert backing("create_onboarding_tasks", args, "tasks/1/assignee_id") == "unsupported"


def test_only_what_we_created_can_be_cancelled() -> None:
    args = {"kind": "task", "ids": ["t-1", "t-2"]}
    assert backing("cancel_record", args, "ids/0", created=["task/t-1"]) == "record"
    assert backing("cancel_record", args, "ids/1", created=["task/t-1", "project/t-2"]) == "unsupported"


CREATE = {
    "name": "Shop 2", "customer_id": "cus-a", "contract_id": "ctr-a", "unit": "north", "start_on": "2026-01-01",
    "end_on": "2026-12-31", "budget_minor": 10_000_000, "currency": "EUR",
}  # fmt: skip
REF = {"$ref": f"{PROPOSAL}/result/project_id"}
BOOKING = {
    "project_id": REF, "person_id": "per-2", "role": "Developer", "start_on": "2026-01-01", "end_on": "2026-12-31",
    "percent": 50,
}  # fmt: skip


def test_a_reference_stands_for_what_the_earlier_proposal_creates() -> None:
    earlier = {PROPOSAL: parse_action("create_project", CREATE)}
    assert backing("assign_person", BOOKING, "project_id", earlier=earlier) == "reference"
    assert backing("assign_person", BOOKING, "start_on", earlier=earlier) == "record"
    assert backing("assign_person", BOOKING | {"end_on": "2026-12-30"}, "end_on", earlier=earlier) == "unsupported"


def test_an_unsupported_argument_of_the_earlier_proposal_backs_nothing() -> None:
    earlier = {PROPOSAL: parse_action("create_project", CREATE | {"start_on": "2026-02-02"})}
    assert backing("assign_person", BOOKING | {"start_on": "2026-02-02"}, "start_on", earlier=earlier) == "unsupported"


def test_a_reference_to_nothing_or_to_another_kind_is_unsupported() -> None:
    task = parse_action("create_task", {"title": "Call", "assignee_id": "per-2", "due_on": "2026-03-10"})
    assert backing("assign_person", BOOKING, "project_id") == "unsupported"
    assert backing("assign_person", BOOKING, "project_id", earlier={PROPOSAL: task}) == "unsupported"


def test_once_executed_the_created_record_itself_counts() -> None:
    earlier = {PROPOSAL: parse_action("create_project", CREATE)}
    done: dict[str, Any] = {"results": {REF["$ref"]: "prj-a"}, "earlier": earlier}
    assert backing("assign_person", BOOKING | {"end_on": "2026-06-30"}, "end_on", **done) == "record"
    assert backing("assign_person", BOOKING, "end_on", **done) == "unsupported"


def test_prose_and_bounded_arguments_need_no_record() -> None:
    for argument in ("subject", "body", "language"):
        assert backing("send_customer_message", MESSAGE, argument) == "text"


def test_records_that_a_person_linked_to_the_case_are_in_reach() -> None:
    held = books()
    action = parse_action("recall_message", {"message_id": "msg-a"})
    reached = reach(held, RecordKey.parse("project/prj-a"), NOW, also=[RecordKey.parse("message/msg-a")])
    linked = context(roots=[RecordKey.parse("message/msg-a")])
    assert support_of(action, reached, linked)["message_id"].support == "record"


def test_a_field_of_a_record_tied_to_the_case_by_a_customer_alone_backs_nothing() -> None:
    """The amount itself is the ledger's, but it was a customer who said that the invoice is this project's."""
    release = {"invoice_id": "inv-a", "amount_minor": 120_000, "currency": "EUR"}
    links = {"customer_id": "customer/cus-a", "project_id": "customer/cus-a", "contract_id": "customer/cus-a"}
    tied = books().but("invoice/inv-a", authors={"*": "system/erp", **links})
    assert backing("release_invoice", release, "amount_minor") == "record"
    assert backing("release_invoice", release, "amount_minor", held=tied) == "untrusted"


def test_the_address_of_another_customers_contact_is_not_backed_even_in_reach() -> None:
    held = books()
    reached = reach(held, RecordKey.parse("project/prj-a"), NOW, also=[RecordKey.parse("customer/cus-b")])
    both = context(roots=[RecordKey.parse("customer/cus-b")], case_customers=["cus-a", "cus-b"])
    astray = parse_action("send_customer_message", MESSAGE | {"recipient": "bo@birch.example"})
    own = parse_action("send_customer_message", MESSAGE | {"recipient": "bo@birch.example", "customer_id": "cus-b"})
    assert support_of(astray, reached, both)["recipient"].support == "unsupported"
    assert support_of(own, reached, both)["recipient"].support == "record"
    request = build_request(astray, reached, both)
    assert (request.recipients_unknown, request.cross_customer, request.reach_level) == (1, 1, 2)
    assert build_request(own, reached, both).cross_customer == 0


def test_records_of_two_customers_do_not_mix_even_in_a_case_of_both() -> None:
    held = books().but("change_request/chg-a", project_id="prj-b")
    args = {
        "project_id": "prj-a", "change_request_id": "chg-a", "title": "More", "minutes": 60, "amount_minor": 1,
        "currency": "EUR",
    }  # fmt: skip
    reached = reach(held, RecordKey.parse("project/prj-a"), NOW, also=[RecordKey.parse("change_request/chg-a")])
    both = context(case_customers=["cus-a", "cus-b"])
    request = build_request(parse_action("create_change_order", args), reached, both)
    assert (request.cross_customer, request.reach_level) == (1, 2)


def test_what_our_own_executions_created_is_in_reach() -> None:
    args = {"message_id": "msg-a"}
    assert backing("recall_message", args, "message_id") == "unsupported"
    assert backing("recall_message", args, "message_id", created=["message/msg-a"]) == "record"
    assert backing("recall_message", args, "message_id", created=["message/msg-b", "task/msg-a"]) == "unsupported"
