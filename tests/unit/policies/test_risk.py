"""Each factor alone moves the score, seen from records; and more of any of them never lowers it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.attributes import ATTRIBUTES, DOUBTS, FACTORS, RECORD_FACTORS
from policies.context import Cumulated, EventValue
from policies.examples import request_of
from policies.risk import Doubt, Steps, score
from policies.ruleset import load_ruleset
from tests.unit.policies.firm import PROPOSAL, Books, books, request_for
from tools.facts import Trust
from tools.records import ExchangeRate
from tools.registry import TOOLS

WEIGHTS = load_ruleset().weights

TASK = {"title": "Call", "assignee_id": "per-2", "due_on": "2026-03-10"}
OFF = {"invoice_id": "inv-a", "amount_minor": 90, "currency": "EUR", "reason": "Late"}
RELEASE = {"invoice_id": "inv-a", "amount_minor": 120_000, "currency": "EUR"}
MESSAGE = {"customer_id": "cus-a", "recipient": "ann@alder.example", "subject": "Hi", "body": "Hello"}
HOLD = {"invoice_id": "inv-a", "reason": "Too much"}
BUDGET = {"project_id": "prj-a", "budget_minor": 8_000_000, "currency": "EUR", "reason": "More"}
BOOKING = {
    "project_id": "prj-a", "person_id": "per-2", "role": "Developer", "start_on": "2026-01-01", "end_on": "2026-06-30",
    "percent": 1,
}  # fmt: skip


def other_customer() -> Books:
    return books().but("customer/cus-a", tier="key")


# factor → two cases, (tool, args, what is different about the case): only that factor's own value may differ in them
ALONE: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "amount_minor": (
        ("assign_person", BOOKING, {"held": books().but("person/per-2", bill_rate_minor=0)}),
        ("assign_person", BOOKING, {"held": books().but("contract/ctr-a", value_minor=10**12)}),
    ),
    "amount_unknown": (
        ("sync_contract_terms", {"contract_id": "ctr-a", "system": "crm", "term": "value_minor", "value": 10_000_000},
         {"held": books().but("contract/ctr-a", crm_value_minor=10_000_000)}),
        ("sync_contract_terms", {"contract_id": "ctr-a", "system": "crm", "term": "value_minor", "value": 10_000_000},
         {"held": books().but("contract/ctr-a", crm_value_minor=10_000_000, currency="XAU")}),
    ),
    "share_bp": (
        ("change_budget", BUDGET | {"budget_minor": 10_000_000},
         {"held": books().but("project/prj-a", budget_minor=9_500_000)}),
        ("change_budget", BUDGET | {"budget_minor": 4_000_000},
         {"held": books().but("project/prj-a", budget_minor=3_500_000).but("contract/ctr-a", value_minor=4_000_000)}),
    ),
    "cumulated_contract_minor": (
        ("write_off", OFF, {}), ("write_off", OFF, {"cumulated": Cumulated(contract_minor=4_000_000)}),
    ),
    "cumulated_customer_minor": (
        ("write_off", OFF, {}), ("write_off", OFF, {"cumulated": Cumulated(customer_minor=4_000_000)}),
    ),
    "cumulated_tool_minor": (
        ("write_off", OFF, {}), ("write_off", OFF, {"cumulated": Cumulated(tool_minor=40_000_000)}),
    ),
    "cumulated_principal_minor": (
        ("write_off", OFF, {}), ("write_off", OFF, {"cumulated": Cumulated(principal_minor=4_000_000)}),
    ),
    "recipients_unknown": (
        ("notify_channel", {"channel": "#ops", "text": "Hi"}, {}),
        ("notify_channel", {"channel": "#elsewhere", "text": "Hi"}, {}),
    ),
    "records_touched": (
        ("create_onboarding_tasks", {"about_kind": "project", "about": "prj-a", "tasks": [TASK]}, {}),
        ("create_onboarding_tasks", {"about_kind": "project", "about": "prj-a", "tasks": [TASK] * 6}, {}),
    ),
    "contract_type": (
        ("hold_invoice", HOLD, {}),
        ("hold_invoice", HOLD, {"held": books().but("contract/ctr-a", type="fixed_price")}),
    ),
    "customer_tier": (("hold_invoice", HOLD, {}), ("hold_invoice", HOLD, {"held": other_customer()})),
    "untrusted_arguments": (
        ("shift_milestone", {"milestone_id": "mil-a", "due_on": "2026-05-01", "reason": "Late"},
         {"event_fields": {"expected_on": EventValue(value="2026-05-01", trust=Trust.SYSTEM)}}),
        ("shift_milestone", {"milestone_id": "mil-a", "due_on": "2026-05-01", "reason": "Late"},
         {"event_fields": {"expected_on": EventValue(value="2026-05-01", trust=Trust.CUSTOMER)}}),
    ),
    "unsupported_arguments": (
        ("update_forecast", {"project_id": "prj-a", "remaining_minutes": 6000, "finish_on": "2026-06-30"}, {}),
        ("update_forecast", {"project_id": "prj-a", "remaining_minutes": 5000, "finish_on": "2026-06-30"}, {}),
    ),
    "edited_arguments": (
        ("create_task", TASK, {}), ("create_task", TASK, {"editor": "pri_1", "edited": ["due_on"]}),
    ),
    "tainted_trigger": (("create_task", TASK, {}), ("create_task", TASK, {"trigger_trust": Trust.CUSTOMER})),
    "possible_duplicates": (("create_task", TASK, {}), ("create_task", TASK, {"duplicates": 1})),
    "closed_period": (("hold_invoice", HOLD, {}), ("hold_invoice", HOLD, {"closed_periods": ["2026-02"]})),
    "outside_hours": (("create_task", TASK, {}), ("create_task", TASK, {"outside_hours": True})),
    "reversal_rate_bp": (
        ("create_task", TASK, {"executions": 20}), ("create_task", TASK, {"executions": 20, "reversals": 4}),
    ),
    "cross_customer": (("create_task", TASK, {}), ("create_task", TASK, {"evidence_customers": ["cus-b"]})),
    "missing_records": (
        ("recall_message", {"message_id": "msg-a"}, {"editor": "pri_1", "edited": ["message_id"]}),
        ("recall_message", {"message_id": "msg-x"}, {"editor": "pri_1", "edited": ["message_id"]}),
    ),
    "invoice_hours_gap_bp": (
        ("hold_invoice", HOLD, {"held": books().but("contract/ctr-a", type="time_and_materials")}),
        ("hold_invoice", HOLD,
         {"held": books().but("contract/ctr-a", type="time_and_materials").but("invoice/inv-a", minutes=300)}),
    ),
}  # fmt: skip

# factors that follow from the tool, or cannot come without another: (before, after, the others that change with them)
TOGETHER: dict[str, tuple[tuple[Any, ...], tuple[Any, ...], set[str]]] = {
    "recipients_external": (
        ("create_task", TASK, {}), ("send_customer_message", MESSAGE, {}),
        {"reach_level", "reversibility_level", "data_class_level"},
    ),
    "reach_level": (
        ("resume_invoice", {"invoice_id": "inv-a"}, {}), ("release_invoice", RELEASE, {}), {"reversibility_level"},
    ),
    "reversibility_level": (
        ("create_task", TASK, {}), ("notify_channel", {"channel": "ops", "text": "Hi"}, {}), set(),
    ),
    "data_class_level": (
        ("provision_workspace", {"project_id": "prj-a", "type": "drive", "name": "Shop"}, {}),
        ("create_onboarding_tasks", {"about_kind": "project", "about": "prj-a", "tasks": [TASK]}, {}), set(),
    ),
}  # fmt: skip


def points_of(case: tuple[Any, ...]) -> tuple[int, dict[str, int]]:
    tool, args, changes = case
    risk = score(request_for(tool, args, **changes), Doubt(), WEIGHTS)
    return risk.score, {factor.name: factor.points for factor in risk.factors}


def test_every_factor_has_its_case() -> None:
    assert ALONE.keys() | TOGETHER.keys() == set(RECORD_FACTORS)


@pytest.mark.parametrize("factor", sorted(ALONE))
def test_a_factor_alone_changes_the_score(factor: str) -> None:
    (low, before), (high, after) = (points_of(case) for case in ALONE[factor])
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert factor in changed
    assert changed == {factor}
    assert after.get(factor, 0) > before.get(factor, 0)
    assert high > low


@pytest.mark.parametrize("factor", sorted(TOGETHER))
def test_a_factor_of_the_tool_adds_its_points(factor: str) -> None:
    first, second, others = TOGETHER[factor]
    (_, before), (_, after) = points_of(first), points_of(second)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert factor in changed
    assert changed <= {factor} | others | {"customer_tier", "contract_type"}
    assert after[factor] > before.get(factor, 0)


@pytest.mark.parametrize("name", DOUBTS)
def test_doubt_adds_points(name: str) -> None:
    request, _ = request_of({"tool": "create_task"})
    calm = score(request, Doubt(), WEIGHTS)
    doubtful = score(request, Doubt.model_validate({name: 100}), WEIGHTS)
    assert doubtful.score > calm.score
    assert [factor.name for factor in doubtful.factors] == [name]


def test_ten_split_amounts_weigh_as_much_as_their_sum() -> None:
    tenth = {**OFF, "amount_minor": 200_000}
    alone = score(request_for("write_off", tenth), Doubt(), WEIGHTS)
    last = score(
        request_for("write_off", tenth, cumulated=Cumulated(customer_minor=1_800_000, contract_minor=1_800_000)),
        Doubt(), WEIGHTS,
    )  # fmt: skip
    assert last.score > alone.score


def test_an_amount_in_another_currency_is_rounded_up() -> None:
    held = books().but("invoice/inv-a", currency="USD")
    dollars = {**RELEASE, "amount_minor": 101, "currency": "USD"}
    assert request_for("release_invoice", dollars, held=held).amount_minor == 93
    wrong = ExchangeRate(id="USD", base_currency="GBP", rate_ppm=1, day=date(2026, 3, 1))
    request = request_for("release_invoice", {**RELEASE, "currency": "USD"}, held=held, exchange_rates={"USD": wrong})
    assert (request.amount_minor, request.amount_unknown) == (0, 1)


# -- laws

numbers = st.integers(0, 10**9)


@st.composite
def givens(draw: st.DrawFn) -> dict[str, int | str]:
    given_: dict[str, int | str] = {"tool": draw(st.sampled_from(sorted(TOOLS)))}
    for name in draw(st.sets(st.sampled_from(FACTORS), max_size=10)):
        attribute = ATTRIBUTES[name]
        if attribute.levels:
            given_[name] = draw(st.sampled_from(attribute.levels))
        else:
            given_[name] = draw(st.integers(0, min(attribute.most, 10**9)))
    return given_


@given(givens())
def test_contributions_sum_to_the_score(values: dict[str, int | str]) -> None:
    risk = score(*request_of(values), WEIGHTS)
    assert risk.total == sum(factor.points for factor in risk.factors)
    assert risk.score == min(100, risk.total)
    assert risk.capped == (risk.total > 100)
    assert all(factor.points > 0 and factor.why for factor in risk.factors)


@given(givens(), st.data())
def test_raising_any_factor_never_lowers_the_score(values: dict[str, int | str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FACTORS))
    attribute = ATTRIBUTES[name]
    low = values.get(name, getattr(request_of(values)[0], name, 0))
    if attribute.levels:
        high: int | str = data.draw(st.sampled_from(attribute.levels[attribute.levels.index(str(low)) :]))
    else:
        high = data.draw(st.integers(int(low), min(attribute.most, max(int(low), 10**10))))
    assert score(*request_of({**values, name: high}), WEIGHTS).score >= score(*request_of(values), WEIGHTS).score


@given(st.lists(st.tuples(numbers, st.integers(0, 100)), max_size=5), numbers, numbers)
def test_steps_that_are_accepted_never_fall(pairs: list[tuple[int, int]], one: int, other: int) -> None:
    try:
        steps = Steps(tuple(bound for bound, _ in pairs), tuple(points for _, points in pairs))
    except ValueError:
        return
    assert steps.at(min(one, other)) <= steps.at(max(one, other))


def test_steps_that_fall_are_refused() -> None:
    for bounds, points in (((1, 2), (5, 4)), ((2, 1), (1, 2)), ((1, 1), (1, 2)), ((1,), (-1,)), ((1,), ())):
        with pytest.raises(ValueError, match=r"bound|points"):
            Steps(bounds, points)


def test_missing_weights_are_an_error() -> None:
    request, doubt = request_of({"tool": "create_task"})
    with pytest.raises(KeyError):
        score(request, doubt, {})


def test_a_reference_of_an_unknown_proposal_is_a_missing_record() -> None:
    args = {"project_id": {"$ref": f"{PROPOSAL}/result/project_id"}, "type": "drive", "name": "Shop"}
    request = request_for("provision_workspace", args)
    assert (request.missing_records, request.unsupported_arguments) == (1, 1)
