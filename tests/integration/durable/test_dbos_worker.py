import itertools
import socket
import threading
import time
from datetime import timedelta
from typing import Any

import dbos
import pytest
import sqlalchemy as sa

from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_store import SCHEDULE_KIND
from app.durable.dbos_worker import CRASHES, DbosWorker
from app.durable.port import Crashed, Depth, Schedule, TryLater, Work, WorkItem
from app.store.engine import read_only, unit_of_work
from tests.integration.durable.items import SOON, Seen, StartWorker, item, no_poison, put


def test_a_failing_item_is_tried_again_later(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    seen = Seen()

    def handle(found: WorkItem) -> None:
        seen(found)
        if found.attempt < 3:
            raise OSError("away")

    start([Work("triage", handle, no_poison, backoff=timedelta(milliseconds=10))])
    put(engine, queue, item("evt_1", generation=4, priority=2))
    assert queue.wait_idle(SOON)
    assert [(found.generation, found.attempt) for found in seen.items] == [(4, 1), (5, 2), (6, 3)]
    assert {(found.partition, found.priority) for found in seen.items} == {("t1/acme", 2)}


def test_whoever_takes_items_is_known_to_others(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    other = DbosWorker(engine, queue, [])
    assert not other.anyone()
    worker = start([Work("triage", Seen(), no_poison)])
    assert other.anyone()
    assert not other.alive
    worker.drain(SOON)
    assert not other.anyone()


def test_poison_stops_and_is_told_once(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    seen = Seen()

    def handle(found: WorkItem) -> None:
        seen(found)
        raise OSError("broken")

    start([Work("triage", handle, seen.poison, attempts=3, backoff=timedelta(milliseconds=10))])
    put(engine, queue, item("evt_1"), item("evt_2"))
    assert queue.wait_idle(SOON)
    assert sorted(seen.rows) == ["evt_1"] * 3 + ["evt_2"] * 3
    assert sorted((found.row, found.attempt, str(error)) for found, error in seen.given_up) == [
        ("evt_1", 3, "broken"),
        ("evt_2", 3, "broken"),
    ]


def test_waiting_is_not_an_attempt(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    seen = Seen()

    def handle(found: WorkItem) -> None:
        seen(found)
        if len(seen.items) < 4:
            raise TryLater(timedelta(milliseconds=10))

    start([Work("triage", handle, no_poison, attempts=2)])
    put(engine, queue, item("evt_1"))
    assert queue.wait_idle(SOON)
    assert [found.attempt for found in seen.items] == [1, 1, 1, 1]


def test_an_item_whose_poison_could_not_be_told_is_told_again(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    told: list[str] = []

    def poison(found: WorkItem, _error: Exception) -> None:
        told.append(found.row)
        if len(told) == 1:
            raise OSError("the database was away")

    def handle(_found: WorkItem) -> None:
        raise ValueError("broken")

    worker = start([Work("triage", handle, poison, attempts=1)])
    put(engine, queue, item("evt_1"))
    assert queue.wait_idle(SOON)
    worker._upkeep()
    worker._upkeep()
    assert told == ["evt_1", "evt_1"]


def _died_with(engine: sa.Engine, times: int) -> None:
    """As if everything had been claimed by so many executors that died."""
    table = "workflow_status" if engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with unit_of_work(engine) as session:
        session.connection().execute(sa.text(f"UPDATE {table} SET recovery_attempts = {times}"))


def test_an_item_during_which_the_process_died_may_have_been_there_by_chance(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    put(engine, queue, item("evt_1"))
    _died_with(engine, CRASHES + 1)
    seen = Seen()
    worker = start([Work("triage", seen, seen.poison, attempts=2, backoff=timedelta(milliseconds=10))])
    assert queue.wait_idle(SOON)
    assert seen.rows == []
    worker._upkeep()
    assert queue.wait_idle(SOON)
    assert [(found.row, found.attempt) for found in seen.items] == [("evt_1", 2)]
    assert seen.given_up == []


def test_an_item_during_which_the_process_always_dies_is_given_up(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    put(engine, queue, item("evt_1"))
    _died_with(engine, CRASHES + 1)
    seen = Seen()
    worker = start([Work("triage", seen, seen.poison, attempts=1)])
    assert queue.wait_idle(SOON)
    worker._upkeep()
    assert seen.rows == []
    [(found, error)] = seen.given_up
    assert found == item("evt_1")
    assert isinstance(error, Crashed)


def test_no_more_at_once_than_allowed(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def handle(_found: WorkItem) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    start([Work("triage", handle, no_poison, concurrency=3)])
    put(engine, queue, *(item(f"evt_{n}") for n in range(30)))
    assert queue.wait_idle(SOON)
    assert most == 3


def test_drain_finishes_what_runs_and_the_next_process_does_the_rest(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    begun, ended = Seen(), Seen()
    enough = threading.Event()

    def slow(found: WorkItem) -> None:
        begun(found)
        if len(begun.items) >= 2:
            enough.set()
        time.sleep(0.3)
        ended(found)

    first = start([Work("triage", slow, no_poison, concurrency=2)])
    put(engine, queue, *(item(f"evt_{n}") for n in range(10)))
    assert enough.wait(10)
    assert first.drain(SOON) == 0
    assert sorted(begun.rows) == sorted(ended.rows)
    assert 2 <= len(ended.items) < 10
    after = Seen()
    start([Work("triage", after, no_poison)])
    assert queue.wait_idle(SOON)
    assert sorted([*ended.rows, *after.rows]) == sorted(f"evt_{n}" for n in range(10))


def test_drain_says_what_still_runs(engine: sa.Engine, queue: DbosQueue) -> None:
    begun, release = threading.Event(), threading.Event()

    def stuck(_found: WorkItem) -> None:
        begun.set()
        release.wait(30)

    worker = DbosWorker(engine, queue, [Work("triage", stuck, no_poison)])
    worker.start()
    put(engine, queue, item("evt_1"))
    assert begun.wait(10)
    assert worker.drain(timedelta(seconds=0.2)) == 1
    release.set()


def test_one_worker_a_process(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    worker = start([])
    with pytest.raises(RuntimeError, match="already"):
        DbosWorker(engine, queue, []).start()
    worker.drain(SOON)
    with pytest.raises(RuntimeError, match="twice"):
        worker.start()


def test_two_handlers_for_one_kind_are_refused(engine: sa.Engine, queue: DbosQueue) -> None:
    work = Work("triage", Seen(), no_poison)
    with pytest.raises(ValueError, match="two handlers"):
        DbosWorker(engine, queue, [work, work])


@pytest.mark.slow
def test_schedules_run_and_go_on_after_a_failure(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    runs: list[float] = []
    thrice = threading.Event()

    def run() -> None:
        runs.append(time.monotonic())
        if len(runs) == 3:
            thrice.set()
        raise OSError("once more")

    worker = start([], [Schedule("sweep", timedelta(seconds=1), run)])
    assert thrice.wait(20)
    assert worker.drain(SOON) == 0
    assert all(later - earlier >= 0.9 for earlier, later in itertools.pairwise(runs))
    # The next process goes on with the same schedule and does not start a second one beside it.
    runs.clear()
    start([], [Schedule("sweep", timedelta(seconds=1), run)])
    assert queue.table.depth()["schedule"] in (
        Depth(delayed=2),
        Depth(delayed=1, queued=1),
        Depth(delayed=1, running=1),
    )


@pytest.mark.slow
def test_a_schedule_that_was_put_again_beside_itself_goes_on_once(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    runs: list[float] = []
    put(engine, queue, *(item("sweep", SCHEDULE_KIND, partition=SCHEDULE_KIND, generation=each) for each in (0, 5, 9)))
    start([], [Schedule("sweep", timedelta(hours=1), lambda: runs.append(time.monotonic()))])
    end = time.monotonic() + SOON.total_seconds()
    # The sweep, and the worker's own.
    while queue.table.depth()["schedule"] != Depth(delayed=2):
        assert time.monotonic() < end, queue.table.depth()
        time.sleep(0.02)
    assert len(runs) == 1


def test_a_dead_executor_is_recovered_by_the_call_this_relies_on(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    put(engine, queue, item("evt_1"))
    table = "workflow_status" if engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with unit_of_work(engine) as session:
        session.connection().execute(
            sa.text(f"UPDATE {table} SET status = 'PENDING', executor_id = 'wrk_dead', owner_xid = 'x'")
        )
    assert queue.depth() == {"triage": Depth(running=1)}
    seen = Seen()
    start([Work("triage", seen, no_poison)])
    assert queue.wait_idle(SOON)
    assert seen.rows == ["evt_1"]


def test_nothing_is_pickled_and_nothing_leaves_the_machine(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[object] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        reached.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    seen = Seen()
    start([Work("triage", seen, no_poison)])
    put(engine, queue, item("evt_1"))
    assert queue.wait_idle(SOON)
    assert reached == []
    assert dbos.DBOS.executor_id.startswith("wrk_")
    schema = "" if engine.dialect.name == "sqlite" else "dbos."
    with read_only(engine) as session:
        inputs = session.connection().execute(sa.text(f"SELECT inputs FROM {schema}workflow_input")).scalars().all()
    assert '{"args":["triage","evt_1",0,"t1/acme",5,1],"kwargs":{}}' in inputs
