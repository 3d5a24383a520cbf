"""Sandbox: the embedded firm as the product meets it, through the read and write ports, and as its owner runs it."""

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from tools.connectors.sandbox.book import Book
from tools.connectors.sandbox.firm import generate
from tools.connectors.sandbox.store import Store
from tools.records import Record

R = TypeVar("R", bound=Record)
Clock = Callable[[], datetime]


class Sandbox:
    """One firm in one SQLite file. Any number of threads and processes may open the same file."""

    def __init__(self, path: Path, clock: Clock, pause: Callable[[float], None] = time.sleep) -> None:
        self._store, self._clock, self._pause = Store(path), clock, pause

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def get(self, model: type[R], ident: str) -> R | None:
        record, _faulty = self._store.get(model, ident)
        return record

    def find(self, model: type[R], where: Mapping[str, str], limit: int = 200) -> list[R]:
        return self._store.find(model, where, limit)

    def seed(self) -> int | None:
        """The seed that the firm was generated from; None for a file without a firm."""
        rows = self._store.rows("SELECT value FROM meta WHERE name = 'seed'")
        return int(str(rows[0][0])) if rows else None

    def reset(self, seed: int, today: date | None = None) -> int:
        """Replaces everything in the file by the firm of (seed, today); answers the number of records."""
        records = generate(seed, today or self._clock().date())
        with self._store.transaction() as connection:
            generation = connection.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
            for table in ("record", "link", "counter", "meta", "effect", "application", "former", "fault", "outbox"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand in the line above
            meta = {"seed": seed, "generation": int(generation[0]) + 1 if generation else 1}
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)", [(name, str(value)) for name, value in meta.items()]
            )
            book = Book(connection)
            book.add(records)
            book.start_counting()
        return len(records)
