"""The whole way on the real worker, and what is left when the process is killed at the worst moment."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap import build
from app.durable.dbos_queue import DbosQueue
from app.store.models import Case, Execution, TriageRun
from tests.integration.invariants import check
from tests.integration.workflow.scenes import agree
from tests.integration.world import World
from tools.records import Task

ROOT = Path(__file__).parents[3]


@pytest.fixture
def real(world: World) -> Iterator[World]:
    """The world with the real queue: nothing is worked off but by a worker."""
    queue = DbosQueue(world.ctx.engine, clock=world.clock)
    queue.prepare()
    made = world.ctx
    world.ctx = replace(made, queue=queue)
    yield world
    queue.client.destroy()
    world.ctx = made  # a test may have put the service's own in its place


def happen(world: World, kind: str) -> str:
    """Something happens in the firm, which sends its event; answers the case."""
    (event,) = world.firm().emit(kind)
    return world.deliver(event).accepted[0].case_id


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


@contextmanager
def service(world: World, *faults: str) -> Iterator[subprocess.Popen[str]]:
    start = world.clock.move(minutes=1).isoformat()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("service.py")), str(world.ctx.settings.home), start,
         ",".join(faults)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COUNTERSIGN_DATABASE_URL": world.ctx.settings.database_url},
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def ended(world: World) -> bool:
    return [row.status for row in world.rows(Execution)] == ["succeeded"]


def test_an_event_goes_all_the_way(real: World) -> None:
    """In this process, as `serve` runs it: event, proposal, decision, effect, read-back; then a person's approval."""
    running = build(real.ctx.settings, clock=real.clock)
    real.ctx = running.context
    running.worker.start()
    try:
        happen(real, "psa.timesheet.missing")
        case_id = happen(real, "crm.contract.expiring")
        assert running.wait_idle(timedelta(seconds=60))
        assert "create_task" in [entry["tool"] for entry in real.ledger()]
        for review in real.reviews(real.case(case_id)):
            agree(real, review)
        assert running.wait_idle(timedelta(seconds=60))
        assert {row.status for row in real.rows(Execution)} == {"succeeded"}
        assert {case.status for case in real.rows(Case)} == {"done"}
        assert running.drain(timedelta(seconds=20)) == 0
    finally:
        running.drain(timedelta(seconds=20))
        running.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "triage.claimed",
        "triage.ran",
        "triage.recorded",
        "worker.handled",
        "execute.claimed",
        "execute.applied",
        "execute.read_back",
        "execute.recorded",
    ],
)
def test_killed_there_it_is_done_once_by_the_next_process(real: World, point: str) -> None:
    happen(real, "psa.timesheet.missing")
    with service(real, point) as first:
        assert first.wait(timeout=60) == -9
    with service(real):
        until(lambda: ended(real))
    assert len(real.all(Task)) == 1
    assert [entry["count"] for entry in real.ledger()] == [1]
    assert [row.status for row in real.rows(TriageRun)] == ["done"]
    check(real)


@pytest.mark.slow
def test_killed_while_it_asks_what_happened_it_is_asked_again(real: World) -> None:
    real.firm().fault("timeout_after_apply", "create_task", 1)
    happen(real, "psa.timesheet.missing")
    with service(real, "reconcile.asked") as first:
        assert first.wait(timeout=60) == -9
    assert [row.status for row in real.rows(Execution)] == ["unknown"]
    with service(real):
        until(lambda: ended(real))
    assert [entry["count"] for entry in real.ledger()] == [1]


@pytest.mark.slow
def test_killed_again_and_again_it_is_done_once(real: World) -> None:
    happen(real, "psa.timesheet.missing")
    for point in ("triage.claimed", "triage.ran", "triage.recorded", "execute.claimed", "reconcile.asked"):
        with service(real, point) as process:
            assert process.wait(timeout=60) == -9
    with service(real):
        until(lambda: ended(real))
    assert len(real.all(Task)) == 1
    assert [entry["count"] for entry in real.ledger()] == [1]
