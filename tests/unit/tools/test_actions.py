"""Actions: strict, bounded, told apart by their tool, and one digest for exactly what will run."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.actions import ACTIONS, CancelRecord, CreateProject, Ref, parse_action
from tools.records import RECORDS
from tools.values import digest

PROJECT: dict[str, Any] = {
    "name": "n", "customer_id": "cus-01", "contract_id": "ctr-01", "unit": "Advisory", "start_on": "2026-04-01",
    "end_on": "2026-04-01", "budget_minor": 1, "currency": "EUR",
}  # fmt: skip
REF = "prp_" + "0" * 26 + "/result/project_id"


@pytest.mark.parametrize("tool", sorted(ACTIONS))
def test_every_tool_names_itself_and_refuses_strangers(tool: str) -> None:
    assert ACTIONS[tool].model_fields["tool"].default == tool
    with pytest.raises(ValidationError) as caught:
        parse_action(tool, {"no_such_argument": 1})
    places = {error["loc"][-1] for error in caught.value.errors()}
    assert "no_such_argument" in places


def test_an_unknown_tool_and_arguments_that_are_none() -> None:
    with pytest.raises(ValidationError, match="does not match any"):
        parse_action("drop_database", {})
    arguments: tuple[object, ...] = (None, [], "x", 3)
    for args in arguments:
        with pytest.raises(ValidationError):
            parse_action("create_project", args)


def test_arguments_cannot_name_another_tool() -> None:
    with pytest.raises(ValidationError):
        parse_action("hold_invoice", {"tool": "release_invoice", "invoice_id": "inv-1", "reason": "r"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget_minor": 0}, {"budget_minor": -1}, {"budget_minor": 1.5}, {"budget_minor": "1"},
        {"budget_minor": 10**13 + 1}, {"currency": "euro"}, {"end_on": "2026-03-31"}, {"start_on": "1887-01-01"},
        {"customer_id": "../etc"}, {"name": "two\nlines"}, {"lead_id": ""}, {"unit": ""},
    ],
)  # fmt: skip
def test_limits(wrong: dict[str, Any]) -> None:
    parse_action("create_project", PROJECT)
    with pytest.raises(ValidationError):
        parse_action("create_project", PROJECT | wrong)


@pytest.mark.parametrize("disguise", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x1b", "\x00", "\x85", "\u2028"])
def test_what_people_approve_reads_the_same_everywhere(disguise: str) -> None:
    args = {
        "customer_id": "cus-1",
        "recipient": "a@b.example",
        "subject": "Hello",
        "body": "Two\nlines\tand مرحبا\u200f.",
    }
    assert parse_action("send_customer_message", args).args()["body"] == args["body"]
    for name in ("subject", "body"):
        with pytest.raises(ValidationError) as refused:
            parse_action("send_customer_message", args | {name: f"pay{disguise}me"})
        assert refused.value.errors()[0]["loc"][-1] == name
    with pytest.raises(ValidationError):
        parse_action("send_customer_message", args | {"recipient": f"a{disguise}b@c.example"})


def test_a_reference_stands_for_an_id_and_is_in_the_digest() -> None:
    args = {"project_id": {"$ref": REF}, "type": "channel", "name": "n"}
    action = parse_action("provision_workspace", args)
    (name,) = action.refs()
    ref = action.refs()[name]
    assert (name, ref.proposal, ref.field) == ("project_id", "prp_" + "0" * 26, "project_id")
    assert action.args() == args
    assert action.digest() == digest({"tool": "provision_workspace", "args": args})
    assert action.digest() != parse_action("provision_workspace", args | {"project_id": "prj-01"}).digest()


@pytest.mark.parametrize(
    "target", ["", "prj-01", REF + "!", "prp_short/result/x", "prp_" + "0" * 26 + "/args/x", REF + "/y"]
)
def test_a_reference_of_another_form(target: str) -> None:
    with pytest.raises(ValidationError):
        Ref.model_validate({"$ref": target})


def test_money_takes_no_reference() -> None:
    with pytest.raises(ValidationError):
        parse_action("create_project", PROJECT | {"budget_minor": {"$ref": REF}})


@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=60),
    minor=st.integers(1, 10**13),
)
def test_the_wire_form_reads_back_to_the_same_action_and_digest(name: str, minor: int) -> None:
    action = parse_action("create_project", PROJECT | {"name": name, "budget_minor": minor})
    assert isinstance(action, CreateProject)
    again = parse_action("create_project", action.args())
    assert (again, again.digest()) == (action, action.digest())
    assert "lead_id" not in action.args()


@given(st.sampled_from(sorted(PROJECT)), st.data())
def test_any_other_argument_gives_another_digest(field: str, data: st.DataObject) -> None:
    others: dict[str, st.SearchStrategy[Any]] = {
        "budget_minor": st.integers(2, 10**12), "currency": st.sampled_from(["USD", "GBP"]),
        "start_on": st.sampled_from(["2026-03-01", "2026-02-01"]), "end_on": st.sampled_from(["2026-05-01"]),
    }  # fmt: skip
    other = data.draw(others.get(field, st.from_regex(r"[a-z]{2,9}", fullmatch=True)))
    first, second = parse_action("create_project", PROJECT), parse_action("create_project", PROJECT | {field: other})
    assert first.digest() != second.digest()


def test_every_kind_that_can_be_cancelled_has_the_status_for_it() -> None:
    kinds = CancelRecord.model_fields["kind"].annotation
    for kind, status in CancelRecord.CANCELLED.items():
        assert kind in str(kinds)
        assert status in str(RECORDS[kind].model_fields["status"].annotation)
