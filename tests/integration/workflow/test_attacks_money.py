"""Attacks on thresholds and limits: an amount in parts, and roles that are lent."""

from datetime import timedelta

import pytest

from app.errors import Problem
from app.identity.delegations import delegate
from app.store.models import Review
from app.workflow import control
from tests.integration.workflow.scenes import (
    CUSTOMER,
    INVOICE,
    PART,
    ask,
    rules_alone,
    write_off,
)
from tests.integration.world import World
from tools.actions import parse_action
from tools.records import Invoice, Project

# -- ten split amounts


def ten_reviews(world: World) -> list[Review]:
    rules_alone(world)
    for number in range(10):
        ask(world, "vera", write_off(reason=f"part {number}"), text=f"part {number}")
    found = world.reviews()
    assert len(found) == 10
    return found


def insist(world: World, who: str, review: Review) -> str | None:
    """Approves, once more where the records moved on; answers why it was refused in the end, if it was."""
    for _ in range(2):
        try:
            world.approve(who, review)
        except Problem as problem:
            refusal: str | None = problem.code
        else:
            refusal = None
        if refusal != "stale_facts":
            break
    world.run()
    return refusal


def test_ten_split_amounts_one_after_the_other_reach_the_threshold(world: World) -> None:
    asked = ten_reviews(world)
    assert [insist(world, "finn", review) for review in asked] == [None] * 9 + ["policy_changed"]
    assert world.get(Invoice, INVOICE).written_off_minor <= 1_000_000


def test_ten_split_amounts_approved_first_and_executed_later_reach_the_threshold(world: World) -> None:
    asked = ten_reviews(world)
    world.approve("finn", *asked)
    world.run()
    assert 0 < world.get(Invoice, INVOICE).written_off_minor <= 1_000_000
    assert world.reviews(), "what goes beyond is asked again"
    assert all(any("cfo" in each["roles"] for each in review.required) for review in world.reviews())


def test_ten_split_amounts_executed_at_the_same_moment_reach_the_threshold(world: World) -> None:
    asked = ten_reviews(world)
    world.approve("finn", *asked)
    assert world.queue.run_together() == 10
    world.run()
    assert 0 < world.get(Invoice, INVOICE).written_off_minor <= 1_000_000


def test_split_amounts_are_summed_where_the_case_is_about_nothing(world: World) -> None:
    """The case names no project and no customer; the invoice's own customer counts all the same."""
    rules_alone(world)
    for number in range(10):
        ask(world, "vera", write_off(reason=f"part {number}"), project=None, text=f"part {number}")
    assert [insist(world, "finn", review) for review in world.reviews()] == [None] * 9 + ["policy_changed"]
    assert world.get(Invoice, INVOICE).written_off_minor <= 1_000_000


def test_split_amounts_are_summed_over_the_cases_of_one_customer(world: World) -> None:
    own = [
        each for each in world.all(Invoice, customer_id=CUSTOMER) if each.period_start_on.isoformat() >= "2026-02-01"
    ]
    assert len(own) >= 2
    rules_alone(world)
    for number in range(10):
        ask(
            world, "vera", write_off(150_000, own[number % 2].id, f"part {number}"), text=f"part {number}",
            project=own[number % 2].project_id,
        )  # fmt: skip
    world.approve("finn", *world.reviews())
    world.run()
    assert sum(world.get(Invoice, each.id).written_off_minor for each in own) <= 1_000_000


def test_a_limit_is_not_stretched_by_approving_in_parts(world: World) -> None:
    """Fiona may approve 3,000.00; in parts of 1,100.00 that is two."""
    asked = ten_reviews(world)
    assert [insist(world, "fiona", review) for review in asked] == [None] * 2 + ["not_permitted"] * 8
    assert world.get(Invoice, INVOICE).written_off_minor == 2 * PART


def test_a_limit_is_not_stretched_by_approving_all_before_any_runs(world: World) -> None:
    asked = ten_reviews(world)
    world.approve("fiona", *asked)
    world.run()
    assert 0 < world.get(Invoice, INVOICE).written_off_minor <= 2 * PART


# -- nobody alone, by delegating


