"""The sandbox firm's file: canonical records as JSON, an index of the fields they are looked up by, and its books."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from tools.record_index import indexed, parse, require_single_valued
from tools.records import Record

R = TypeVar("R", bound=Record)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS link (
    kind TEXT, field TEXT, value TEXT, id TEXT, PRIMARY KEY (kind, field, value, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- One row a key: the promise of the idempotency key.
CREATE TABLE IF NOT EXISTS effect (
    key TEXT PRIMARY KEY, tool TEXT NOT NULL, args_digest TEXT NOT NULL, receipt TEXT NOT NULL,
    calls INTEGER NOT NULL DEFAULT 1, at TEXT NOT NULL
);
-- One row each time an action changed records, with nothing that forbids a second: what `count` is counted from.
CREATE TABLE IF NOT EXISTS application (seq INTEGER PRIMARY KEY, key TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS application_key ON application (key);
-- What a field held before, where taking a change back must restore it.
CREATE TABLE IF NOT EXISTS former (
    kind TEXT, id TEXT, field TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, id, field)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    seq INTEGER PRIMARY KEY, fault TEXT NOT NULL, scope TEXT NOT NULL, remaining INTEGER, seconds REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0, answer TEXT
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (state, seq);
"""


class Store:
    """One reading and one writing connection on the file, each held by one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer, self._reader = self._connect(path), self._connect(path)
        self._writing, self._reading = threading.RLock(), threading.Lock()
        with self._writing:
            self._writer.executescript(_SCHEMA)

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def close(self) -> None:
        with self._writing, self._reading:
            self._writer.close()
            self._reader.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The writing connection inside one immediate transaction: committed whole, or rolled back on any error."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    def rows(self, sql: str, args: Iterable[object] = ()) -> list[tuple[object, ...]]:
        with self._reading:
            return self._reader.execute(sql, cast("tuple[str, ...]", tuple(args))).fetchall()

    def get(self, model: type[R], ident: str) -> tuple[R | None, bool]:
        """The record, and whether a fault touches reads; both by one statement, for this is read most of all."""
        body, faulty = self.rows(
            "SELECT (SELECT body FROM record WHERE kind = ? AND id = ?),"
            " EXISTS (SELECT 1 FROM fault WHERE scope IN ('read', '*') AND fault IN ('unavailable', 'slow'))",
            (model.kind, ident),
        )[0]
        return (parse(model, body) if isinstance(body, str) else None), bool(faulty)

    def find(self, model: type[R], where: Mapping[str, str], limit: int) -> list[R]:
        """Records whose fields equal `where`, by id. Raises KeyError for a field that is not a single value."""
        sql, args = find_statement(model, where, limit)
        return [parse(model, str(body)) for (body,) in self.rows(sql, args)]


def find_statement(model: type[Record], where: Mapping[str, str], limit: int) -> tuple[str, list[object]]:
    require_single_valued(model, where)
    lead = next((field for field in where if field in indexed(model)), None)
    args: list[object] = [model.kind]
    if lead is None:
        sql = "SELECT r.body FROM record r WHERE r.kind = ?"
    else:
        sql = "SELECT r.body FROM link l CROSS JOIN record r ON r.kind = l.kind AND r.id = l.id"
        sql += " WHERE l.kind = ? AND l.field = ? AND l.value = ?"
        args += [lead, where[lead]]
    for field, value in where.items():
        if field == "id":
            sql += " AND r.id = ?"
            args.append(value)
        elif field != lead:
            sql += f" AND CAST(json_extract(r.body, '$.{field}') AS TEXT) = ?"
            args.append(value)
    sql += f" ORDER BY {'r' if lead is None else 'l'}.id LIMIT ?"
    return sql, [*args, limit]
