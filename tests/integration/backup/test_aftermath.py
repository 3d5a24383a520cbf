"""What a restored database is told: effects that it does not know, and money that it had not counted."""

from datetime import timedelta
from typing import Any

from app.backup.aftermath import Told, settle_all
from app.backup.manifest import Manifest
from app.store.engine import unit_of_work
from app.store.models import Execution, Pause, Reservation
from app.workflow import sweep
from tests.integration.workflow.scenes import MISSING, PART, approved, automatic, task, write_off
from tests.integration.world import World
from tools.actions import Action
from tools.receipt import Effect


def restored(world: World, *lost: Action, listed: bool = True) -> Told:
    """The database becomes one of before what the firm's system knows; `lost` took effect under keys of later."""
    said: Any = {"id": "bkp_1", "taken_at": world.clock().isoformat()}
    manifest = Manifest.model_construct(**said)
    known = world.connectors.effects("acme") or []
    more = [
        Effect(key=f"cs_prp_lost{place}", tool=each.tool, args_digest=each.digest(), count=1, applied_at=world.clock())
        for place, each in enumerate(lost)
    ]
    effects = {"acme": known + more if listed else None, "borealis": []}
    told = settle_all(world.ctx, manifest, effects, None, pause=False)[0]
    with unit_of_work(world.ctx.engine) as session:
        for held in world.rows(Pause):
            session.delete(held)
    return told


def happens_again(world: World, title: str, **event: str) -> str:
    """The status of the case after an event for which the agents propose a task of which they may act by themselves."""
    world.agents.says(task(title))
    taken = world.deliver(world.event("psa.timesheet.missing", MISSING, **event)).accepted[0]
    world.run()
    return world.case(taken.case_id).status


def test_money_that_moved_since_the_backup_counts_in_the_budgets(world: World) -> None:
    asked = approved(world)
    execution = world.execution(asked)
    world.firm().apply(write_off(), execution.key)  # it ran; the database is of before its claim
    assert restored(world).unknown == 1
    world.run(timedelta(minutes=5))
    assert world.execution(asked).status == "succeeded"
    held = {row.scope: row.amount_minor for row in world.rows(Reservation, execution_id=execution.id)}
    assert {"contract", "customer", "tool", "approver"} <= {scope.partition("/")[0] for scope in held}
    assert set(held.values()) == {PART}
    assert len(world.ledger()) == 1


def test_what_is_unknown_and_did_not_happen_holds_no_money_until_it_runs(world: World) -> None:
    asked = approved(world)
    assert restored(world).unknown == 1
    world.run(timedelta(minutes=5))
    sweep.lost_work(world.ctx)
    world.run()
    assert world.execution(asked).status == "succeeded"
    assert {row.amount_minor for row in world.rows(Reservation)} == {PART}
    assert len(world.ledger()) == 1


def test_an_event_of_before_the_restore_is_not_acted_upon_in_other_words(world: World) -> None:
    sent = world.clock().isoformat()
    assert len(restored(world, task("In these words")).unexplained) == 1
    world.clock.move(minutes=10)
    assert happens_again(world, "In these words") == "waiting"
    assert happens_again(world, "In other words", time=sent, id="sent again") == "waiting"
    assert world.ledger() == []
    assert happens_again(world, "Something new") == "done"
    assert len(world.ledger()) == 1


def test_where_effects_cannot_be_listed_whatever_happened_before_goes_to_people(world: World) -> None:
    sent = world.clock().isoformat()
    assert restored(world, listed=False).paused
    world.clock.move(minutes=10)
    assert happens_again(world, "Look", time=sent) == "waiting"
    assert world.rows(Execution) == []


def test_a_restore_that_lost_nothing_changes_nothing(world: World) -> None:
    case = automatic(world)
    assert restored(world).unexplained == []
    assert world.case(case.id).status == "done"
    assert happens_again(world, "Another", time=world.clock().isoformat()) == "done"
