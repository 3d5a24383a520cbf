"""The embedded database in a backup: copied by SQLite's online backup, restored beside the former and swapped."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session

from app.backup.manifest import File, unusable
from app.backup.package import Package, Say
from app.errors import Problem

FILE = "database.sqlite"
_PAGES = 4096
"""Copied between two reports; the snapshot is one, however many reports there are."""

_PRIMARY = 0xFF
"""The part of an SQLite result code that its extended codes share."""


def version() -> str:
    return sqlite3.sqlite_version


@contextmanager
def dumped(url: sa.URL, folder: Path, say: Say) -> Iterator[Session]:
    """Copies the database into `folder` while others go on writing; the session reads the copy."""
    copy = folder / FILE
    source = sqlite3.connect(f"{Path(_path(url)).resolve().as_uri()}?mode=ro", uri=True, timeout=30)
    target = sqlite3.connect(copy)
    try:
        copy.chmod(0o600)
        # With a snapshot of its own the copying sees one moment and never has to begin anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(target, pages=_PAGES, progress=lambda _status, left, of: say(f"copied {of - left} of {of} pages"))
        target.execute("PRAGMA journal_mode=DELETE").fetchone()
        if (found := target.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise Problem("conflict", f"The database is damaged and was not backed up: {found}.")
    finally:
        source.close()
        target.close()
    reader = sa.create_engine(f"sqlite+pysqlite:///file:{copy}?mode=ro&uri=true", poolclass=sa.NullPool)
    try:
        with Session(reader) as session:
            yield session
    finally:
        reader.dispose()


class SqlitePlace:
    """Where the database of a restore is to be."""

    def __init__(self, url: sa.URL) -> None:
        self._path = Path(_path(url)).resolve()
        self._draft = self._path.with_name(f".{self._path.name}.restored")

    @property
    def draft_url(self) -> str:
        return f"sqlite:///{self._draft}"

    def occupied(self) -> bool:
        return self._path.exists()

    def require_stopped(self) -> None:
        """Raises Problem: `conflict` while any process has the database open, `unavailable` where its disk is full."""
        if not self._path.exists():
            return
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        try:
            # Leaving the write-ahead log needs the file for oneself; it also folds the log into the file.
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as refused:
            if refused.sqlite_errorcode & _PRIMARY in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                why = Problem("conflict", f"{self._path} is in use; stop the service first. Nothing was changed.")
            else:
                why = Problem("unavailable", f"{self._path} cannot be opened: {refused}. Nothing was changed.")
            raise why from None
        except sqlite3.DatabaseError:
            pass  # a damaged file is what a restore is for; it is kept aside as it is
        finally:
            connection.close()

    def load(self, package: Package, file: File, say: Say) -> None:
        """Puts the backup's database beside the place. Raises Problem, OSError."""
        self.discard()
        self._draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        package.extract(file, self._draft)
        say("checking the database")
        connection = sqlite3.connect(self._draft)
        try:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as broken:
            found = str(broken)
        finally:
            connection.close()
        if found != "ok":
            raise unusable(f"its database is damaged: {found}")

    def swap(self, aside: Path) -> list[str]:
        """Puts the draft in its place at one stroke; answers what of the former lies in `aside`."""
        connection = sqlite3.connect(self._draft, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        finally:
            connection.close()
        kept = []
        if self._path.exists():
            self.require_stopped()
            (aside / self._path.name).hardlink_to(self._path)
            kept.append(self._path.name)
            for more in ("-wal", "-shm"):  # of a damaged file alone
                with suppress(FileNotFoundError):
                    Path(f"{self._path}{more}").rename(aside / f"{self._path.name}{more}")
        self._draft.replace(self._path)
        self.discard()
        handle = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return kept

    def discard(self) -> None:
        for each in self._draft.parent.glob(f"{self._draft.name}*"):  # with what lies beside a database in use
            each.unlink()


def _path(url: sa.URL) -> str:
    assert url.database is not None
    return url.database
