"""`GET /v1/executions/{id}` and undo, which is itself decided."""

import re
from typing import Any

import pytest

from tests.e2e.approvals import digest, executed, one
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STATUSES = {"waiting", "running", "succeeded", "failed", "unknown", "undone", "void"}


def done(site: Site, tool: str = "create_task", who: str = "reviewer") -> dict[str, Any]:
    review = one(site, tool)
    assert site.verdict(review, "approve", who).json()["status"] == "approved"
    found = executed(site, review)
    assert found["status"] == "succeeded"
    return found


def ledger(site: Site) -> dict[str, int]:
    return {each["key"]: each["count"] for each in site.installation.told("sandbox", "ledger", "--tenant", "demo")}


def test_members(site: Site) -> None:
    found = site.read(f"/v1/executions/{done(site)['id']}")
    assert found["status"] in STATUSES
    assert found["key"] == f"cs_{found['proposal_id']}"
    assert digest(found["action"]) == found["args_digest"]
    assert re.fullmatch(r"exe_[0-9a-z]{26}", found["id"])
    assert found["finished_at"].endswith("Z")


def test_undo_is_decided_and_takes_back_once(site: Site) -> None:
    execution = done(site)
    path = f"/v1/executions/{execution['id']}/undo"
    asked = site.post(path, None, "reviewer")
    assert asked.status_code == 200, asked.text
    told = asked.json()
    assert told["effect"] in ("auto", "review", "deny")
    problem(site.post(path, None, "delivery_lead"), 409, "not_undoable")
    if told["effect"] == "review":
        review = site.read(f"/v1/reviews/{told['review_id']}")
        assert review["status"] == "pending"
        answer = site.verdict(review, "approve", "delivery_lead")
        assert answer.status_code == 200, answer.text
        assert executed(site, review)["status"] == "succeeded"
    site.case(execution["case_id"])
    assert site.read(f"/v1/executions/{execution['id']}")["status"] == "undone"
    counts = ledger(site)
    assert (counts[execution["key"]], counts[f"cs_{told['proposal_id']}"]) == (1, 1)
    problem(site.post(path, None, "reviewer"), 409, "not_undoable")


def test_who_asks_for_an_undo_does_not_approve_it(site: Site) -> None:
    execution = done(site)
    told = site.post(f"/v1/executions/{execution['id']}/undo", None, "reviewer").json()
    if told["effect"] != "review":
        pytest.skip("the rules let this be undone without a person")
    review = site.read(f"/v1/reviews/{told['review_id']}")
    problem(site.verdict(review, "approve", "reviewer"), 403, "self_approval")


def test_a_message_waits_in_which_it_can_be_recalled(site: Site) -> None:
    review = one(site, "send_customer_message")
    for who in ("delivery_lead", "head_of_delivery"):
        answer = site.verdict(review, "approve", who)
        if answer.json()["status"] == "approved":
            break
    execution = executed(site, review)
    assert execution["status"] == "succeeded"
    told = site.post(f"/v1/executions/{execution['id']}/undo", None, "delivery_lead")
    assert told.status_code == 200, told.text


def test_unknown_ids(site: Site) -> None:
    for ident in ("exe_0", "x" * 200, "%00"):
        problem(site.get(f"/v1/executions/{ident}"), 404, "not_found")
        problem(site.post(f"/v1/executions/{ident}/undo"), 404, "not_found")


def test_what_failed_in_the_firms_system_is_failed_and_had_no_effect(site: Site) -> None:
    review = one(site)
    site.installation.told("sandbox", "fault", "refuse", "--tool", "create_task", "--count", "1", "--tenant", "demo")
    site.verdict(review, "approve", "reviewer")
    found = executed(site, review)
    assert found["status"] == "failed"
    assert found["error"]
    assert f"cs_{review['proposal_id']}" not in ledger(site)
    problem(site.post(f"/v1/executions/{found['id']}/undo"), 409, "not_undoable")


def test_a_time_out_after_it_took_effect_ends_with_one_effect(site: Site) -> None:
    review = one(site)
    site.installation.told(
        "sandbox", "fault", "timeout_after_apply", "--tool", "create_task", "--count", "1", "--tenant", "demo"
    )
    site.verdict(review, "approve", "reviewer")

    def ended(case: dict[str, Any]) -> bool:
        return any(
            each["proposal_id"] == review["proposal_id"] and each["status"] in ("succeeded", "failed")
            for each in case["executions"]
        )

    found = site.case(review["case_id"], until=ended)["executions"]
    assert [each["status"] for each in found if each["proposal_id"] == review["proposal_id"]] == ["succeeded"]
    assert ledger(site)[f"cs_{review['proposal_id']}"] == 1
