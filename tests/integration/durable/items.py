"""Items of work, and a handler that notes what it was called with."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_worker import DbosWorker
from app.durable.port import WorkItem
from app.store.engine import read_only, unit_of_work

SOON = timedelta(seconds=20)
StartWorker = Callable[..., DbosWorker]


def item(row: str, kind: str = "triage", **more: Any) -> WorkItem:
    return WorkItem(kind=kind, row=row, partition=more.pop("partition", "t1/acme"), **more)


def no_poison(found: WorkItem, error: Exception) -> None:
    raise AssertionError(f"{found.id} was given up") from error


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
