"""`GET /v1/reviews`: members, statuses, digests, filters."""

from datetime import datetime
from typing import Any

import pytest

from tests.e2e.approvals import digest
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MEMBERS = {
    "id", "case_id", "action", "args_digest", "rationale", "evidence", "provenance", "risk", "decision", "required",
    "verdicts", "expires_at", "status",
}  # fmt: skip
REQUIRED = {"roles", "approvers", "excluded", "within_s", "escalate_to", "rule"}
STATUSES = ("pending", "approved", "rejected", "expired", "withdrawn", "superseded")


@pytest.fixture(scope="module")
def pending(site: Site) -> list[dict[str, Any]]:
    for kind in ("psa.sow.approved", "psa.change_request.submitted", "erp.invoice.drafted", "crm.contract.expiring"):
        site.case(site.senders["all"].take(site.fresh(kind)))
    return list(site.every("/v1/reviews", status="pending"))


def test_members(pending: list[dict[str, Any]]) -> None:
    assert pending
    for review in pending:
        assert review.keys() >= MEMBERS
        assert review["status"] == "pending"
        assert review["action"].keys() == {"tool", "args"}
        assert review["risk"].keys() >= {"score", "factors"}
        assert 0 <= review["risk"]["score"] <= 100
        assert sum(each["points"] for each in review["risk"]["factors"]) >= min(review["risk"]["score"], 100)
        assert isinstance(review["evidence"], list)
        assert review["rationale"]
        assert review["decision"]["effect"] == "review"
        assert datetime.fromisoformat(review["expires_at"]).tzinfo is not None


def test_required(pending: list[dict[str, Any]]) -> None:
    for review in pending:
        assert review["required"]
        for each in review["required"]:
            assert each.keys() == REQUIRED
            assert each["roles"]
            assert each["approvers"] >= 1
            assert isinstance(each["excluded"], list)
            assert each["within_s"] > 0
            assert each["escalate_to"] is None or isinstance(each["escalate_to"], str)
        assert {each["rule"] for each in review["required"]} <= {*review["decision"]["rules"]} | {
            each["rule"] for each in review["required"] if each["rule"].startswith(("default.", "threshold."))
        }


def test_the_digest_is_that_of_tool_and_arguments(pending: list[dict[str, Any]]) -> None:
    assert {review["id"]: digest(review["action"]) for review in pending} == {
        review["id"]: review["args_digest"] for review in pending
    }


def test_provenance_names_each_argument_and_evidence_each_fact(pending: list[dict[str, Any]]) -> None:
    for review in pending:
        given = {name for name, value in review["action"]["args"].items() if value not in (None, [], {})}
        assert given <= review["provenance"].keys() | {"channel"}, review["action"]
        known = {fact["id"] for fact in review["evidence"]}
        cited = {fact for source in review["provenance"].values() for fact in source.get("facts", [])}
        # A colleague's other assignments and the firm's periods are not among what the subject leads to.
        assert {each for each in cited if not each.startswith(("assignment/", "period/"))} <= known, review["action"]
        for fact in review["evidence"]:
            assert fact.keys() >= {"id", "record", "field", "value", "author", "read_at", "trust"}
            assert fact["trust"] in ("system", "person", "customer", "model")


def test_every_cited_fact_is_the_recipients_customers(pending: list[dict[str, Any]]) -> None:
    for review in pending:
        if review["action"]["tool"] == "send_customer_message":
            allowed = {None, review["action"]["args"]["customer_id"]}
            assert {fact["customer"] for fact in review["evidence"]} <= allowed


def test_one_review_reads_as_in_the_list(site: Site, pending: list[dict[str, Any]]) -> None:
    for review in pending[:5]:
        assert site.read(f"/v1/reviews/{review['id']}") == review


def test_the_list_without_a_status_is_of_what_is_pending(site: Site, pending: list[dict[str, Any]]) -> None:
    assert {each["id"] for each in site.every("/v1/reviews")} == {each["id"] for each in pending}


def test_statuses(site: Site) -> None:
    for status in STATUSES:
        assert {each["status"] for each in site.every("/v1/reviews", status=status)} <= {status}
    problem(site.get("/v1/reviews", status="open"), 422, "invalid_query", "/status")


def test_unknown_ids(site: Site) -> None:
    for ident in ("rev_0", "x" * 200, "batch", "%F0%9F%92%A9", "a%00b", "..%2f"):
        problem(site.get(f"/v1/reviews/{ident}"), 404, "not_found")


def test_proposals_of_one_case_have_a_digest_each(site: Site) -> None:
    found = site.case(site.senders["all"].take(site.fresh("psa.sow.approved")))
    for each in found["proposals"]:
        assert each["args_digest"] == digest(each["action"])
    standing = [each["args_digest"] for each in found["proposals"] if each["status"] != "superseded"]
    assert len(set(standing)) == len(standing) > 1
    assert {each["case_id"] for each in found["reviews"]} == {found["id"]}


def test_a_reference_to_an_earlier_result_is_what_the_digest_covers(site: Site) -> None:
    found = site.case(site.senders["all"].take(site.fresh("psa.sow.approved")))
    ids = {each["id"] for each in found["proposals"]}
    refs = [
        value["$ref"]
        for each in found["proposals"]
        for value in each["action"]["args"].values()
        if isinstance(value, dict) and "$ref" in value
    ]
    assert refs
    for ref in refs:
        proposal, result, field = ref.split("/")
        assert proposal in ids
        assert result == "result"
        assert field
