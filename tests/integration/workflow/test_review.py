"""Verdicts: who may give which, what follows, and which refusal comes first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.actor import Actor, Grant
from app.errors import Problem
from app.store.models import Review, Verdict
from app.workflow import review as verdicts
from app.workflow import sweep
from tests.integration.workflow.conftest import Restrict
from tests.integration.workflow.scenes import (
    CUSTOMER,
    INVOICE,
    PART,
    ask,
    contacts,
    drafted,
    letter,
    request,
    task,
    write_off,
)
from tests.integration.world import World
from tools.actions import AssignPerson, HoldInvoice, parse_action
from tools.records import Contact, Invoice, Message, Person, Task

STRICTER = """
- id: cfo-looks
  title: The CFO looks at every write-off
  tools: [write_off]
  effect: require_approval
  approval: {roles: [cfo], within: 24h}
"""
DENY = """
- id: never
  title: Nothing is written off any more
  tools: [write_off]
  effect: deny
"""


def pending(world: World, *planned: Any) -> Review:
    """One review for a task that a customer asked for."""
    (found,) = world.reviews(request(world, *(planned or (task(),))))
    return found


def money(world: World) -> Review:
    """One review for a write-off that the firm's own system gave the reason for."""
    (found,) = world.reviews(drafted(world, write_off()))
    return found


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


def large(world: World) -> Review:
    """A write-off above 10,000: two people of finance, the CFO being one, and whatever the score asks for."""
    (found,) = world.reviews(drafted(world, write_off(1_200_000)))
    return found


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


# -- edits


