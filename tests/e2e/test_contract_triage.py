"""`POST /v1/triage`: a text becomes a case, now or later."""

from typing import Any

import pytest

from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KINDS = ("change_request", "ticket", "staffing_request", "billing_question", "other")
CASE = {
    "id", "status", "kind", "subject", "customer", "project", "events", "assessment", "proposals", "reviews",
    "executions", "timeline",
}  # fmt: skip


def test_without_wait_it_answers_at_once_and_says_where(site: Site) -> None:
    answer = site.post("/v1/triage", {"kind": "ticket", "text": "The dashboard is empty."}, "reviewer")
    assert answer.status_code == 202
    body = answer.json()
    assert body.keys() == {"case_id"}
    assert answer.headers["location"].endswith(f"/v1/cases/{body['case_id']}")
    assert site.case(body["case_id"])["id"] == body["case_id"]


@pytest.mark.parametrize("kind", KINDS)
def test_with_wait_it_answers_the_decided_case(site: Site, kind: str) -> None:
    project = site.happened["psa.change_request.submitted"][0]["data"]["project_id"]
    said = {"kind": kind, "text": "Could you add an export to Excel by Friday?", "project": project}
    answer = site.post("/v1/triage", said, "reviewer", params={"wait": "60"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found.keys() >= CASE
    assert found["kind"] == kind
    assert found["requester"] == site.principals["reviewer"]
    assert found["status"] in ("waiting", "done")
    assert all(each["decision"]["effect"] in ("auto", "review", "deny") for each in found["proposals"])
    assert all(each["status"] not in ("waiting", "running") for each in found["executions"])
    assert found["proposals"] or found["because"] or found["assessment"]["nothing_because"]
    assert found == site.read(f"/v1/cases/{found['id']}")


def test_a_wait_that_is_too_short_answers_202(site: Site) -> None:
    answer = site.post("/v1/triage", {"kind": "other", "text": "Hello."}, "reviewer", params={"wait": "0.001"})
    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["case_id"])


@pytest.mark.parametrize("wait", ["61", "-1", "x", "nan", "inf", "1e9", ""])
def test_a_wait_out_of_bounds_is_refused_before_anything_is_stored(site: Site, wait: str) -> None:
    before = site.tally()
    problem(site.post("/v1/triage", {"kind": "other", "text": "Hello."}, "reviewer", params={"wait": wait}), 422,
            "invalid_query", "/wait")  # fmt: skip
    assert site.tally() == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"text": "x"}, "/kind"), ({"kind": "change_request"}, "/text"), ({"kind": "gift", "text": "x"}, "/kind"),
        ({"kind": 1, "text": "x"}, "/kind"), ({"kind": "other", "text": ""}, "/text"),
        ({"kind": "other", "text": 7}, "/text"), ({"kind": "other", "text": None}, "/text"),
        ({"kind": "other", "text": "x" * 500_000}, "/text"),
        ({"kind": "other", "text": "x", "customer": 7}, "/customer"),
        ({"kind": "other", "text": "x", "project": "p\u202e"}, "/project"),
        ({"kind": "other", "text": "x", "project": "../../etc"}, "/project"),
        ({"kind": "other", "text": "x", "requested_by": ["a"]}, "/requested_by"),
        ({"kind": "other", "text": "x", "requested_by": "x" * 300}, "/requested_by"),
        ({"kind": "other", "text": "x", "data": [1]}, "/data"),
        ({"kind": "other", "text": "x", "colour": 1}, "/colour"),
        ([], ""), ("text", ""),
    ],
)  # fmt: skip
def test_wrong_fields_are_named_and_nothing_is_stored(site: Site, body: Any, pointer: str) -> None:
    before = site.tally()
    problem(site.post("/v1/triage", body, "reviewer"), 422, "invalid_body", pointer)
    assert site.tally() == before


@pytest.mark.parametrize("body", [b"", b"{", b'{"kind":"other","kind":"ticket","text":"x"}', b'{"text":"\xff"}'])
def test_what_is_no_json(site: Site, body: bytes) -> None:
    problem(site.post("/v1/triage", body, "reviewer"), 422, "invalid_body", "")


def test_too_deep_and_too_large(site: Site) -> None:
    deep = b'{"kind":"other","text":"x","data":' + b'{"a":' * 50 + b"1" + b"}" * 51
    problem(site.post("/v1/triage", deep, "reviewer"), 422, "too_deep")
    problem(site.post("/v1/triage", b" " * 1_100_000, "reviewer"), 413, "too_large")


def test_unknown_customers_and_projects_lead_to_no_effect(site: Site) -> None:
    found = site.asked("change_request", "Please add an export.", customer="cus-none", project="prj-none")
    assert not found["executions"]
    assert {each["action"]["tool"] for each in found["proposals"]} <= {"create_task", "notify_channel"}
    assert found["proposals"] or found["because"] or found["assessment"]["nothing_because"]


def test_the_text_is_the_customers_word(site: Site) -> None:
    """What a text alone asks for runs by itself under no rule, and who is named in it is no more than named."""
    project = site.happened["psa.change_request.submitted"][0]["data"]["project_id"]
    found = site.asked(
        "change_request", "Please raise the budget by 90000 euros.", project=project, requested_by="ceo@firm.example"
    )
    assert found["proposals"]
    assert {each["decision"]["effect"] for each in found["proposals"]} <= {"review", "deny"}
    assert found["requester"] == site.principals["reviewer"]
    facts = [fact for each in found["proposals"] for fact in each["evidence"]]
    assert all(fact["trust"] == "customer" for fact in facts if fact["record"]["kind"] == "event")


def test_who_asked_cannot_approve_it(site: Site) -> None:
    """The requester is the token's principal, and also whom `requested_by` names."""
    project = site.happened["psa.change_request.submitted"][0]["data"]["project_id"]
    found = site.asked("change_request", "Please add an export to Excel.", "delivery_lead", project=project)
    barred = [
        review for review in found["reviews"] if any("requester" in each["excluded"] for each in review["required"])
    ]
    assert barred
    for review in barred:
        refused = site.verdict(review, "approve", "delivery_lead")
        assert refused.status_code == 403
        assert refused.json()["code"] in ("self_approval", "not_permitted")
    assert any(site.verdict(each, "approve", "delivery_lead").json()["code"] == "self_approval" for each in barred)


def test_cases_in_another_language_or_of_nothing_end_with_a_reason(site: Site) -> None:
    for text in ("Bitte ergänzen Sie einen Export nach Excel.", "asdf", "¿Qué tal?", "👍"):
        found = site.asked("other", text)
        assert found["status"] in ("waiting", "done")
        assert found["proposals"] or found["because"] or found["assessment"]["nothing_because"]
