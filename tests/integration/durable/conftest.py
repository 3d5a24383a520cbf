"""The same tests on SQLite and on a throw-away PostgreSQL."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_worker import DbosWorker
from app.durable.port import Schedule, Work
from app.store.engine import make_engine, unit_of_work
from tests.integration.durable.items import SOON, StartWorker
from tests.postgres import new_database, postgres_server

__all__ = ["new_database", "postgres_server"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'work.db'}"
    return new_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """With a table `effect(row, n)` for what handlers do."""
    engine = make_engine(url)
    with unit_of_work(engine) as session:
        session.connection().execute(sa.text("CREATE TABLE effect (row_id VARCHAR(80) NOT NULL, n INTEGER NOT NULL)"))
    yield engine
    engine.dispose()


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
