"""Executions are decided again before they run, and held back by modes and switches."""

from datetime import timedelta

import pytest

from app.store.models import Execution, Review
from app.workflow import control, sweep
from app.workflow.route import EXECUTE_WORK
from tests.integration.workflow.conftest import Restrict
from tests.integration.workflow.scenes import (
    INVOICE,
    MISSING,
    PART,
    approved,
    automatic,
    drafted,
    effects,
    task,
    unrun,
    write_off,
)
from tests.integration.world import World
from tools.actions import HoldInvoice
from tools.records import Invoice

STRICTER = """
- id: cfo-looks
  title: The CFO looks at it
  tools: [write_off, create_task]
  effect: require_approval
  approval: {roles: [cfo], within: 24h}
"""
DENY = """
- id: never
  title: Nothing is done any more
  tools: [write_off, create_task]
  effect: deny
"""


# -- decided again before it runs


def test_stricter_rules_send_an_automatic_action_to_people(ruled: tuple[World, Restrict]) -> None:
    world, restrict = ruled
    execution = unrun(world)
    restrict(STRICTER)
    world.run()
    (asked,) = world.reviews()
    assert effects(world) == 0
    world.approve("rhea", asked)
    world.approve("cora", asked)
    world.run()
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


def test_stricter_rules_send_an_approved_action_back_once(ruled: tuple[World, Restrict]) -> None:
    world, restrict = ruled
    first = approved(world)
    restrict(STRICTER)
    for _ in range(4):
        world.run()
        world.clock.move(minutes=10)
        sweep.lost_work(world.ctx)
    (asked,) = world.reviews()
    assert asked.id != first.id
    world.approve("finn", asked)
    world.run()
    assert effects(world) == 0
    world.approve("cora", asked)
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == PART


def test_rules_that_deny_by_now_void_what_was_approved(ruled: tuple[World, Restrict]) -> None:
    world, restrict = ruled
    asked = approved(world)
    restrict(DENY)
    world.run()
    assert world.execution(asked).status == "void"
    assert effects(world) == 0
    assert world.case(asked.case_id).status == "done"


def test_looser_rules_change_nothing(ruled: tuple[World, Restrict]) -> None:
    world, restrict = ruled
    restrict(STRICTER)
    (asked,) = world.reviews(drafted(world, write_off()))
    world.approve("finn", asked)
    restrict("[]")
    world.run()
    assert effects(world) == 0
    world.approve("cora", asked)
    world.run()
    assert effects(world) == 1


def test_a_changed_record_sends_an_approved_action_back(world: World) -> None:
    asked = approved(world)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    world.run()
    assert effects(world) == 0
    (again,) = world.reviews()
    world.say("finn", again, "reject")
    world.run()
    assert world.execution(asked).status == "void"
    assert effects(world) == 0
    assert world.case(asked.case_id).status == "done"


def held_and_asked(world: World) -> Review:
    """A write-off of an invoice that the same case's own action has changed since it was proposed."""
    case = drafted(world, HoldInvoice(invoice_id=INVOICE, reason="hours do not fit"), write_off())
    assert [row.tool for row in world.rows(Execution, case_id=case.id, status="succeeded")] == ["hold_invoice"]
    (asked,) = world.reviews(case)
    return asked


def test_what_the_case_itself_changed_is_no_surprise(world: World) -> None:
    asked = held_and_asked(world)
    world.approve("finn", asked)
    world.run()
    assert world.execution(asked).status == "succeeded"


def test_what_others_change_in_a_record_that_the_case_changed_too_is_one(world: World) -> None:
    asked = held_and_asked(world)
    world.elsewhere(write_off(1_000))
    with world.refused("stale_facts") as refused:
        world.approve("finn", asked)
    assert refused[0].extra["changed"] == [f"invoice/{INVOICE}"]
    world.approve("finn", asked)
    world.elsewhere(write_off(1_000))
    world.run()
    assert world.execution(asked).status == "waiting"


def test_a_changed_record_that_nobody_looks_at_again_expires(world: World) -> None:
    asked = approved(world)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="wait"))
    world.run()
    (again,) = world.reviews()
    world.clock.move_to(again.expires_at)
    sweep.reviews(world.ctx)
    assert world.execution(asked).status == "void"
    assert world.case(asked.case_id).status == "done"
    assert effects(world) == 0


def test_tenant_settings_that_ask_for_more_send_it_back(world: World) -> None:
    asked = approved(world)
    world.set("thresholds/tool/write_off", {"auto_below": 0, "two_from": 1, "deny_from": 101})
    world.run()
    assert effects(world) == 0
    (again,) = world.reviews()
    world.approve("finn", again)
    world.approve("cora", again)
    world.run()
    assert world.execution(asked).status == "succeeded"


