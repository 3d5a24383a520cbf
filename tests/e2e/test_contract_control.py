"""Kill switches: what is paused waits, nothing is lost, and it goes on."""

import time
from typing import Any

import pytest

from tests.e2e.approvals import executed, one
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SWITCHES = (
    {"scope": "tenant"}, {"scope": "workflow", "name": "psa.change_request.submitted"},
    {"scope": "tool", "name": "create_task"}, {"scope": "agent", "name": "triage"},
)  # fmt: skip


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch["scope"])
def test_pause_and_resume(site: Site, switch: dict[str, str]) -> None:
    paused = site.post("/v1/control/pause", switch)
    assert paused.status_code == 200, paused.text
    try:
        (standing,) = paused.json()["paused"]
        assert (standing["scope"], standing["name"]) == (switch["scope"], switch.get("name", ""))
        assert standing["by"] == site.principals["admin"]
        assert site.post("/v1/control/pause", switch).status_code == 200
        assert site.read("/v1/control", "auditor") == paused.json()
        assert site.read("/v1/control", "stranger") == {"paused": []}
    finally:
        resumed = site.post("/v1/control/resume", switch)
    assert resumed.json() == {"paused": []}
    problem(site.post("/v1/control/resume", switch), 404, "not_found")
    kinds = [each["kind"] for each in site.every("/v1/audit/entries")][-3:]
    assert {"control.paused", "control.resumed"} <= set(kinds)


def test_a_paused_tool_takes_no_effect_until_it_is_resumed(site: Site) -> None:
    switch, review = {"scope": "tool", "name": "create_task"}, one(site)
    site.post("/v1/control/pause", switch)
    try:
        answer = site.verdict(review, "approve", "reviewer")
        assert answer.status_code == 200 or answer.json()["code"] == "paused"
        time.sleep(2)
        ledger = site.installation.told("sandbox", "ledger", "--tenant", "demo")
        assert f"cs_{review['proposal_id']}" not in {each["key"] for each in ledger}
    finally:
        assert site.post("/v1/control/resume", switch).status_code == 200
    if answer.status_code != 200:
        site.verdict(review, "approve", "reviewer")
    assert executed(site, review)["status"] == "succeeded"


def test_a_paused_agent_starts_nothing_and_loses_nothing(site: Site) -> None:
    switch = {"scope": "agent", "name": "triage"}
    site.post("/v1/control/pause", switch)
    try:
        case_id = site.senders["all"].take(site.fresh("psa.change_request.submitted"))
        time.sleep(2)
        assert site.read(f"/v1/cases/{case_id}")["proposals"] == []
    finally:
        assert site.post("/v1/control/resume", switch).status_code == 200
    assert site.case(case_id)["proposals"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/scope"), ({"scope": "planet"}, "/scope"), ({"scope": 1}, "/scope"), ({"scope": "tool"}, "/name"),
        ({"scope": "tool", "name": "none"}, "/name"), ({"scope": "tool", "name": 7}, "/name"),
        ({"scope": "agent", "name": "none"}, "/name"), ({"scope": "tenant", "name": "other"}, "/name"),
        ({"scope": "workflow", "name": ""}, "/name"), ({"scope": "tenant", "colour": 1}, "/colour"), ([], ""),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(site: Site, body: Any, pointer: str) -> None:
    for path in ("pause", "resume"):
        problem(site.post(f"/v1/control/{path}", body), 422, "invalid_body", pointer)
    assert site.read("/v1/control") == {"paused": []}
