"""Who would be booked: the line manager and the lending rules, from the records alone."""

from typing import Any

import pytest

from policies.engine import Engine
from policies.request import PolicyRequest
from policies.risk import Doubt
from policies.ruleset import load_ruleset
from tests.unit.policies.firm import PROPOSAL, Books, books, request_for
from tools.actions import parse_action
from tools.records import LendingRule

HR = "system/hr"
PLANNED = parse_action("create_project", {
    "name": "Next", "customer_id": "cus-a", "contract_id": "ctr-a", "unit": "west", "start_on": "2026-04-01",
    "end_on": "2026-06-30", "budget_minor": 100_000, "currency": "EUR",
})  # fmt: skip


def rule(ident: str, most: int, borrower: str = "north", author: str = HR) -> LendingRule:
    return LendingRule(id=ident, authors={"*": author}, from_unit="south", to_unit=borrower, max_percent=most)


def firm(**person: Any) -> Books:
    """Max works for the unit south and has a line manager; the project belongs to the unit north."""
    held = books().but("project/prj-a", unit="north")
    return held.but("person/per-2", **({"unit": "south", "manager_id": "per-1"} | person))


def booked(held: Books, *rules: LendingRule, percent: int = 50, project: Any = "prj-a", **case: Any) -> PolicyRequest:
    args = {
        "project_id": project, "person_id": "per-2", "role": "Developer", "start_on": "2026-04-01",
        "end_on": "2026-04-30", "percent": percent,
    }  # fmt: skip
    return request_for("assign_person", args, held=held, lending=list(rules), **case)


@pytest.mark.parametrize(
    ("rules", "percent", "lending"),
    [
        ([], 50, "unruled"),
        ([rule("a", 50)], 50, "ruled"),
        ([rule("a", 50)], 51, "beyond"),
        ([rule("a", 50, "west")], 50, "unruled"),
        ([rule("a", 60, "*")], 60, "ruled"),
        ([rule("a", 100, "*"), rule("b", 40)], 50, "beyond"),  # the nearer rule counts
        ([rule("a", 100), rule("b", 40)], 50, "beyond"),  # of two for the same units the stricter
        ([rule("a", 100, author="customer/cus-a")], 50, "unruled"),  # an outsider lends nobody
    ],
)
def test_a_rule_lends_so_much_of_a_week_to_a_unit(rules: list[LendingRule], percent: int, lending: str) -> None:
    assert booked(firm(), *rules, percent=percent).lending == lending


def test_it_is_the_project_s_unit_that_borrows_whatever_the_case_is_about() -> None:
    assert booked(firm(unit="north"), unit="south").lending == "none"
    assert booked(firm(), rule("a", 100), unit="south").lending == "ruled"


def test_a_project_that_is_yet_to_be_made_borrows_for_the_unit_that_it_will_have() -> None:
    project = {"$ref": f"{PROPOSAL}/result/project_id"}
    for rules, lending in (([rule("a", 100)], "unruled"), ([rule("a", 100, "west")], "ruled")):
        assert booked(firm(), *rules, project=project, earlier={PROPOSAL: PLANNED}).lending == lending


def test_nobody_can_tell_of_a_stranger_a_customer_s_word_or_a_project_of_no_unit() -> None:
    everybody = rule("a", 100, "*")
    assert booked(firm().without("person/per-2"), everybody).lending == "unknown"
    assert booked(firm(authors={"*": HR, "unit": "customer/cus-a"}), everybody).lending == "unknown"
    assert booked(firm().but("project/prj-a", unit=None), everybody, unit=None).lending == "unknown"


def test_who_has_no_line_manager_is_nobody_s_to_consent_to_where_they_are_lent() -> None:
    assert booked(firm(manager_id=None)).line_manager == "unknown"
    assert booked(firm(manager_id=None, unit="north")).line_manager == "none"
    assert booked(firm()).line_manager == "known"


def test_what_no_rule_lends_is_lent_by_the_head_of_delivery() -> None:
    engine = Engine(load_ruleset())

    def asked(*rules: LendingRule) -> dict[str, set[str]]:
        decision = engine.judge(booked(firm(), *rules), Doubt(), "auto")
        assert decision.effect == "review"
        return {each.rule: set(each.roles) for each in decision.requirements if each.rule in wanted}

    wanted = {"staffing", "line-manager-consent", "lent-beyond-the-rules"}
    ruled = {"staffing": {"resource_manager"}, "line-manager-consent": {"line_manager", "head_of_delivery"}}
    assert asked(rule("a", 50)) == ruled
    assert asked(rule("a", 40)) == asked() == ruled | {"lent-beyond-the-rules": {"head_of_delivery"}}