def test_a_limit_is_not_spread_over_the_contracts_of_a_customer(world: World) -> None:
    """Invoices of two contracts of one customer: what was approved for the one counts for the other."""
    rules_alone(world)
    for number, invoice in enumerate((INVOICE, "inv-063", INVOICE)):
        project = world.get(Invoice, invoice).project_id
        planned = write_off(PART, invoice, f"part {number}")
        (asked,) = world.reviews(ask(world, "vera", planned, text=f"part {number}", project=project))
        if number == 2:
            with world.refused("not_permitted"):
                world.approve("fiona", asked)
            return
        world.approve("fiona", asked)
        world.run()
        assert world.execution(asked).status == "succeeded"


def test_the_requester_does_not_approve_through_somebody_they_lend_their_role_to(world: World) -> None:
    case = ask(world, "finn", write_off())
    now = world.clock()
    delegate(world.ctx, world.actor("finn"), world.actor("mona").principal_id, "finance", now, now + timedelta(days=1))
    (asked,) = world.reviews(case)
    with world.refused("not_permitted"):
        world.approve("mona", asked)


def test_a_borrowed_role_approves_no_more_than_its_lender_may(world: World) -> None:
    case = ask(world, "vera", write_off(400_000))
    now = world.clock()
    delegate(world.ctx, world.actor("fiona"), world.actor("mona").principal_id, "finance", now, now + timedelta(days=1))
    (asked,) = world.reviews(case)
    with world.refused("not_permitted"):
        world.approve("fiona", asked)
    with world.refused("not_permitted"):
        world.approve("mona", asked)


def test_a_borrowed_role_counts_within_its_lenders_limit_beside_ones_own(world: World) -> None:
    """Lars leads the delivery himself; as finance, which Fiona lent him, he may say yes up to 3,000.00 only."""
    rules_alone(world)
    now = world.clock()
    delegate(world.ctx, world.actor("fiona"), world.actor("lars").principal_id, "finance", now, now + timedelta(days=1))
    before = world.get(Project, "prj-01").budget_minor
    asked = {}
    for more in (200_000, 400_000):
        args = {"project_id": "prj-01", "budget_minor": before + more, "currency": "EUR", "reason": f"{more} more"}
        case = ask(world, "vera", parse_action("change_budget", args), text=f"{more} more")
        (asked[more],) = world.reviews(case)
        world.approve("lars", asked[more])
    assert world.review(asked[400_000].id).status == "pending", "somebody of finance is still to say yes"
    assert world.review(asked[200_000].id).status == "approved"


@pytest.mark.parametrize("first", ["finn", "mona"])
def test_a_lender_and_a_borrower_of_one_role_are_one_voice(world: World, first: str) -> None:
    """Two people are needed; Finn and Mona, who holds nothing but what Finn lent her, are not two."""
    rules_alone(world)
    world.set("thresholds/tool/write_off", {"auto_below": 0, "two_from": 1, "deny_from": 101})
    now = world.clock()
    delegate(world.ctx, world.actor("finn"), world.actor("mona").principal_id, "finance", now, now + timedelta(days=1))
    (asked,) = world.reviews(ask(world, "vera", write_off()))
    for name in (first, "mona" if first == "finn" else "finn"):
        world.approve(name, asked)
    assert world.review(asked.id).status == "pending"
    world.approve("fred", asked)
    assert world.review(asked.id).status == "approved"


def test_two_lenders_of_one_role_are_two_voices(world: World) -> None:
    rules_alone(world)
    world.set("thresholds/tool/write_off", {"auto_below": 0, "two_from": 1, "deny_from": 101})
    now, later = world.clock(), world.clock() + timedelta(days=1)
    for lender, borrower in (("finn", "mona"), ("fred", "vera")):
        delegate(world.ctx, world.actor(lender), world.actor(borrower).principal_id, "finance", now, later)
    (asked,) = world.reviews(ask(world, "rhea", write_off()))
    world.approve("mona", asked)
    assert world.review(asked.id).status == "pending"
    world.approve("vera", asked)
    assert world.review(asked.id).status == "approved"


def test_a_pause_holds_what_was_approved(world: World) -> None:
    case = ask(world, "vera", write_off())
    control.pause(world.ctx, world.actor("finn"), "tool", "write_off")
    world.approve("finn", *world.reviews(case))
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 0
    control.resume(world.ctx, world.actor("cora"), "tool", "write_off")
    world.run(timedelta(seconds=20))
    assert world.get(Invoice, INVOICE).written_off_minor == PART
