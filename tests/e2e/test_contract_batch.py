"""`POST /v1/reviews/batch`: same tool, same rules, an aggregate cap, an answer and an entry for each."""

import uuid
from typing import Any

import pytest

from tests.e2e.approvals import executed, one
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def item(review: dict[str, Any]) -> dict[str, Any]:
    return {"review_id": review["id"], "args_digest": review["args_digest"]}


def give(site: Site, reviews: list[dict[str, Any]], who: str = "reviewer", said: str = "approve") -> Any:
    return site.post("/v1/reviews/batch", {"items": [item(each) for each in reviews], "verdict": said}, who)


def test_each_is_approved_and_on_record(site: Site) -> None:
    reviews = [one(site) for _ in range(3)]
    before = sum(1 for _ in site.every("/v1/audit/entries", kind="verdict.given"))
    answer = give(site, reviews)
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == [{"review_id": each["id"], "status": "approved"} for each in reviews]
    assert sum(1 for _ in site.every("/v1/audit/entries", kind="verdict.given")) == before + 3
    assert {executed(site, each)["status"] for each in reviews} == {"succeeded"}


def test_what_cannot_be_decided_is_answered_in_its_place(site: Site) -> None:
    reviews = [one(site) for _ in range(4)]
    site.verdict(reviews[0], "reject", "reviewer")
    stale = reviews[1] | {"args_digest": "sha256:" + "0" * 64}
    answer = give(site, [reviews[0], stale, reviews[2], reviews[3] | {"id": "rev_none"}])
    assert answer.status_code == 200, answer.text
    told = answer.json()["items"]
    assert [each.get("code") for each in told] == ["already_decided", "args_mismatch", None, "not_found"]
    assert told[2]["status"] == "approved"
    assert site.read(f"/v1/reviews/{reviews[1]['id']}")["status"] == "pending"


def test_two_tools_are_no_batch(site: Site) -> None:
    reviews = [one(site), one(site, "send_customer_message")]
    problem(give(site, reviews, "chief"), 422, "invalid_body", "/items/1/review_id")
    assert {site.read(f"/v1/reviews/{each['id']}")["status"] for each in reviews} == {"pending"}


def test_another_tenants_reviews_are_not_there(site: Site) -> None:
    review = one(site)
    told = give(site, [review], "stranger").json()["items"]
    assert [each["code"] for each in told] == ["not_found"]
    assert site.read(f"/v1/reviews/{review['id']}")["status"] == "pending"


def test_who_is_not_named_approves_none(site: Site) -> None:
    review = one(site)
    told = give(site, [review], "compliance")
    if told.status_code == 200:
        assert [each["code"] for each in told.json()["items"]] == ["not_permitted"]
    else:
        problem(told, 403, "not_permitted")


def test_together_they_count_against_the_limit(site: Site) -> None:
    """An approver's limit holds for all that one batch approves."""
    made = site.installation.told(
        "token", "create", "--name", "small purse", "--role", "finance", "--limit", "100", "--tenant", "demo"
    )["token"]  # fmt: skip
    for each in site.happened["erp.invoice.drafted"]:
        site.case(site.senders["all"].take(each | {"id": f"e-{uuid.uuid4()}"}))
    money = [each for each in site.every("/v1/reviews") if (each["decision"]["amount_minor"] or 0) > 100]
    assert money
    alike = [each for each in money if _kind(each) == _kind(money[0])]
    problem(give(site, alike, made), 403, "not_permitted")
    assert {site.read(f"/v1/reviews/{each['id']}")["status"] for each in alike} == {"pending"}


def _kind(review: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    return review["action"]["tool"], tuple(sorted(each["rule"] for each in review["required"]))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"items": []}, "/items"), ({"items": [{}]}, "/items/0/review_id"), ({"items": "x"}, "/items"),
        ({"items": [{"review_id": "rev_0"}]}, "/items/0/args_digest"), ({"verdict": "edit"}, "/verdict"),
        ({"verdict": None}, "/verdict"), ({"colour": 1}, "/colour"),
        ({"items": [{"review_id": "rev_0", "args_digest": "x"}] * 2}, "/items/1/review_id"),
        ({"items": [{"review_id": f"rev_{n}", "args_digest": "x"} for n in range(51)]}, "/items"),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(site: Site, change: dict[str, Any], pointer: str) -> None:
    body = {"items": [{"review_id": "rev_0", "args_digest": "x"}], "verdict": "approve"} | change
    problem(site.post("/v1/reviews/batch", body, "reviewer"), 422, "invalid_body", pointer)
