"""`POST /v1/reviews/{id}/verdicts`: what each verdict does."""

from typing import Any

import pytest

from tests.e2e.approvals import digest, executed, one
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_approve_has_it_executed_once(site: Site) -> None:
    review = one(site)
    answer = site.verdict(review, "approve", "reviewer", comment="Fine.")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["status"]) == (review["id"], "approved")
    (said,) = body["verdicts"]
    assert (said["verdict"], said["comment"], said["args_digest"]) == ("approve", "Fine.", review["args_digest"])
    assert said["by"]["id"] == site.principals["reviewer"]
    execution = executed(site, review)
    assert execution["status"] == "succeeded"
    ledger = site.installation.told("sandbox", "ledger", "--tenant", "demo")
    assert [each["count"] for each in ledger if each["key"] == f"cs_{review['proposal_id']}"] == [1]


def test_who_comes_later_is_told_who_decided(site: Site) -> None:
    review = one(site)
    assert site.verdict(review, "approve", "reviewer").status_code == 200
    for said in ("approve", "reject"):
        body = problem(site.verdict(review, said, "delivery_lead"), 409, "already_decided")
        assert body["decided_by"] == site.principals["reviewer"]
        assert body["decided_at"].endswith("Z")
        assert "status" in body


def test_the_digest_shown_is_needed_and_must_fit(site: Site) -> None:
    review = one(site)
    path = f"/v1/reviews/{review['id']}/verdicts"
    args = review["action"]["args"] | {"title": "Something else"}
    for said in ("approve", "edit", "reject"):
        more = {"args": args} if said == "edit" else {}
        problem(site.post(path, {"verdict": said} | more, "reviewer"), 422, "invalid_body", "/args_digest")
        stale = more | {"verdict": said, "args_digest": "sha256:" + "0" * 64}
        problem(site.post(path, stale, "reviewer"), 409, "args_mismatch")
    for digest_of_another in ("", "sha256:", review["args_digest"].upper(), review["args_digest"][7:]):
        body = {"verdict": "approve", "args_digest": digest_of_another}
        problem(site.post(path, body, "reviewer"), 409, "args_mismatch")
    assert site.read(f"/v1/reviews/{review['id']}") == review


def test_an_edit_answers_with_the_new_digest_and_waits_for_somebody_else(site: Site) -> None:
    review = one(site)
    args = review["action"]["args"] | {"title": "Call the customer first"}
    answer = site.verdict(review, "edit", "reviewer", args=args)
    assert answer.status_code == 200, answer.text
    edited = answer.json()
    assert (edited["id"], edited["status"], edited["action"]["args"]) == (review["id"], "pending", args)
    assert edited["args_digest"] == digest(edited["action"]) != review["args_digest"]
    problem(site.verdict(review, "approve", "delivery_lead"), 409, "args_mismatch")
    problem(site.verdict(edited, "approve", "reviewer"), 403, "self_approval")
    assert site.verdict(edited, "approve", "delivery_lead").json()["status"] == "approved"
    assert executed(site, review)["status"] == "succeeded"


def test_an_edit_takes_complete_and_valid_arguments(site: Site) -> None:
    review = one(site)
    args = review["action"]["args"]
    problem(site.verdict(review, "edit", "reviewer"), 422, "invalid_args", "/args")
    problem(site.verdict(review, "edit", "reviewer", args={}), 422, "invalid_args", "/args/title")
    problem(site.verdict(review, "edit", "reviewer", args=args | {"title": 7}), 422, "invalid_args", "/args/title")
    problem(site.verdict(review, "edit", "reviewer", args=args | {"colour": 1}), 422, "invalid_args", "/args/colour")
    problem(site.verdict(review, "edit", "reviewer", args=[1]), 422, "invalid_body", "/args")
    disguised = args | {"title": "Pay \u202ednuf"}
    problem(site.verdict(review, "edit", "reviewer", args=disguised), 422, "invalid_args", "/args/title")
    assert site.read(f"/v1/reviews/{review['id']}") == review


