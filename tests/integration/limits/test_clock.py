"""The clock steps back an hour and forward again, between any two steps of the way."""

from datetime import timedelta

from app.identity.sessions import actor_of_session, start_session
from app.ids import new_id
from app.store.models import AuditEntry, Execution, Principal, Review
from app.workflow import sweep
from tests.integration.workflow.scenes import agree, automatic, pending, task
from tests.integration.world import World

HOUR = timedelta(hours=1)


def test_nothing_is_done_twice_or_too_soon_when_the_clock_steps_back(world: World) -> None:
    asked = pending(world, task("Look into something else"))
    due = asked.expires_at
    world.clock.move(hours=-1)
    case = automatic(world)
    assert world.case(case.id).status == "done"
    sweep.reviews(world.ctx)
    assert world.review(asked.id).status == "pending"
    assert world.review(asked.id).expires_at == due, "a deadline moved with the clock"
    agree(world, asked)
    world.run()
    assert world.execution(asked).status == "succeeded"
    world.clock.move(hours=1)
    sweep.reviews(world.ctx)
    sweep.lost_work(world.ctx)
    world.run()
    assert [row.status for row in world.rows(Execution)] == ["succeeded"] * len(world.rows(Execution))
    assert world.queue.failures == []
    _numbered_without_a_gap(world)


def test_deadlines_that_pass_only_for_a_moment_count_once(world: World) -> None:
    asked = pending(world)
    world.clock.move_to(asked.expires_at + timedelta(minutes=1))
    sweep.reviews(world.ctx)
    assert world.review(asked.id).status == "expired"
    world.clock.move(days=-3)
    with world.refused("expired"):
        world.approve("lena", asked)
    world.clock.move(days=3)
    assert [row.status for row in world.rows(Review)] == ["expired"]
    _numbered_without_a_gap(world)


def test_a_delivery_signed_before_the_step_is_outside_the_window_and_taken_when_signed_anew(world: World) -> None:
    event = world.event("psa.timesheet.missing", {"person_id": "per-12", "week_start_on": "2026-02-02"})
    signed_at = world.clock()
    world.clock.move(hours=-1)
    with world.refused("stale_signature"):
        world.deliver(event, at=signed_at)
    assert not world.deliver(event).accepted[0].duplicate
    world.clock.move(hours=1)
    assert world.deliver(event).accepted[0].duplicate


def test_sessions_live_no_longer_than_their_time_by_a_clock_that_is_right_again(world: World) -> None:
    person = world.one(Principal, tenant="acme", name="lena")
    cookie = start_session(world.ctx, person, "link")
    world.clock.move(hours=-1)
    assert actor_of_session(world.ctx, cookie).actor.principal_id == person.id
    world.clock.move(hours=14)
    with world.refused("unauthenticated"):
        actor_of_session(world.ctx, cookie)


def test_ids_stay_unique_over_a_step(world: World) -> None:
    made = []
    for _ in range(3):
        made += [new_id("prp", world.clock()) for _ in range(500)]
        world.clock.move(seconds=-0.5)
    assert len(set(made)) == len(made)


def _numbered_without_a_gap(world: World) -> None:
    """Entries are in order by number whatever their times say, and the log verifies (see `check` after each test)."""
    entries = sorted(row.seq for row in world.rows(AuditEntry, tenant="acme"))
    assert entries == list(range(len(entries)))
