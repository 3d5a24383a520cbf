"""Migrations: bringing a database to the tables of app/store/models."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import SQLModel

from app.errors import Problem
from app.store.engine import read_only

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0012"
"""The newest revision; a test holds it against the folder."""
_FOLDER = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x636F756E  # one process migrates a PostgreSQL database at a time
_LOCK_NOT_AVAILABLE = "55P03"
_HOLDERS = sa.text(
    "SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND l.granted "
    "AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "ORDER BY l.pid LIMIT 10"
)


def revision(engine: Engine) -> str | None:
    """The database's revision, None before the first."""
    with read_only(engine) as session:
        return _revision(session.connection())


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def is_current(engine: Engine) -> bool:
    return revision(engine) == HEAD


def migrate(engine: Engine, *, wait_s: float = 5.0, tries: int = 6) -> bool:
    """Brings the database to HEAD in one transaction; False where it was there already, or another process did it.

    A lock that somebody holds is waited for at most `wait_s` at a time, so that nobody queues behind this one for long,
    and asked for `tries` times in all. Raises Problem `unavailable`, which says which revision waits for what, and for
    a database that a later version of this program has migrated.
    """
    if _settled(revision(engine)):
        return False
    with alone(engine, wait_s * tries):
        for left in reversed(range(tries)):
            applied: list[str] = []
            try:
                return _upgrade(engine, wait_s, applied)
            except sa.exc.OperationalError as error:
                if not _locked_out(error):
                    raise
                if not left:
                    raise _blocked(engine, error, applied, wait_s * tries) from error
            time.sleep(min(1.0, wait_s))
    raise AssertionError("unreachable")


@contextmanager
def alone(engine: Engine, wait_s: float = 60.0) -> Iterator[None]:
    """While the block runs, no other process is in such a block on this database. Raises Problem `unavailable`."""
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.migrating").open("a") as file:
            _until_had(lambda: _flocked(file), wait_s)
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        asked = sa.select(sa.func.pg_try_advisory_lock(_ADVISORY_LOCK))
        _until_had(lambda: bool(connection.scalar(asked)), wait_s)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_ADVISORY_LOCK)))


def _until_had(take: Callable[[], bool], wait_s: float) -> None:
    end = time.monotonic() + wait_s
    while not take():
        if time.monotonic() > end:
            raise Problem("unavailable", f"Another process has been migrating this database for {wait_s:g} s.")
        time.sleep(0.1)


def _flocked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _settled(found: str | None) -> bool:
    """Whether nothing is to be done. Raises Problem `unavailable` for a revision that is not known here."""
    if found not in (None, *_revisions()):
        detail = f"The database is at revision {found}, this program knows none later than {HEAD}: a later version has "
        raise Problem("unavailable", f"{detail}migrated it, and only that version or a later one may use it.")
    return found == HEAD


def _revisions() -> list[str]:
    """All revisions, the oldest first; their files are numbered."""
    return sorted(path.name.split("_")[1] for path in (_FOLDER / "versions").glob("rev_*.py"))


def _upgrade(engine: Engine, wait_s: float, applied: list[str]) -> bool:
    from alembic import command  # costs a fifth of a second, which a usual start does not pay

    wait_ms = int(wait_s * 1000)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            dbapi: Any = connection.connection.dbapi_connection
            dbapi.execute(f"PRAGMA busy_timeout={wait_ms}")
        try:
            with connection.begin():
                if engine.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.set_config("lock_timeout", f"{wait_ms}ms", True)))
                if _settled(_revision(connection)):
                    return False
                command.upgrade(_config(connection, applied), HEAD)
        finally:
            # With its short patience it does not go back to those that work.
            connection.invalidate()
    return True


def _locked_out(error: sa.exc.OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE or "database is locked" in str(error.orig)


def _blocked(engine: Engine, error: sa.exc.OperationalError, applied: list[str], waited_s: float) -> Problem:
    known = _revisions()
    start = revision(engine)
    waits = next(each for each in known if each not in applied and (start is None or each > start))
    who = "another process writes to the file"
    if engine.dialect.name == "postgresql":
        what = " ".join((error.statement or "").split())[:120]
        with engine.connect() as connection:
            pids = [str(pid) for pid in connection.scalars(_HOLDERS)]
        who = f"`{what}`; other transactions hold locks on its tables" + (f": pid {', '.join(pids)}" if pids else "")
    return Problem("unavailable", f"Revision {waits} has waited {waited_s:g} s for a lock: {who}. Nothing was changed.")


def differences(engine: Engine) -> list[Any]:
    """What the models have that the database has not, and the other way round, as Alembic's operations."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in _tables()}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata))


def _tables() -> set[str]:
    return set(SQLModel.metadata.tables)


def _config(connection: sa.Connection, applied: list[str] | None = None) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "applied": [] if applied is None else applied})
    config.set_main_option("script_location", str(_FOLDER))
    return config
