"""Engines and units of work for SQLite (embedded) and PostgreSQL (at scale).

SQLite has one write lock for the whole file. A writing unit of work takes it with `BEGIN IMMEDIATE` when it starts, so
what it reads is what it writes over and no upgrade can fail half way. Threads of this process first queue on a mutex of
their own: SQLite's busy handler sleeps up to 100 ms between attempts, a mutex wakes the next writer at once. Readers
(`read_only`) take no lock at all and see one consistent snapshot.
"""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session

LOCK_TIMEOUT_S: Final = 30
"""How long a writer waits for SQLite's write lock before it fails with `database is locked`."""
IDLE_TIMEOUT_S: Final = 15
"""How long PostgreSQL keeps a transaction, and its locks, of a process that says nothing: one that was stopped, or is
cut off. Ours call nothing outside the database, so a process that lives is never silent for long."""

_BEGIN: Final = "countersign_begin"
_READ: Final = "read"
_DEADLOCK: Final = "40P01"
_ON_WRITE: Final = "on_write"
_WRITES: Final = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP)\b", re.IGNORECASE)
_OPENS: Final = re.compile(r"\s*BEGIN\b", re.IGNORECASE)

_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",  # WAL with NORMAL may lose acknowledged commits on power failure
    "foreign_keys=ON",
    "secure_delete=ON",  # what is erased must not stay readable in free pages
    f"busy_timeout={LOCK_TIMEOUT_S * 1000}",
    "wal_autocheckpoint=4000",  # pages; events touch the same index pages, which then are folded in once for many
    "journal_size_limit=67108864",
    "cache_size=-1024",  # KiB; there are many connections and the operating system caches the file anyway
    "temp_store=MEMORY",
)

_mutexes: dict[str, threading.Lock] = {}
_mutexes_guard = threading.Lock()


def _mutex_of(path: str) -> threading.Lock:
    with _mutexes_guard:
        return _mutexes.setdefault(path, threading.Lock())


class SqliteConnection(sqlite3.Connection):
    """A connection that holds the process's mutex of its file for exactly as long as its write transaction."""

    mutex: threading.Lock
    _holds_mutex = False
    _read_only = False

    def begin_read(self) -> None:
        """Start a snapshot in which writing is refused. Raises: sqlite3.OperationalError."""
        self.execute("PRAGMA query_only=ON")
        self._read_only = True
        self.execute("BEGIN DEFERRED")

    def begin_write(self) -> None:
        """Start a transaction that holds the write lock. Raises: sqlite3.OperationalError (`database is locked`)."""
        self.reserve()
        try:
            self.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._release()
            raise

    def reserve(self) -> None:
        """Queue for the file's mutex: what comes next opens the write transaction."""
        if not self.mutex.acquire(timeout=LOCK_TIMEOUT_S):
            raise sqlite3.OperationalError("database is locked")
        self._holds_mutex = True

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self._release()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._release()

    def close(self) -> None:
        try:
            super().close()
        finally:
            if self._holds_mutex:
                self._holds_mutex = False
                self.mutex.release()

    def _release(self) -> None:
        # A commit that failed leaves its transaction open; the mutex goes with the rollback that follows.
        if self.in_transaction:
            return
        if self._holds_mutex:
            self._holds_mutex = False
            self.mutex.release()
        if self._read_only:
            self._read_only = False
            self.execute("PRAGMA query_only=OFF")


