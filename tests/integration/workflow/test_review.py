"""Verdicts: who may give which, what follows, and what follows when nobody gives one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.actor import Actor, Grant
from app.store.models import Verdict
from app.workflow import sweep
from tests.integration.workflow.scenes import (
    INVOICE,
    ask,
    contacts,
    large,
    letter,
    money,
    pending,
    task,
)
from tests.integration.world import World
from tools.actions import AssignPerson, HoldInvoice
from tools.records import Invoice, Person, Task

# -- what a verdict does


def test_an_approved_action_runs_once_and_the_case_is_done(world: World) -> None:
    asked = pending(world)
    world.say("rhea", asked, "approve", comment="go ahead")
    world.run()
    assert [entry["tool"] for entry in world.ledger()] == ["create_task"]
    assert world.review(asked.id).status == "approved"
    assert world.execution(asked).status == "succeeded"
    assert world.case(asked.case_id).status == "done"
    (given,) = world.entries(kind="verdict.given")
    assert given.actor.id == world.actor("rhea").principal_id
    assert given.digests["shown"] == asked.args_digest


def test_a_rejected_action_never_runs(world: World) -> None:
    asked = pending(world)
    world.say("rhea", asked, "reject", comment="no")
    world.run()
    assert world.ledger() == []
    assert world.review(asked.id).status == "rejected"
    assert world.case(asked.case_id).status == "done"


def test_a_question_leaves_the_review_pending(world: World) -> None:
    asked = pending(world)
    world.say("rhea", asked, "respond", comment="why?")
    assert world.review(asked.id).status == "pending"
    assert [each.verdict for each in world.rows(Verdict, review_id=asked.id)] == ["respond"]


def test_the_requester_may_withdraw_and_others_need_the_role(world: World) -> None:
    (asked,) = world.reviews(ask(world, "vera", task()))
    with world.refused("not_permitted"):
        world.say("mona", asked, "withdraw")
    world.say("vera", asked, "withdraw")
    assert world.review(asked.id).status == "withdrawn"
    world.run()
    assert world.ledger() == []


@pytest.mark.parametrize("verdict", ["approve", "reject", "edit", "withdraw", "respond"])
@pytest.mark.parametrize("who", ["vera", "abel", "mona", "ada", "carl"])
def test_who_decides_nothing_says_nothing(world: World, who: str, verdict: str) -> None:
    """Viewer, auditor, a person without a role, an admin and compliance: none of them approves."""
    asked = pending(world)
    if verdict == "respond" and who in ("ada", "carl"):
        world.say(who, asked, "respond", comment="a question is open to all who change anything")
        return
    with world.refused("not_permitted"):
        world.say(who, asked, verdict, args=world.args(asked.proposal_id), comment="x")
    assert world.review(asked.id).status == "pending"


def test_a_role_in_another_unit_does_not_count(world: World) -> None:
    asked = pending(world)
    assert asked.unit
    other: Actor = replace(world.actor("rhea"), grants=(Grant("reviewer", "Nowhere"),))
    with world.refused("not_permitted"):
        world.approve(other, asked)
    same = replace(world.actor("rhea"), grants=(Grant("reviewer", asked.unit),))
    world.approve(same, asked)
    assert world.review(asked.id).status == "approved"


# -- quorum


def test_a_quorum_takes_two_people(world: World) -> None:
    asked = large(world)
    world.approve("finn", asked)
    assert world.review(asked.id).status == "pending"
    world.run()
    assert world.ledger() == []
    with world.refused("already_decided") as caught:
        world.approve("finn", asked)
    assert caught[0].extra["decided_by"] == world.actor("finn").principal_id
    assert caught[0].extra["status"] == "pending"
    world.approve("fred", asked)
    assert world.review(asked.id).status == "pending", "the CFO is still missing"
    world.approve("cora", asked)
    assert world.review(asked.id).status == "approved"
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 1_200_000


def test_one_rejection_ends_a_quorum(world: World) -> None:
    asked = large(world)
    world.approve("finn", asked)
    world.say("cora", asked, "reject")
    with world.refused("already_decided"):
        world.approve("fred", asked)
    world.run()
    assert world.ledger() == []


def test_an_edit_takes_back_the_approvals_before_it(world: World) -> None:
    asked = large(world)
    world.approve("finn", asked)
    world.edit("fred", asked, amount_minor=1_300_000)
    world.approve("cora", asked)
    assert world.review(asked.id).status == "pending"
    world.approve("finn", asked)
    assert world.review(asked.id).status == "approved"


# -- nobody alone


def test_the_beneficiary_does_not_approve_their_own_assignment(world: World) -> None:
    person = world.get(Person, "per-10")
    leave = {"leave_id": "lea-01", "person_id": "per-11", "start_on": "2026-03-09", "end_on": "2026-03-13"}
    booking = AssignPerson.model_validate(
        {
            "project_id": "prj-01", "person_id": person.id, "role": "Engineer", "start_on": "2026-03-09",
            "end_on": "2026-03-13", "percent": 50,
        }
    )  # fmt: skip
    (asked,) = world.reviews(world.case_of("hr.leave.approved", leave, booking))
    assert world.actor("ruth").record_id == person.id
    with world.refused("self_approval"):
        world.approve("ruth", asked)
    world.approve("rolf", asked)
    assert world.review(asked.id).status in ("approved", "pending")


def test_the_requester_of_any_event_of_a_case_is_a_requester(world: World) -> None:
    """The second event of a case is asked for by somebody who would approve."""
    data = {"project_id": "prj-01", "change_request_id": "crq-900", "text": "please"}
    world.case_of("psa.change_request.submitted", data | {"requested_by": "vera@acme.example"}, task())
    case = world.case_of("psa.change_request.submitted", data | {"requested_by": "rhea@acme.example"}, task("Again"))
    (asked,) = world.reviews(case)
    with world.refused("self_approval"):
        world.approve("rhea", asked)
    world.approve("lena", asked)


# -- time


def test_nobody_answers_it_escalates_and_then_expires(world: World) -> None:
    asked = money(world)
    world.clock.move_to(asked.due_at)
    sweep.reviews(world.ctx)
    sweep.reviews(world.ctx)
    escalated = world.review(asked.id)
    assert (escalated.status, escalated.escalated_to) == ("pending", "cfo")
    assert len(world.entries(kind="review.escalated")) == 1
    world.clock.move_to(asked.expires_at)
    sweep.reviews(world.ctx)
    assert world.review(asked.id).status == "expired"
    with world.refused("expired"):
        world.approve("finn", asked)
    world.run(timedelta(days=1))
    assert world.ledger() == []
    assert world.case(asked.case_id).status == "done"


def test_whom_it_escalated_to_may_approve(world: World) -> None:
    asked = pending(world, letter(contacts(world)[0].email))
    with world.refused("not_permitted"):
        world.approve("mona", asked)
    world.clock.move_to(asked.due_at)
    sweep.reviews(world.ctx)
    world.approve("hal", asked)
    assert world.review(asked.id).status == "approved"


def test_expiry_is_told_before_the_sweep_has_seen_it(world: World) -> None:
    asked = money(world)
    world.clock.move_to(asked.expires_at)
    with world.refused("expired"):
        world.approve("finn", asked)


def test_a_protective_action_that_nobody_answers_stays_open(world: World) -> None:
    asked = pending(world, HoldInvoice(invoice_id=INVOICE, reason="hours do not fit"))
    for days in range(1, 6):
        world.clock.move(days=days)
        sweep.reviews(world.ctx)
    assert world.review(asked.id).status == "pending"
    assert len(world.entries(kind="review.unresolved")) >= 3
    world.clock.move(days=30)
    world.approve("hal", asked)
    world.run()
    assert world.get(Invoice, INVOICE).status == "held"


def test_many_overdue_reviews_do_not_keep_others_from_escalating(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "_AT_ONCE", 2)
    asked = [pending(world, task(f"Task {number}")) for number in range(5)]
    world.clock.move_to(max(each.due_at for each in asked))
    for _ in range(3):
        sweep.reviews(world.ctx)
    assert all(world.review(each.id).escalated_at for each in asked)


# -- the tasks that come of it


def test_the_effect_is_what_the_approved_arguments_say(world: World) -> None:
    asked = pending(world)
    world.edit("rhea", asked, title="Something else")
    world.approve("lena", asked)
    world.run()
    assert [each.title for each in world.all(Task)] == ["Something else"]
