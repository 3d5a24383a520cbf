import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dbos
import pytest
import sqlalchemy as sa

from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_worker import DbosWorker
from app.durable.port import Crashed, Depth, Schedule, TryLater, Work, WorkItem
from app.store.engine import read_only, unit_of_work

SOON = timedelta(seconds=20)
StartWorker = Callable[..., DbosWorker]


def item(row: str, kind: str = "triage", **more: Any) -> WorkItem:
    return WorkItem(kind=kind, row=row, partition=more.pop("partition", "t1/acme"), **more)


def no_poison(found: WorkItem, error: Exception) -> None:
    raise AssertionError(f"{found.id} was given up") from error


@pytest.fixture
def queue(engine: sa.Engine) -> DbosQueue:
    queue = DbosQueue(engine)
    queue.prepare()
    return queue


@pytest.fixture
def start(engine: sa.Engine, queue: DbosQueue) -> Iterator[StartWorker]:
    started: list[DbosWorker] = []

    def start(works: Sequence[Work], schedules: Sequence[Schedule] = ()) -> DbosWorker:
        worker = DbosWorker(engine, queue, works, schedules)
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        assert worker.drain(SOON) == 0


def put(engine: sa.Engine, queue: DbosQueue, *items: WorkItem, delay: timedelta | None = None) -> None:
    with unit_of_work(engine) as session:
        for each in items:
            queue.put(session, each, delay=delay)


class Seen:
    """A handler that notes what it was called with."""

    def __init__(self) -> None:
        self.items: list[WorkItem] = []
        self.given_up: list[tuple[WorkItem, Exception]] = []
        self._lock = threading.Lock()

    def __call__(self, found: WorkItem) -> None:
        with self._lock:
            self.items.append(found)

    def poison(self, found: WorkItem, error: Exception) -> None:
        with self._lock:
            self.given_up.append((found, error))

    @property
    def rows(self) -> list[str]:
        return [found.row for found in self.items]


def rows_of(engine: sa.Engine) -> dict[str, int]:
    """How many rows each table of DBOS and ours has."""
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    tables = [(schema, name) for name in sa.inspect(engine).get_table_names(schema=schema)]
    tables.append((None, "work_lane"))
    with read_only(engine) as session:
        return {
            name: session.connection()
            .execute(sa.select(sa.func.count()).select_from(sa.table(name, schema=schema)))
            .scalar_one()
            for schema, name in tables
        }


def test_the_version_this_is_written_for() -> None:
    from importlib.metadata import version

    assert version("dbos") == "3.4.0", "read dbos_store and dbos_worker against the new version first"