def make_engine(url: str, *, pool_size: int = 24) -> sa.Engine:
    """The engine for `url`: `sqlite:///path` (file or `:memory:`-free) or `postgresql://…` (driver psycopg).

    A transaction begun on it writes (SQLite: `BEGIN IMMEDIATE`); see `unit_of_work`, `read_only`, `begins_on_write`.
    `pool_size`: connections kept; as many again may be opened under load.
    Raises: ValueError for another database or SQLite without a file.
    """
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        server = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=LOCK_TIMEOUT_S,
            pool_pre_ping=True,
        )
        event.listen(server, "connect", _bound_silence)
        return server
    if backend != "sqlite":
        raise ValueError(f"database url: {backend!r} is not supported; use sqlite or postgresql")
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("database url: SQLite needs a file; every connection of :memory: is another database")
    path = str(Path(parsed.database).resolve())
    engine = sa.create_engine(
        parsed.set(drivername="sqlite+pysqlite", database=path),
        connect_args={"factory": SqliteConnection, "isolation_level": None, "timeout": LOCK_TIMEOUT_S},
        pool_use_lifo=True,  # what a connection has cached is stale once another has written
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=LOCK_TIMEOUT_S,
    )
    mutex = _mutex_of(path)

    @event.listens_for(engine, "connect")
    def configure(connection: SqliteConnection, _record: object) -> None:
        connection.mutex = mutex
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
        if sqlite3.sqlite_version_info < (3, 42):
            connection.create_function("unixepoch", -1, _unixepoch)

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        mode = connection.get_execution_options().get(_BEGIN)
        if mode == _READ:
            _dbapi(connection).begin_read()
        elif mode != _ON_WRITE:
            _lock(_dbapi(connection).begin_write)

    return engine


def _bound_silence(connection: Any, _record: object) -> None:
    # Not as an option of the connection: an address may carry options of its own, and poolers refuse them.
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_TIMEOUT_S}s'")
    connection.commit()


def begins_on_write(engine: sa.Engine) -> sa.Engine:
    """The same pool for libraries that open a transaction even to read: SQLite's lock is taken by the first statement
    that writes, and what was read before is not protected by it. On PostgreSQL the engine itself."""
    if engine.dialect.name != "sqlite":
        return engine
    lazy = engine.execution_options(**{_BEGIN: _ON_WRITE})

    @event.listens_for(lazy, "before_cursor_execute")
    def lock(connection: sa.Connection, _cursor: object, statement: str, *_rest: Any) -> None:
        dbapi = _dbapi(connection)
        if dbapi.in_transaction:
            return
        if _WRITES.match(statement):
            _lock(dbapi.begin_write)
        elif _OPENS.match(statement):
            _lock(dbapi.reserve)

    return lazy


@contextmanager
def unit_of_work(engine: sa.Engine) -> Iterator[Session]:
    """One writing transaction: committed when the block ends, rolled back when it raises.

    Nothing is written by a block that raised. Rows stay readable after the commit (they do not expire).
    Keep it short and free of calls outside the database: on SQLite nobody else writes meanwhile.
    Raises: sqlalchemy.exc.OperationalError when the lock is not had within `LOCK_TIMEOUT_S`.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        # SQLAlchemy would begin at the first statement; the lock is wanted before anything is decided.
        session.connection()
        yield session


@contextmanager
def read_only(engine: sa.Engine) -> Iterator[Session]:
    """One reading transaction (SQLite: a snapshot without the write lock; PostgreSQL: `READ ONLY`).

    Raises: sqlalchemy.exc.DBAPIError when the block tries to write.
    """
    with Session(engine, expire_on_commit=False, autoflush=False) as session:
        session.connection(execution_options={_BEGIN: _READ, "postgresql_readonly": True})
        yield session


def collided(error: sa.exc.DBAPIError) -> bool:
    """Whether another transaction got in the way, so that the same again may go through: a unique row that it stored
    first, or a deadlock, of which PostgreSQL ends one side."""
    return isinstance(error, sa.exc.IntegrityError) or getattr(error.orig, "sqlstate", None) == _DEADLOCK


def _dbapi(connection: sa.Connection) -> SqliteConnection:
    dbapi: object = connection.connection.dbapi_connection
    if not isinstance(dbapi, SqliteConnection):
        raise TypeError(f"not a connection of make_engine: {type(dbapi).__name__}")
    return dbapi


def _lock(take: Callable[[], None]) -> None:
    # Called from events, where SQLAlchemy does not translate what the driver raises.
    try:
        take()
    except sqlite3.Error as error:
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, error) from error


def _unixepoch(*arguments: object) -> float | int | None:
    """SQLite 3.42's `unixepoch('subsec')` (seconds since 1970 with a fraction) for older versions."""
    if arguments in ((), ("now",)):
        return int(time.time())
    if arguments in (("subsec",), ("now", "subsec")):
        return time.time()
    return None
