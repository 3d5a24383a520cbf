"""An item that its own live process claimed and does not run: the database failed just then."""

import time

import pytest
import sqlalchemy as sa

from app.durable import dbos_worker
from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_store import SCHEMA
from app.durable.port import Work, WorkItem
from app.store.engine import unit_of_work
from tests.integration.durable.items import SOON, StartWorker


def test_what_was_claimed_and_never_begun_is_taken_up_again(
    engine: sa.Engine, queue: DbosQueue, start: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbos_worker, "HOUSEKEEPING_S", 0.2)
    done: list[str] = []

    def never(_item: WorkItem, error: Exception) -> None:
        raise AssertionError("given up") from error

    worker = start([Work("triage", lambda item: done.append(item.row), never, poll_s=0.1)])
    item = WorkItem(kind="triage", row="run_1", partition="acme")
    table = "workflow_status" if engine.dialect.name == "sqlite" else f"{SCHEMA}.workflow_status"
    with unit_of_work(engine) as session:
        queue.put(session, item)
        # As after a claim whose next statement failed.
        session.connection().execute(
            sa.text(f"UPDATE {table} SET status = 'PENDING', executor_id = :me WHERE workflow_uuid = :item"),
            {"me": worker.executor_id, "item": item.id},
        )
    deadline = time.monotonic() + 20
    while not done and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done == ["run_1"]
    assert queue.wait_idle(SOON)