def test_items_are_handled_and_repetitions_ignored(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    seen = Seen()
    start([Work("triage", seen, no_poison)])
    put(engine, queue, *(item(f"evt_{n}") for n in range(40)), item("evt_0"))
    put(engine, queue, item("evt_1"))
    assert queue.wait_idle(SOON)
    put(engine, queue, item("evt_2"))
    assert queue.wait_idle(SOON)
    assert sorted(seen.rows) == sorted(f"evt_{n}" for n in range(40))
    put(engine, queue, item("evt_2", generation=1))
    assert queue.wait_idle(SOON)
    assert seen.rows.count("evt_2") == 2
    assert queue.depth() == {}


def test_rolled_back_it_never_was(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    before = rows_of(engine)

    def interrupted() -> None:
        with unit_of_work(engine) as session:
            session.connection().execute(sa.text("INSERT INTO effect VALUES ('evt_1', 1)"))
            queue.put(session, item("evt_1"))
            queue.put(session, item("evt_2"), delay=timedelta(seconds=1))
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert rows_of(engine) == before
    seen = Seen()
    start([Work("triage", seen, no_poison)])
    put(engine, queue, item("evt_3"))
    assert queue.wait_idle(SOON)
    assert seen.rows == ["evt_3"]


def test_an_uncommitted_item_is_not_handled(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    seen = Seen()
    start([Work("triage", seen, no_poison, poll_s=0.02)])
    with unit_of_work(engine) as session:
        queue.put(session, item("evt_1"))
        time.sleep(0.5)
        assert seen.rows == []
    assert queue.wait_idle(SOON)
    assert seen.rows == ["evt_1"]


def test_a_delayed_item_waits(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    seen = Seen()
    start([Work("triage", seen, no_poison)])
    put(engine, queue, item("later"), delay=timedelta(seconds=2))
    put(engine, queue, item("much-later"), delay=timedelta(hours=1))
    put(engine, queue, item("now"))
    began = time.monotonic()
    assert queue.wait_idle(timedelta(seconds=1))
    assert seen.rows == ["now"]
    assert queue.depth() == {"triage": Depth(delayed=2)}
    assert queue.wait_idle(timedelta(seconds=10))
    assert seen.rows == ["now", "later"]
    assert time.monotonic() - began >= 1.9


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


def test_an_item_during_which_the_process_always_dies_is_given_up(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    put(engine, queue, item("evt_1"))
    table = "workflow_status" if engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with unit_of_work(engine) as session:
        # As if it had been claimed by eleven executors that died.
        session.connection().execute(sa.text(f"UPDATE {table} SET recovery_attempts = 11"))
    seen = Seen()
    worker = start([Work("triage", seen, seen.poison)])
    assert queue.wait_idle(SOON)
    worker._upkeep()
    assert seen.rows == []
    [(found, error)] = seen.given_up
    assert found == item("evt_1")
    assert isinstance(error, Crashed)


def test_a_sweep_puts_again_only_what_nobody_looks_after(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    seen = Seen()
    worker = start([Work("triage", seen, no_poison)])
    put(engine, queue, item("done"))
    assert queue.wait_idle(SOON)
    put(engine, queue, item("delayed"), delay=timedelta(hours=1))
    with unit_of_work(engine) as session:
        due = [item("done"), item("delayed"), item("lost"), item("lost")]
        assert queue.put_again(session, due) == 2
    assert queue.wait_idle(SOON)
    assert sorted(seen.rows) == ["done", "done", "lost"]
    assert worker.drain(SOON) == 0


def test_items_start_in_the_order_of_their_lanes_and_priority(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker
) -> None:
    put(engine, queue, *(item(f"flood_{n}", partition="t1/flooder") for n in range(60)))
    put(engine, queue, item("late", priority=6, partition="t2/other"))
    put(engine, queue, item("quiet", partition="t3/quiet"), item("urgent", priority=0, partition="t1/flooder"))
    seen = Seen()
    start([Work("triage", seen, no_poison, concurrency=1, ahead=0, poll_s=0.02)])
    assert queue.wait_idle(SOON)
    assert seen.rows.index("urgent") == 0
    assert seen.rows.index("quiet") <= 7
    assert seen.rows.index("late") == 62


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


def test_finished_items_are_forgotten_after_a_while(engine: sa.Engine, queue: DbosQueue, start: StartWorker) -> None:
    seen = Seen()
    start([Work("triage", seen, no_poison)])
    empty = rows_of(engine)
    put(engine, queue, *(item(f"evt_{n}") for n in range(5)))
    put(engine, queue, item("waiting", partition="t9"), delay=timedelta(hours=1))
    assert queue.wait_idle(SOON)
    assert queue.purge(timedelta(hours=1)) == 0
    time.sleep(1.1)  # DBOS counts whole seconds on SQLite
    assert queue.purge(timedelta(0)) >= 5
    left = rows_of(engine)
    assert left["workflow_input"] <= empty["workflow_input"] + 1
    assert queue.depth() == {"triage": Depth(delayed=1)}


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


def test_the_clock_is_handed_in(engine: sa.Engine) -> None:
    queue = DbosQueue(engine, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    queue.prepare()
    put(engine, queue, item("evt_1"))
    with read_only(engine) as session:
        tags = session.connection().execute(sa.text("SELECT tag_ms FROM work_lane ORDER BY tag_ms")).scalars().all()
    assert tags == [1_893_456_000_020, 1_893_456_000_200]
