"""Executions: once, only as approved, and what really happened is what is said."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from app.store.models import Execution, Reservation
from app.workflow import execute, sweep
from app.workflow.execute import RECONCILE_WORK
from app.workflow.route import EXECUTE_WORK
from tests.integration.workflow.scenes import (
    INVOICE,
    MISSING,
    PART,
    approved,
    ask,
    automatic,
    drafted,
    effects,
    rules_alone,
    task,
    unrun,
    write_off,
)
from tests.integration.world import World
from tools.connectors.sandbox import Sandbox
from tools.records import Invoice, Task

LATER = timedelta(hours=2)


# -- faults of the firm's system


def test_an_automatic_action_runs_once(world: World) -> None:
    case = automatic(world)
    assert [entry["count"] for entry in world.ledger()] == [1]
    assert world.case(case.id).status == "done"


def test_what_the_system_refuses_has_failed(world: World) -> None:
    world.firm().fault("refuse", "create_task", 1)
    case = automatic(world)
    (execution,) = world.rows(Execution, case_id=case.id)
    assert (execution.status, effects(world)) == ("failed", 0)
    assert world.case(case.id).status == "failed"
    assert world.rows(Reservation) == []


def test_a_time_out_after_it_applied_is_found_out_and_done_once(world: World) -> None:
    world.firm().fault("timeout_after_apply", "create_task", 1)
    case = automatic(world)
    (execution,) = world.rows(Execution, case_id=case.id)
    assert execution.status == "unknown"
    assert world.case(case.id).status == "open"
    world.run(LATER)
    assert world.execution(world.proposals(case)[0]).status == "succeeded"
    assert effects(world) == 1
    assert [entry["calls"] for entry in world.ledger()] == [1], "it was asked, not called again"


def test_a_time_out_before_it_applied_is_done_once_in_the_end(world: World) -> None:
    world.firm().fault("timeout_before_apply", "create_task", 1)
    case = automatic(world)
    world.run(LATER)
    assert world.execution(world.proposals(case)[0]).status == "succeeded"
    assert effects(world) == 1


@pytest.mark.parametrize("fault", ["timeout_after_apply", "timeout_before_apply"])
def test_time_outs_without_end_are_given_up_with_at_most_one_effect(world: World, fault: Any) -> None:
    world.firm().fault(fault, "create_task")
    case = automatic(world)
    world.run(timedelta(days=2))
    assert world.execution(world.proposals(case)[0]).status in ("succeeded", "failed")
    assert effects(world) == (1 if fault == "timeout_after_apply" else 0)


def test_a_lie_is_never_a_success(world: World) -> None:
    world.firm().fault("lie", "create_task", 1)
    case = automatic(world)
    world.run(timedelta(days=2))
    (execution,) = world.rows(Execution, case_id=case.id)
    assert execution.status == "failed"
    assert effects(world) == 0
    assert world.all(Task) == []
    assert world.case(case.id).status == "failed"
    assert world.entries(kind="execution.unresolved")


def test_a_slow_system_is_waited_for(world: World) -> None:
    world.firm().fault("slow", "create_task", 1, 0.05)
    automatic(world)
    assert effects(world) == 1


def test_unavailable_reads_are_tried_again(world: World) -> None:
    execution = unrun(world)
    world.firm().fault("unavailable", "read", 3)
    world.run(timedelta(minutes=5))
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


def test_reads_that_stay_unavailable_leave_nothing_done(world: World) -> None:
    execution = unrun(world)
    world.firm().fault("unavailable", "read")
    world.run(timedelta(hours=2))
    assert world.one(Execution, id=execution.id).status == "failed"
    assert effects(world) == 0


def test_a_read_back_that_cannot_be_made_leaves_it_unknown_until_it_can(world: World) -> None:
    """The write goes through, the fresh query does not: nothing is claimed until the records can be read."""
    execution = unrun(world)
    firm = world.firm()
    apply = Sandbox.apply

    def then_unreadable(self: Sandbox, action: Any, key: str) -> Any:
        receipt = apply(self, action, key)
        firm.fault("unavailable", "read", 2)
        return receipt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Sandbox, "apply", then_unreadable)
        world.run()
    assert world.one(Execution, id=execution.id).status == "unknown"
    world.run(LATER)
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


def test_an_approver_within_their_limit_stays_so_when_it_is_tried_again(world: World) -> None:
    """What the first try had reserved must not count against the second."""
    rules_alone(world)
    (asked,) = world.reviews(ask(world, "vera", write_off(200_000)))
    world.firm().fault("timeout_before_apply", "write_off", 1)
    world.approve("fiona", asked)
    world.run(LATER)
    assert world.get(Invoice, INVOICE).written_off_minor == 200_000
    assert world.reviews() == []


# -- crashes: a handler is called again, by two workers, after a death between two commits


def test_calling_the_handler_again_changes_nothing(world: World) -> None:
    case = automatic(world)
    (execution,) = world.rows(Execution, case_id=case.id)
    for _ in range(3):
        world.handle(EXECUTE_WORK, execution.id)
        world.handle(RECONCILE_WORK, execution.id)
    assert effects(world) == 1
    assert world.one(Execution, id=execution.id).fence == execution.fence


class Died(BaseException):
    """Stands for kill -9."""


@pytest.mark.parametrize("point", ["execute.claimed", "execute.applied"])
def test_a_worker_that_dies_after_its_claim_leaves_one_effect(world: World, point: str) -> None:
    execution = unrun(world)

    def die(name: str) -> None:
        if name == point:
            raise Died

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(execute, "fault_point", die)
        with pytest.raises(Died):
            world.handle(EXECUTE_WORK, execution.id)
    assert world.one(Execution, id=execution.id).status == "running"
    world.handle(EXECUTE_WORK, execution.id)
    assert world.one(Execution, id=execution.id).status == "unknown"
    world.run(LATER)
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


def test_a_worker_believed_dead_may_not_record(world: World) -> None:
    """It comes back after another took over: its fence is no longer the present one."""
    execution = unrun(world)
    apply = Sandbox.apply

    def meanwhile(self: Sandbox, action: Any, key: str) -> Any:
        receipt = apply(self, action, key)
        world.handle(EXECUTE_WORK, execution.id)
        return receipt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Sandbox, "apply", meanwhile)
        world.handle(EXECUTE_WORK, execution.id)
    assert world.one(Execution, id=execution.id).status == "unknown"
    world.run(LATER)
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1
    assert len(world.entries(kind="execution.succeeded")) == 1


def test_a_worker_that_comes_back_while_another_is_at_it_may_not_record(world: World) -> None:
    """The first hangs before the system did anything; it is taken for dead, and a second is at it when it returns."""
    execution = unrun(world)
    apply, begun, returns, back = Sandbox.apply, threading.Event(), threading.Event(), threading.Event()
    seen: list[str] = []

    def hangs(self: Sandbox, action: Any, key: str) -> Any:
        if not begun.is_set():
            begun.set()
            assert returns.wait(30)
            return apply(self, action, key)
        receipt = apply(self, action, key)
        returns.set()
        assert back.wait(30)
        seen.append(world.one(Execution, id=execution.id).status)
        return receipt

    def first() -> None:
        world.handle(EXECUTE_WORK, execution.id)
        back.set()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Sandbox, "apply", hangs)
        thread = threading.Thread(target=first)
        thread.start()
        assert begun.wait(30)
        world.handle(EXECUTE_WORK, execution.id)
        world.handle(RECONCILE_WORK, execution.id)
        assert world.one(Execution, id=execution.id).status == "waiting"
        world.handle(EXECUTE_WORK, execution.id)
        thread.join(30)
    assert seen == ["running"], "what the first says no longer counts"
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1
    assert len(world.entries(kind="execution.succeeded")) == 1


def test_ten_workers_at_once_make_one_effect(world: World) -> None:
    execution = unrun(world)
    barrier = threading.Barrier(10)
    errors: list[BaseException] = []

    def work() -> None:
        barrier.wait()
        try:
            world.handle(EXECUTE_WORK, execution.id)
        except Exception as error:  # noqa: BLE001 - what a worker raises is told below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    world.run(LATER)
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


def test_two_approvers_at_the_same_moment_make_one_effect(world: World) -> None:
    (asked,) = world.reviews(drafted(world, write_off()))
    actors = [world.actor(name) for name in ("finn", "fred", "cora")]
    barrier, told = threading.Barrier(len(actors)), []

    def approve(actor: Any) -> None:
        barrier.wait()
        try:
            world.approve(actor, asked)
            told.append("approved")
        except Exception as error:  # noqa: BLE001 - compared below
            told.append(getattr(error, "code", repr(error)))

    threads = [threading.Thread(target=approve, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["already_decided", "already_decided", "approved"]
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == PART


def test_work_that_lost_its_item_is_found_again(world: World) -> None:
    execution = unrun(world)
    world.queue.forget()
    world.clock.move(minutes=5)
    sweep.lost_work(world.ctx)
    world.run()
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert effects(world) == 1


def test_an_event_that_lost_its_item_is_found_again(world: World) -> None:
    world.agents.says(task())
    world.deliver(world.event("psa.timesheet.missing", MISSING))
    world.queue.forget()
    world.clock.move(minutes=5)
    sweep.lost_work(world.ctx)
    world.run()
    assert effects(world) == 1


# -- money


def test_reserved_money_is_free_again_when_nothing_happened(world: World) -> None:
    world.firm().fault("refuse", "write_off", 1)
    approved(world)
    world.run()
    assert world.rows(Reservation) == []


def test_spent_money_is_kept_under_every_name_that_counts_it(world: World) -> None:
    approved(world)
    world.run()
    scopes = {row.scope for row in world.rows(Reservation)}
    finn = world.actor("finn").principal_id
    assert scopes == {
        "tool/write_off",
        "customer/cus-08",
        "contract/ctr-01",
        f"approver/{finn}/ctr-01",
        f"approver/{finn}/cus-08",
    }
    assert {row.amount_minor for row in world.rows(Reservation)} == {PART}


def test_actions_without_money_reserve_nothing(world: World) -> None:
    automatic(world)
    assert world.rows(Reservation) == []