def test_an_edit_is_judged_again_and_shown_under_a_new_digest(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    again = world.review(asked.id)
    assert again.status == "pending"
    assert again.args_digest != asked.args_digest
    assert again.args_digest == write_off(2 * PART).digest()
    assert again.editor_ids == [world.actor("finn").principal_id]
    with world.refused("args_mismatch") as caught:
        world.say("fred", asked, "approve", args_digest=asked.args_digest)
    assert caught[0].extra["args_digest"] == again.args_digest


def test_an_edit_to_a_higher_amount_goes_to_another_person(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    with world.refused("self_approval"):
        world.approve("finn", asked)
    world.run()
    assert world.ledger() == []
    world.approve("fred", asked)
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 2 * PART


def test_an_edit_beyond_a_threshold_asks_for_more_people(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=1_200_000)
    assert {"large-write-off", "large-write-off-two"} <= {each["rule"] for each in world.review(asked.id).required}


def test_an_edit_to_an_outside_recipient_goes_to_another_person(world: World) -> None:
    asked = pending(world, letter(contacts(world)[0].email))
    world.edit("lena", asked, recipient="someone@elsewhere.example")
    assert "unknown-recipient" in {each["rule"] for each in world.review(asked.id).required}
    with world.refused("self_approval"):
        world.approve("lena", asked)
    world.approve("lars", asked)
    assert world.review(asked.id).status == "pending", "the head of delivery has to agree as well"
    world.approve("hal", asked)
    assert world.review(asked.id).status == "approved"
    world.run()
    assert [message.recipient for message in world.all(Message)] == ["someone@elsewhere.example"]


def test_two_editors_are_both_no_approvers(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=PART + 1)
    world.edit("fred", asked, amount_minor=PART + 2)
    for who in ("finn", "fred"):
        with world.refused("self_approval"):
            world.approve(who, asked)
    world.approve("cora", asked)


def test_editing_back_to_what_was_proposed_leaves_the_editors_editors(world: World) -> None:
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    world.edit("finn", asked, amount_minor=PART)
    with world.refused("self_approval"):
        world.approve("finn", asked)


def test_an_editor_is_no_approver_when_the_records_changed_and_it_is_asked_again(world: World) -> None:
    """Approved by another, sent back at execution by a changed record, asked anew: the editor is still the editor."""
    asked = money(world)
    world.edit("finn", asked, amount_minor=2 * PART)
    world.approve("fred", asked)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    world.run()
    (again,) = world.reviews()
    assert again.id != asked.id
    with world.refused("self_approval"):
        world.approve("finn", again)
    world.approve("fred", again)
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 2 * PART


def test_an_edit_that_policy_denies_is_refused_and_changes_nothing(world: World) -> None:
    asked = pending(world, letter(contacts(world)[0].email))
    laundered = next(each for each in world.all(Contact) if each.authors.get("*", "").startswith("mail/"))
    stranger = contacts(world, "cus-01")[0]
    assert laundered.customer_id != CUSTOMER
    with world.refused("denied"):
        world.edit("lena", asked, recipient=stranger.email)
    again = world.review(asked.id)
    assert (again.status, again.args_digest, again.editor_ids) == ("pending", asked.args_digest, [])
    assert [entry.details["code"] for entry in world.entries(kind="verdict.refused")] == ["denied"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount_minor": 0}, "/args/amount_minor"),
        ({"amount_minor": -5}, "/args/amount_minor"),
        ({"amount_minor": 1.5}, "/args/amount_minor"),
        ({"amount_minor": "110000"}, "/args/amount_minor"),
        ({"amount_minor": 10**15}, "/args/amount_minor"),
        ({"currency": "euro"}, "/args/currency"),
        ({"invoice_id": ""}, "/args/invoice_id"),
        ({"surprise": 1}, "/args/surprise"),
        ({"invoice_id": {"$ref": "prp_00000000000000000000000000/result/invoice_id"}}, "/args/invoice_id"),
        ({}, "/args"),
    ],
)
def test_an_edit_to_invalid_arguments_names_the_field(world: World, changes: dict[str, Any], pointer: str) -> None:
    asked = money(world)
    with world.refused("invalid_args") as caught:
        world.edit("finn", asked, **changes)
    assert pointer in [error.pointer for error in caught[0].errors]
    assert world.review(asked.id).args_digest == asked.args_digest


def test_an_edit_must_not_refer_to_a_strangers_result(world: World) -> None:
    asked = pending(world, parse_action("provision_workspace", {"project_id": "prj-01", "type": "drive", "name": "x"}))
    with world.refused("invalid_args"):
        world.edit("rhea", asked, project_id={"$ref": "prp_00000000000000000000000000/result/project_id"})


# -- refusals and their order


def test_another_tenants_review_is_not_there(world: World) -> None:
    asked = pending(world)
    with world.refused("not_found"):
        verdicts.give_verdict(world.ctx, world.actor("rhea", "borealis"), asked.id, {"verdict": "approve"})
    with world.refused("not_found"):
        verdicts.give_verdict(world.ctx, world.actor("rhea"), "rev_none", {"verdict": "approve"})


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"verdict": "approve"}, "invalid_body", "/args_digest"),
        ({"verdict": "reject"}, "invalid_body", "/args_digest"),
        ({"verdict": "edit", "args_digest": None}, "invalid_body", "/args_digest"),
        ({"verdict": "maybe"}, "invalid_body", "/verdict"),
        ({}, "invalid_body", "/verdict"),
        ({"verdict": "respond"}, "invalid_body", "/comment"),
        ({"verdict": "respond", "comment": "  "}, "invalid_body", "/comment"),
        ({"verdict": "respond", "comment": "x" * 10_001}, "invalid_body", "/comment"),
        ({"verdict": "respond", "comment": "x", "extra": 1}, "invalid_body", "/extra"),
        ({"verdict": "approve", "args_digest": 7}, "invalid_body", "/args_digest"),
        ([], "invalid_body", ""),
        (None, "invalid_body", ""),
        ("approve", "invalid_body", ""),
    ],
)
def test_a_bad_body_names_the_field(world: World, body: Any, code: str, pointer: str) -> None:
    asked = pending(world)
    with world.refused(code) as caught:  # type: ignore[arg-type]
        verdicts.give_verdict(world.ctx, world.actor("rhea"), asked.id, body)
    assert pointer in [error.pointer for error in caught[0].errors]
    assert world.rows(Verdict) == []
    assert world.review(asked.id).status == "pending"


def test_an_edit_without_arguments_names_them(world: World) -> None:
    asked = pending(world)
    with world.refused("invalid_args") as caught:
        world.say("rhea", asked, "edit")
    assert [error.pointer for error in caught[0].errors] == ["/args"]


def refusal(world: World, who: str, about: Review, body: dict[str, Any]) -> str:
    with pytest.raises(Problem) as raised:
        verdicts.give_verdict(world.ctx, world.actor(who), about.id, body)
    return raised.value.code


