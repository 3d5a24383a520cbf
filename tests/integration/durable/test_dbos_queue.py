import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from dbos import EnqueueOptions

from app.durable import dbos_queue
from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_store import SCHEMA, VERSION, WORKFLOW, arguments
from app.durable.port import Depth, Work
from app.store.engine import read_only, unit_of_work
from tests.integration.durable.items import SOON, Seen, StartWorker, item, no_poison, put, rows_of


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


@pytest.mark.parametrize(("look_s", "ahead"), [(1e9, 0), (0.0, 2)], ids=["heads as first seen", "heads seen"])
def test_items_start_in_the_order_of_their_lanes_and_priority(
    engine: sa.Engine,
    queue: DbosQueue,
    start: StartWorker,
    monkeypatch: pytest.MonkeyPatch,
    look_s: float,
    ahead: int,
) -> None:
    """What is urgent passes all that waits, but for what was put before it at the head that the queue has seen."""
    monkeypatch.setattr(dbos_queue, "_LOOK_S", look_s)
    put(engine, queue, *(item(f"flood_{n}", partition="t1/flooder") for n in range(60)))
    put(engine, queue, item("late", priority=6, partition="t2/other"))
    put(engine, queue, item("quiet", partition="t3/quiet"), item("urgent", priority=0, partition="t1/flooder"))
    seen = Seen()
    start([Work("triage", seen, no_poison, concurrency=1, ahead=0, poll_s=0.02)])
    assert queue.wait_idle(SOON)
    assert seen.rows.index("urgent") <= ahead
    assert seen.rows.index("quiet") <= 7
    # A step of priority is a minute, and each further item of one customer comes four seconds later than the last.
    assert 15 <= seen.rows.index("late") <= 19


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


def test_the_clock_is_handed_in(engine: sa.Engine) -> None:
    queue = DbosQueue(engine, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    queue.prepare()
    put(engine, queue, item("evt_1"))
    with read_only(engine) as session:
        tags = session.connection().execute(sa.text("SELECT tag_ms FROM work_lane ORDER BY tag_ms")).scalars().all()
    assert tags == [1_893_456_001_000, 1_893_456_004_000]


@pytest.mark.parametrize("delay", [None, timedelta(minutes=5)])
def test_a_row_written_past_dbos_is_the_row_that_dbos_writes(
    engine: sa.Engine, queue: DbosQueue, delay: timedelta | None
) -> None:
    ours, theirs = item("ours"), item("theirs")
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW, "queue_name": theirs.kind, "workflow_id": theirs.id, "app_version": VERSION,
        "priority": 7,
    }  # fmt: skip
    if delay is not None:
        options["delay_seconds"] = delay.total_seconds()
    with unit_of_work(engine) as session:
        queue.put(session, ours, delay=delay)
        queue.client.enqueue_in_transaction(session, options, *arguments(theirs))
    schema = "" if engine.dialect.name == "sqlite" else f"{SCHEMA}."
    rows = []
    with read_only(engine) as session:
        for each in (ours, theirs):
            status, inputs = (
                session.connection().execute(
                    sa.text(f"SELECT * FROM {schema}{table} WHERE workflow_uuid = :id"), {"id": each.id}
                ).mappings().one()
                for table in ("workflow_status", "workflow_input")
            )  # fmt: skip
            own = {"workflow_uuid", "creator_xid", "priority", "created_at", "updated_at", "delay_until_epoch_ms"}
            rows.append({name: value for name, value in status.items() if name not in own})
            assert json.loads(inputs["inputs"]) == {"args": list(arguments(each)), "kwargs": {}}
            assert (status["creator_xid"] is None, status["delay_until_epoch_ms"] is None) == (False, delay is None)
            assert status["priority"] > 0
    assert rows[0] == rows[1]
