"""One verdict on several reviews: as if each had come alone, but never more together than the limit."""

from typing import Any

import pytest

from app.store.models import Review, Verdict
from app.workflow.batch import MOST, give_batch
from tests.integration.workflow.scenes import INVOICE, PART, ask, drafted, request, rules_alone, task, write_off
from tests.integration.world import World
from tools.actions import HoldInvoice
from tools.records import Invoice, Task


def three(world: World) -> list[Review]:
    for number in range(3):
        request(world, task(f"Task {number}"), text=f"number {number}")
    return world.reviews()


def items(reviews: list[Review]) -> list[dict[str, str]]:
    return [{"review_id": each.id, "args_digest": each.args_digest} for each in reviews]


def give(world: World, who: str, reviews: list[Review], verdict: str = "approve", **more: Any) -> list[dict[str, str]]:
    return give_batch(world.ctx, world.actor(who), {"items": items(reviews), "verdict": verdict} | more)


def test_each_is_approved_recorded_and_run(world: World) -> None:
    asked = three(world)
    told = give(world, "rhea", asked, comment="all of them")
    assert told == [{"review_id": each.id, "status": "approved"} for each in asked]
    world.run()
    assert len(world.all(Task)) == 3
    assert len(world.rows(Verdict)) == 3
    assert len(world.entries(kind="verdict.given")) == 3


def test_each_is_rejected(world: World) -> None:
    asked = three(world)
    assert {each["status"] for each in give(world, "rhea", asked, "reject")} == {"rejected"}
    world.run()
    assert world.ledger() == []


def test_one_bad_item_is_named_and_the_others_are_taken(world: World) -> None:
    asked = three(world)
    world.say("lena", asked[0], "reject")
    wrong = items(asked)
    wrong[1]["args_digest"] = "sha256:0"
    wrong.append({"review_id": "rev_none", "args_digest": "sha256:0"})
    told = give_batch(world.ctx, world.actor("rhea"), {"items": wrong, "verdict": "approve"})
    assert [each.get("code") or each["status"] for each in told] == [
        "already_decided", "args_mismatch", "approved", "not_found",
    ]  # fmt: skip
    world.run()
    assert len(world.all(Task)) == 1


def test_a_quorum_is_still_a_quorum(world: World) -> None:
    (asked,) = world.reviews(drafted(world, write_off(1_200_000)))
    assert give(world, "finn", [asked]) == [{"review_id": asked.id, "status": "pending"}]
    assert give(world, "finn", [asked])[0]["code"] == "already_decided"


def test_nobody_approves_their_own_in_a_batch(world: World) -> None:
    ask(world, "rhea", task())
    assert [each["code"] for each in give(world, "rhea", world.reviews())] == ["self_approval"]


def test_stale_facts_are_told_by_item(world: World) -> None:
    asked = world.reviews(drafted(world, write_off()))
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    assert [each["code"] for each in give(world, "finn", asked)] == ["stale_facts"]


def test_amounts_are_added_up_against_the_limit(world: World) -> None:
    rules_alone(world)
    for number in range(4):
        ask(world, "vera", write_off(reason=f"part {number}"), text=f"part {number}")
    asked = world.reviews()[1:]  # these three are possible duplicates of what came before, so asked for alike
    with world.refused("not_permitted"):
        give(world, "fiona", asked)
    assert world.rows(Verdict) == []
    assert {each["status"] for each in give(world, "fiona", asked[:2])} == {"approved"}
    world.run()
    assert 0 < world.get(Invoice, INVOICE).written_off_minor <= 2 * PART


def test_two_tools_are_no_batch(world: World) -> None:
    asked = [*three(world), *world.reviews(drafted(world, write_off()))]
    with world.refused("invalid_body") as caught:
        give(world, "hal", asked)
    assert [error.pointer for error in caught[0].errors] == ["/items/3/review_id"]
    assert world.rows(Verdict) == []


def test_two_sets_of_rules_are_no_batch(world: World) -> None:
    asked = [*world.reviews(drafted(world, write_off()))]
    asked += world.reviews(ask(world, "vera", write_off(1_200_000)))
    with world.refused("invalid_body") as caught:
        give(world, "finn", asked)
    assert [error.pointer for error in caught[0].errors] == ["/items/1/review_id"]


def test_the_same_review_twice_is_no_batch(world: World) -> None:
    (asked, *_) = three(world)
    with world.refused("invalid_body") as caught:
        give(world, "rhea", [asked, asked])
    assert [error.pointer for error in caught[0].errors] == ["/items/1/review_id"]


def test_another_tenants_reviews_are_not_there(world: World) -> None:
    asked = three(world)
    body = {"items": items(asked), "verdict": "approve"}
    assert {each["code"] for each in give_batch(world.ctx, world.actor("hal", "borealis"), body)} == {"not_found"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/items"),
        ({"items": [], "verdict": "approve"}, "/items"),
        ({"items": [{"review_id": "r", "args_digest": "d"}] * (MOST + 1), "verdict": "approve"}, "/items"),
        ({"items": [{"review_id": "r"}], "verdict": "approve"}, "/items/0/args_digest"),
        ({"items": [{"review_id": "r", "args_digest": "d"}], "verdict": "edit"}, "/verdict"),
        ({"items": "all", "verdict": "approve"}, "/items"),
        ([], ""),
        (None, ""),
    ],
)
def test_a_bad_body_names_the_field(world: World, body: Any, pointer: str) -> None:
    with world.refused("invalid_body") as caught:
        give_batch(world.ctx, world.actor("rhea"), body)
    assert pointer in [error.pointer for error in caught[0].errors]
