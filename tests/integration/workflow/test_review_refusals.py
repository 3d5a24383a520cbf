"""Which refusal comes first, and what is told when records or rules changed since a review was shown."""

from datetime import timedelta
from typing import Any

import pytest

from app.actor import Grant
from app.errors import Problem
from app.identity.delegations import delegate
from app.identity.principals import deactivate, machine_actor, revoke_role
from app.store.models import Review, Verdict
from app.workflow import review as verdicts
from tests.integration.workflow.conftest import Restrict
from tests.integration.workflow.scenes import (
    INVOICE,
    PART,
    large,
    money,
    pending,
)
from tests.integration.world import World
from tools.actions import HoldInvoice, parse_action
from tools.records import Invoice

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


# -- what was taken away between asking who speaks and hearing them


def test_a_role_revoked_meanwhile_no_longer_counts(world: World) -> None:
    asked = pending(world)
    lena = world.actor("lena")
    revoke_role(world.ctx, machine_actor("acme"), lena.principal_id, Grant("delivery_lead"))
    with world.refused("not_permitted"):
        world.say(lena, asked, "approve")


def test_a_role_lent_by_somebody_who_lost_it_meanwhile_no_longer_counts(world: World) -> None:
    asked = pending(world)
    lena, now = world.actor("lena"), world.clock()
    delegate(world.ctx, lena, world.actor("vera").principal_id, "delivery_lead", now, now + timedelta(days=1))
    vera = world.actor("vera")
    revoke_role(world.ctx, machine_actor("acme"), lena.principal_id, Grant("delivery_lead"))
    with world.refused("not_permitted"):
        world.say(vera, asked, "approve")


def test_who_was_shut_out_meanwhile_says_nothing(world: World) -> None:
    asked = pending(world)
    lena = world.actor("lena")
    deactivate(world.ctx, machine_actor("acme"), lena.principal_id)
    with world.refused("not_permitted"):
        world.say(lena, asked, "reject")


@pytest.mark.parametrize("verdict", ["respond", "withdraw"])
def test_what_is_no_digest_is_named_where_none_is_needed(world: World, verdict: str) -> None:
    asked = pending(world)
    with world.refused("invalid_body") as caught:
        world.say("lena", asked, verdict, args_digest="sha256:0", comment="why?")
    assert [error.pointer for error in caught[0].errors] == ["/args_digest"]
    assert world.rows(Verdict) == []