def test_a_mode_that_only_watches_voids_what_was_approved(world: World) -> None:
    asked = approved(world)
    world.set("mode", "observe")
    world.run()
    assert world.execution(asked).status == "void"
    assert effects(world) == 0


def test_a_mode_that_only_watches_voids_what_was_edited_and_approved(world: World) -> None:
    (asked,) = world.reviews(drafted(world, write_off()))
    world.edit("finn", asked, amount_minor=PART + 1)
    world.approve("fred", asked)
    world.set("mode", "observe")
    world.run()
    assert world.execution(asked).status == "void"
    assert effects(world) == 0


def test_a_mode_that_only_proposes_sends_automatic_actions_to_people(world: World) -> None:
    execution = unrun(world)
    world.set("mode", "propose")
    world.run()
    (asked,) = world.reviews()
    assert asked.tool == "create_task"
    world.approve("rhea", asked)
    world.run()
    assert world.one(Execution, id=execution.id).status == "succeeded"


# -- modes and switches


def test_observe_writes_nothing_and_says_what_it_would_have_done(world: World) -> None:
    world.set("mode", "observe")
    case = automatic(world)
    (proposal,) = world.proposals(case)
    assert (proposal.status, world.decision(proposal).effect, effects(world)) == ("observed", "auto", 0)
    assert world.decision(proposal).observed
    assert world.rows(Execution) == []


def test_propose_asks_for_everything(world: World) -> None:
    world.set("mode/psa.timesheet.missing", "propose")
    case = automatic(world)
    assert len(world.reviews(case)) == 1
    assert effects(world) == 0


@pytest.mark.parametrize(
    ("scope", "name"),
    [("tenant", ""), ("workflow", "psa.timesheet.missing"), ("tool", "create_task"), ("agent", "triage")],
)
def test_what_is_paused_waits_and_nothing_of_it_is_lost(world: World, scope: str, name: str) -> None:
    control.pause(world.ctx, world.actor("rhea"), scope, name)
    world.agents.says(task())
    world.deliver(world.event("psa.timesheet.missing", MISSING))
    world.run(timedelta(minutes=10))
    assert effects(world) == 0
    with world.refused("not_permitted"):
        control.resume(world.ctx, world.actor("rhea"), scope, name)
    control.resume(world.ctx, world.actor("hal"), scope, name)
    world.run(timedelta(minutes=1))
    assert effects(world) == 1


def test_a_pause_of_one_tenant_stops_no_other(world: World) -> None:
    control.pause(world.ctx, world.actor("rhea"), "tenant")
    world.case_of("psa.timesheet.missing", MISSING, task(), tenant="borealis")
    assert [entry["count"] for entry in world.ledger("borealis")] == [1]


def test_many_looks_while_paused_do_not_swallow_a_later_try(world: World) -> None:
    """Each look takes a generation of the item; what is put later under a generation used up would never run."""
    execution = unrun(world)
    control.pause(world.ctx, world.actor("rhea"), "tool", "create_task")
    world.run(timedelta(minutes=3))
    control.resume(world.ctx, world.actor("hal"), "tool", "create_task")
    world.firm().fault("timeout_before_apply", "create_task", 1)
    world.run(timedelta(minutes=1))
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


def test_many_questions_without_an_answer_do_not_swallow_a_later_one(world: World) -> None:
    """Each retry takes a generation of the item too: of what is asked later, none may be used up."""
    execution = unrun(world)
    world.firm().fault("timeout_before_apply", "create_task", 2)
    world.handle(EXECUTE_WORK, execution.id)
    world.firm().fault("unavailable", "read", 2)
    world.run(timedelta(minutes=1))
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


@pytest.mark.parametrize(
    ("scope", "name", "pointer"),
    [("planet", "", "/scope"), ("tool", "rm", "/name"), ("tenant", "x", "/name"), ("workflow", "", "/name")],
)
def test_a_switch_that_does_not_exist_is_named(world: World, scope: str, name: str, pointer: str) -> None:
    with world.refused("invalid_body") as caught:
        control.pause(world.ctx, world.actor("rhea"), scope, name)
    assert [error.pointer for error in caught[0].errors] == [pointer]
    with world.refused("not_permitted"):
        control.pause(world.ctx, world.actor("vera"), "tenant")
    with world.refused("not_found"):
        control.resume(world.ctx, world.actor("hal"), "tenant")
