"""`POST /v1/policies/simulate`: a candidate ruleset over recorded decisions."""

from typing import Any

import pytest

from tests.architecture.tree import ROOT
from tests.e2e.approvals import one
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_NO_TASKS = """
- id: no-tasks
  title: No tasks
  tools: [create_task]
  when: {records_touched: {at_least: 0}}
  effect: deny
  examples:
    - {given: {tool: create_task}, then: deny}
"""


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    return {path.name: path.read_text() for path in (ROOT / "policies" / "rules").glob("*.yaml")}


def test_the_rules_in_force_change_nothing(site: Site, shipped: dict[str, str]) -> None:
    one(site)
    answer = site.post("/v1/policies/simulate", {"files": shipped}, "compliance")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["total"] > 0
    assert (found["same"], found["changed"], found["against_people"]) == (found["total"], [], [])


def test_a_stricter_candidate_says_what_changes_and_against_whom(site: Site, shipped: dict[str, str]) -> None:
    review = one(site)
    site.verdict(review, "approve", "reviewer")
    site.case(review["case_id"])  # what the approval set going writes to the log too
    before, log = site.tally(), site.read("/v1/audit/checkpoint")["size"]
    files = shipped | {"stricter.yaml": _NO_TASKS}
    found = site.post("/v1/policies/simulate", {"files": files}, "compliance").json()
    changed = {each["id"]: each for each in found["changed"]}
    assert changed[review["proposal_id"]]["tool"] == "create_task"
    assert (changed[review["proposal_id"]]["before"], changed[review["proposal_id"]]["after"]) == ("review", "deny")
    assert review["proposal_id"] in found["against_people"]
    assert {each["tool"] for each in found["changed"]} == {"create_task"}
    assert (site.tally(), site.read("/v1/audit/checkpoint")["size"]) == (before, log)


def test_a_broken_candidate_is_refused_by_file_rule_and_field(site: Site, shipped: dict[str, str]) -> None:
    broken = _NO_TASKS.replace("effect: deny", "effect: perhaps")
    found = problem(
        site.post("/v1/policies/simulate", {"files": shipped | {"a/b.yaml": broken}}, "compliance"), 422, "invalid_body"
    )
    (wrong,) = [each for each in found["errors"] if "effect" in each["detail"]]
    assert "no-tasks" in wrong["detail"]
    assert "deny" in wrong["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/files"), ({"files": {}}, "/files"), ({"files": []}, "/files"), ({"files": {"a.yaml": 7}}, "/files"),
        ({"files": {"a.yaml": ""}, "limit": 0}, "/limit"), ({"files": {"a.yaml": ""}, "limit": "x"}, "/limit"),
        ({"files": {"a.yaml": ""}, "colour": 1}, "/colour"), ([], ""),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(site: Site, body: Any, pointer: str) -> None:
    problem(site.post("/v1/policies/simulate", body, "compliance"), 422, "invalid_body", pointer)


def test_hostile_yaml(site: Site) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
    )
    for text in (bomb, "!!python/object/apply:os.system ['true']", "- " * 5_000, "{" * 5_000, "\x00", "a: [", "- [x]"):
        answer = site.post("/v1/policies/simulate", {"files": {"x.yaml": text}}, "compliance")
        problem(answer, 422, "invalid_body")
        assert answer.elapsed.total_seconds() < 10