def test_the_first_of_several_refusals_is_the_one_told(ruled: tuple[World, Restrict]) -> None:
    """From the last to the first: each adds a reason that comes before all those that hold already."""
    world, restrict = ruled
    asked = money(world)
    right: dict[str, Any] = {"verdict": "approve", "args_digest": asked.args_digest}
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    assert refusal(world, "finn", asked, {"verdict": "approve"}) == "stale_facts"
    world.elsewhere(parse_action("resume_invoice", {"invoice_id": INVOICE}))
    restrict(STRICTER)
    assert refusal(world, "finn", asked, right) == "policy_changed"
    assert refusal(world, "finn", asked, right | {"args_digest": "sha256:0"}) == "args_mismatch"
    world.clock.move_to(world.review(asked.id).expires_at)
    assert refusal(world, "finn", asked, right | {"args_digest": "sha256:0"}) == "expired"
    assert refusal(world, "finn", asked, {"verdict": "nothing"}) == "expired"
    assert refusal(world, "vera", asked, {"verdict": "nothing"}) == "not_permitted"
    assert refusal(world, "ada", asked, right | {"args_digest": "sha256:0"}) == "not_permitted"
    assert world.rows(Verdict) == []


def test_a_decided_review_says_so_before_anything_about_its_content(world: World) -> None:
    asked = money(world)
    world.say("finn", asked, "reject")
    world.clock.move(days=30)
    wrong = {"verdict": "approve", "args_digest": "sha256:0"}
    assert refusal(world, "fred", asked, wrong) == "already_decided"
    assert refusal(world, "fred", asked, {"verdict": "nothing"}) == "already_decided"
    assert refusal(world, "vera", asked, wrong) == "not_permitted"


def test_every_refusal_is_in_the_log(world: World) -> None:
    asked = money(world)
    refusal(world, "vera", asked, {"verdict": "approve"})
    refusal(world, "finn", asked, {"verdict": "approve", "args_digest": "sha256:0"})
    logged = world.entries(kind="verdict.refused")
    assert [(entry.actor.id, entry.details["code"]) for entry in logged] == [
        (world.actor("vera").principal_id, "not_permitted"),
        (world.actor("finn").principal_id, "args_mismatch"),
    ]
    assert all(entry.refs["review"] == asked.id for entry in logged)


# -- the records or the rules changed


def test_stale_facts_are_told_and_the_review_asks_anew(world: World) -> None:
    asked = money(world)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    with world.refused("stale_facts") as caught:
        world.approve("finn", asked)
    assert caught[0].extra["changed"] == [f"invoice/{INVOICE}"]
    again = world.review(asked.id)
    assert again.status == "pending"
    assert again.asked_at > asked.asked_at
    world.approve("finn", again)
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == PART


def test_a_first_approval_is_void_when_the_records_change_before_the_second(world: World) -> None:
    asked = large(world)
    world.approve("finn", asked)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    with world.refused("stale_facts"):
        world.approve("cora", asked)
    world.approve("cora", asked)
    assert world.review(asked.id).status == "pending"
    world.approve("finn", asked)
    assert world.review(asked.id).status == "approved"


def test_stricter_rules_are_told_and_then_met(ruled: tuple[World, Restrict]) -> None:
    world, restrict = ruled
    asked = money(world)
    restrict(STRICTER)
    with world.refused("policy_changed"):
        world.approve("finn", asked)
    assert "cfo-looks" in {each["rule"] for each in world.review(asked.id).required}
    world.approve("finn", asked)
    world.approve("cora", asked)
    assert world.review(asked.id).status == "approved"


def test_rules_that_deny_by_now_end_the_review(ruled: tuple[World, Restrict]) -> None:
    world, restrict = ruled
    asked = money(world)
    restrict(DENY)
    with world.refused("policy_changed"):
        world.approve("finn", asked)
    assert world.review(asked.id).status == "superseded"
    assert world.proposals(world.case(asked.case_id))[0].status == "denied"
    with world.refused("already_decided"):
        world.approve("finn", asked)


def test_rejecting_needs_no_fresh_facts(world: World) -> None:
    asked = money(world)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    world.say("finn", asked, "reject")
    assert world.review(asked.id).status == "rejected"


def test_unreadable_records_let_nothing_be_decided(world: World) -> None:
    asked = money(world)
    world.firm().fault("unavailable", "read")
    with world.refused("unavailable"):
        world.approve("finn", asked)
    world.firm().clear_faults()
    assert world.review(asked.id).status == "pending"
    world.approve("finn", asked)


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