def test_an_edit_to_an_outside_recipient_is_judged_again(site: Site) -> None:
    review = one(site, "send_customer_message")
    args = review["action"]["args"] | {"recipient": "somebody@elsewhere.example"}
    answer = site.verdict(review, "edit", "delivery_lead", args=args)
    if answer.status_code == 200:
        edited = answer.json()
        assert edited["risk"]["score"] > review["risk"]["score"]
        problem(site.verdict(edited, "approve", "delivery_lead"), 403, "self_approval")
    else:
        problem(answer, 403, "denied")
        assert site.read(f"/v1/reviews/{review['id']}")["action"] == review["action"]


def test_reject(site: Site) -> None:
    review = one(site)
    assert site.verdict(review, "reject", "reviewer", comment="No.").json()["status"] == "rejected"
    found = site.case(review["case_id"])
    assert not [each for each in found["executions"] if each["proposal_id"] == review["proposal_id"]]
    problem(site.verdict(review, "approve", "delivery_lead"), 409, "already_decided")


def test_respond_asks_and_leaves_it_open(site: Site) -> None:
    review = one(site)
    path = f"/v1/reviews/{review['id']}/verdicts"
    answer = site.post(path, {"verdict": "respond", "comment": "Which export?"}, "reviewer")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "pending"
    assert answer.json()["args_digest"] == review["args_digest"]
    assert [each["comment"] for each in answer.json()["verdicts"]] == ["Which export?"]
    problem(site.post(path, {"verdict": "respond"}, "reviewer"), 422, "invalid_body", "/comment")
    assert site.verdict(review, "approve", "reviewer").json()["status"] == "approved"


def test_withdraw(site: Site) -> None:
    review = one(site)
    answer = site.post(f"/v1/reviews/{review['id']}/verdicts", {"verdict": "withdraw"}, "reviewer")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "withdrawn"
    problem(site.verdict(review, "approve", "delivery_lead"), 409, "already_decided")


def test_what_is_no_verdict(site: Site) -> None:
    review = one(site)
    path, shown = f"/v1/reviews/{review['id']}/verdicts", review["args_digest"]
    for body, pointer in (
        ({"verdict": "maybe", "args_digest": shown}, "/verdict"), ({"args_digest": shown}, "/verdict"),
        ({"verdict": "approve", "args_digest": 7}, "/args_digest"), ({"verdict": 1, "args_digest": shown}, "/verdict"),
        ({"verdict": "approve", "args_digest": shown, "colour": 1}, "/colour"),
        ({"verdict": "approve", "args_digest": shown, "comment": "x" * 20_000}, "/comment"),
        ([], ""), (b"{", ""), (b"", ""), (b'{"verdict":"approve","verdict":"reject"}', ""),
    ):  # fmt: skip
        problem(site.post(path, body, "reviewer"), 422, "invalid_body", pointer)
    problem(site.post(path, b"[" * 500, "reviewer"), 422, "too_deep")
    assert site.read(f"/v1/reviews/{review['id']}") == review


def test_a_quorum_counts_each_person_once(site: Site) -> None:
    """Where two roles must say so, the first approval leaves it pending; the same person again is told."""
    for kind in ("psa.change_request.submitted", "crm.contract.expiring"):
        found = [site.case(site.senders["all"].take(site.fresh(kind)))]
        reviews = [each for case in found for each in case["reviews"]]
        review = next(
            (each for each in reviews if not _enough(each, "delivery_lead") and _counts(each, "delivery_lead")), None
        )
        if review is not None:
            break
    else:
        pytest.fail("the firm's events gave no review that takes two people")
    first = site.verdict(review, "approve", "delivery_lead")
    assert (first.status_code, first.json()["status"]) == (200, "pending")
    again = problem(site.verdict(review, "approve", "delivery_lead"), 409, "already_decided")
    assert again["decided_by"] == site.principals["delivery_lead"]
    assert again["decided_at"]
    assert site.verdict(review, "approve", "head_of_delivery").json()["status"] == "approved"


def _counts(review: dict[str, Any], role: str) -> bool:
    return any(role in each["roles"] for each in review["required"])


def _enough(review: dict[str, Any], role: str) -> bool:
    return all(role in each["roles"] and each["approvers"] == 1 for each in review["required"])
