"""`POST /v1/cases/{id}/corrections`: a person says what a case really is."""

import uuid
from typing import Any

import httpx
import pytest

from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def correct(site: Site, case_id: str, who: str = "delivery_lead", **body: Any) -> httpx.Response:
    return site.post(f"/v1/cases/{case_id}/corrections", body, who)


def superseded(case: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether no review that waited before is still to be decided."""
    waited = {each["id"] for each in before["reviews"] if each["status"] == "pending"}
    return {each["status"] for each in case["reviews"] if each["id"] in waited} <= {"superseded"}


def test_reclassify_plans_again(site: Site) -> None:
    before = site.asked("change_request", "Please add an export to Excel.")
    answer = correct(site, before["id"], kind="reclassify", to="ticket", comment="It is broken, they say.")
    assert answer.status_code == 200, answer.text
    assert answer.json()["cases"][0] == before["id"]
    after = site.case(before["id"])
    assert after["kind"] == "ticket"
    assert superseded(after, before)
    for review in before["reviews"]:
        problem(site.verdict(review, "approve", "chief"), 409, "already_decided")


def test_relink_is_about_another_project(site: Site) -> None:
    projects = [each["data"]["project_id"] for each in site.happened["psa.change_request.submitted"]]
    before = site.change_request()
    other = next((each for each in projects if each != before["project"]), "prj-03")
    assert correct(site, before["id"], kind="relink", project=other).status_code == 200
    after = site.case(before["id"])
    assert after["project"] == other
    assert after["subject"] == f"project/{other}"
    assert superseded(after, before)


def test_dismiss_leaves_nothing_to_decide(site: Site) -> None:
    before = site.change_request()
    assert correct(site, before["id"], kind="dismiss", comment="Spam.").status_code == 200
    after = site.case(before["id"])
    assert after["status"] == "done"
    assert after["because"]
    assert superseded(after, before)


def test_split_and_merge(site: Site) -> None:
    request = f"crq-{uuid.uuid4().hex[:12]}"
    events = [
        site.fresh("psa.change_request.submitted", change_request_id=request, text=text)
        for text in ("Please add an export.", "Also, when is the next steering committee?")
    ]
    (case_id,) = {site.senders["all"].take(each) for each in events}
    before = site.case(case_id, until=lambda case: len(case["events"]) == 2 and case["status"] != "open")
    answer = correct(site, case_id, kind="split", events=[events[1]["id"]])
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["cases"]
    assert first == case_id
    assert [each["id"] for each in site.case(first)["events"]] == [events[0]["id"]]
    assert [each["id"] for each in site.case(second)["events"]] == [events[1]["id"]]
    assert superseded(site.case(first), before)
    merged = correct(site, second, kind="merge", into=first)
    assert merged.status_code == 200, merged.text
    assert set(merged.json()["cases"]) == {first, second}
    assert {each["id"] for each in site.case(first)["events"]} == {each["id"] for each in events}
    gone = site.case(second)
    assert (gone["events"], gone["status"]) == ([], "done")
    problem(correct(site, second, kind="dismiss"), 409, "conflict")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/kind"), ({"kind": "explode"}, "/kind"), ({"kind": "reclassify"}, "/to"),
        ({"kind": "reclassify", "to": "gift"}, "/to"), ({"kind": "split"}, "/events"),
        ({"kind": "split", "events": []}, "/events"), ({"kind": "split", "events": ["none"]}, "/events/0"),
        ({"kind": "merge"}, "/into"), ({"kind": "dismiss", "colour": 1}, "/colour"), ({"kind": "relink"}, "/project"),
        ({"kind": "relink", "project": 7}, "/project"), ({"kind": "dismiss", "comment": 7}, "/comment"), ([], ""),
    ],
)  # fmt: skip
def test_wrong_fields_are_named_and_nothing_changes(site: Site, body: Any, pointer: str) -> None:
    before = site.change_request()
    problem(site.post(f"/v1/cases/{before['id']}/corrections", body, "delivery_lead"), 422, "invalid_body", pointer)
    assert site.read(f"/v1/cases/{before['id']}") == before


def test_merging_into_what_is_not_there(site: Site) -> None:
    before = site.change_request()
    problem(correct(site, before["id"], kind="merge", into="cas_none"), 404, "not_found")
    problem(correct(site, before["id"], kind="merge", into=before["id"]), 409, "conflict")
    theirs = site.post("/v1/triage", {"kind": "other", "text": "x"}, "stranger").json()["case_id"]
    problem(correct(site, before["id"], kind="merge", into=theirs), 404, "not_found")
    assert site.read(f"/v1/cases/{before['id']}") == before
