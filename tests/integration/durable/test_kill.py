"""kill -9 at random moments: nothing is lost and nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_store import SCHEMA
from app.durable.port import WorkItem
from app.store.engine import read_only, unit_of_work

ITEMS = 200
KILLS = 8
ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@contextmanager
def worker(url: str, seconds: float = 0.01) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("worker.py")), url, str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.fixture
def queue(engine: sa.Engine) -> DbosQueue:
    queue = DbosQueue(engine)
    queue.prepare()
    with unit_of_work(engine) as session:
        session.connection().execute(sa.text("CREATE TABLE job (id VARCHAR(80) PRIMARY KEY, step INTEGER NOT NULL)"))
    return queue


def put(engine: sa.Engine, queue: DbosQueue, first: int, count: int) -> None:
    for n in range(first, first + count):
        with unit_of_work(engine) as session:
            session.connection().execute(sa.text("INSERT INTO job VALUES (:id, 0)"), {"id": f"job_{n}"})
            queue.put(session, WorkItem(kind="triage", row=f"job_{n}", partition=f"t1/c{n % 7}"))


def effects(engine: sa.Engine) -> list[tuple[str, int]]:
    with read_only(engine) as session:
        rows = session.connection().execute(sa.text("SELECT row_id, n FROM effect")).all()
    return sorted((row, n) for row, n in rows)


ALL = sorted((f"job_{n}", step) for n in range(ITEMS) for step in (0, 1))


def test_killed_again_and_again_every_item_is_done_once(url: str, engine: sa.Engine, queue: DbosQueue) -> None:
    dice = random.Random(7)
    put(engine, queue, 0, ITEMS // 2)
    share = ITEMS // 2 // KILLS
    killed_at_work = 0
    for kill in range(KILLS):
        with worker(url) as process:
            time.sleep(dice.uniform(0.02, 0.5))
            # Others go on putting while it runs.
            put(engine, queue, ITEMS // 2 + kill * share, share)
            time.sleep(dice.uniform(0.0, 0.2))
            process.send_signal(signal.SIGKILL)
            process.wait()
        killed_at_work += sum(depth.running for depth in queue.depth().values()) > 0
    put(engine, queue, ITEMS // 2 + KILLS * share, ITEMS - ITEMS // 2 - KILLS * share)
    with worker(url) as process:
        assert queue.wait_idle(timedelta(seconds=60))
        process.communicate("\n", timeout=30)
        assert process.returncode == 0
    assert killed_at_work >= KILLS // 2, "the kills must hit it at work for this to say anything"
    assert effects(engine) == ALL


def test_two_processes_share_the_work_and_one_takes_over_from_the_other(
    url: str, engine: sa.Engine, queue: DbosQueue
) -> None:
    with worker(url) as first, worker(url) as second:
        put(engine, queue, 0, ITEMS // 2)
        time.sleep(0.3)
        first.send_signal(signal.SIGKILL)
        put(engine, queue, ITEMS // 2, ITEMS - ITEMS // 2)
        # The dead one's items come back only when the living one's reaper has looked.
        assert queue.wait_idle(timedelta(seconds=60))
        second.communicate("\n", timeout=30)
        assert second.returncode == 0
    assert effects(engine) == ALL


def test_only_what_was_under_way_is_blamed_for_a_death(url: str, engine: sa.Engine, queue: DbosQueue) -> None:
    """Eight are under way in a process and sixteen more claimed: only of one of the eight can it have died."""
    claimed, under_way, deaths = 20, 8, 3
    put(engine, queue, 0, claimed)
    holders: set[str] = set()
    for life in range(deaths + 1):
        with worker(url, seconds=300) as process:
            holders |= {until_held(queue, claimed, holders)}
            if life < deaths:
                time.sleep(0.5)
                process.send_signal(signal.SIGKILL)
                process.wait()
            else:
                blamed = counts(engine)
    assert len(holders) == deaths + 1
    assert sum(blamed) - claimed == deaths * under_way, blamed  # each claim counts one, also the one that still lasts


def until_held(queue: DbosQueue, count: int, before: set[str]) -> str:
    """The executor that holds so many items and is none of those before."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for holder in set(queue.table.holders()) - before:
            if len(queue.table.held_by(holder)) == count:
                return holder
        time.sleep(0.05)
    raise AssertionError(f"nobody else holds {count} items")


def counts(engine: sa.Engine) -> list[int]:
    table = "workflow_status" if engine.dialect.name == "sqlite" else f"{SCHEMA}.workflow_status"
    statement = sa.text(f"SELECT recovery_attempts FROM {table} WHERE queue_name = 'triage'")
    with read_only(engine) as session:
        return [int(count) for count in session.connection().execute(statement).scalars()]
