"""PostgreSQL in a backup: `pg_dump` of one exported snapshot, `pg_restore` into a new database, two names swapped."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from app.backup.manifest import File, unusable
from app.backup.package import Package, Say
from app.errors import Problem

FILE = "database.pgdump"
_FOLDERS = "/usr/lib/postgresql/{major}/bin"
_MAINTENANCE = ("postgres", "template1")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@contextmanager
def dumped(url: sa.URL, folder: Path, say: Say) -> Iterator[Session]:
    """Dumps the database into `folder` while others go on writing; the session sees the very moment of the dump."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as taken:
            major = _major(taken)
            snapshot = taken.scalar(sa.text("SELECT pg_export_snapshot()"))
            say("dumping the database")
            target = folder / FILE
            run("pg_dump", major, url, "--format=custom", "--no-owner", "--no-privileges",
                f"--snapshot={snapshot}", f"--file={target}")  # fmt: skip
            target.chmod(0o600)
            with Session(taken) as session:
                yield session
    finally:
        engine.dispose()


def version(session: Session) -> str:
    return str(session.connection().scalar(sa.text("SHOW server_version")))


class PostgresPlace:
    """Where the database of a restore is to be. The role needs CREATEDB and has to own the database."""

    def __init__(self, url: sa.URL, ident: str) -> None:
        self._url, self._name = url, url.database or ""
        self._draft, self._former = f"{self._name[:30]}_new_{ident}", f"{self._name[:30]}_before_{ident}"
        for each in (self._name, self._draft, self._former):
            if not _PLAIN.fullmatch(each):
                raise Problem("invalid_body", f"{each!r} is no plain name of a database; restore by hand.")

    @property
    def draft_url(self) -> str:
        return self._url.set(database=self._draft).render_as_string(hide_password=False)

    def occupied(self) -> bool:
        if not self._exists():
            return False
        with self._connected(self._name) as connection:
            return sa.inspect(connection).has_table("alembic_version")

    def require_stopped(self) -> None:
        """Raises Problem `conflict` while anybody else is connected to the database."""
        others = self._maintaining("SELECT count(*) FROM pg_stat_activity WHERE datname = :name", {"name": self._name})
        if others:
            raise Problem(
                "conflict",
                f"{others} connections to {self._name} are open; stop the service first. Nothing was changed.",
            )

    def load(self, package: Package, file: File, say: Say) -> None:
        """Makes the new database beside the former. Raises Problem, OSError."""
        with self._maintenance() as connection:
            major = _major(connection)
            try:
                connection.execute(sa.text(f"CREATE DATABASE {self._draft} TEMPLATE template0 ENCODING 'UTF8'"))
            except sa.exc.DBAPIError as refused:
                why = " ".join(str(refused.orig).split())
                raise Problem("unavailable", f"A new database cannot be made beside {self._name}: {why}.") from refused
        scratch = Path(os.environ.get("TMPDIR", "/tmp")) / f".{self._draft}"  # noqa: S108 - made exclusively, mode 0600
        try:
            package.extract(file, scratch)
            say("restoring the database")
            try:
                run("pg_restore", major, self._url.set(database=self._draft), "--no-owner", "--no-privileges",
                    "--exit-on-error", str(scratch), into=True)  # fmt: skip
            except Problem as failed:
                raise unusable(failed.detail.rstrip(".")) from failed
        finally:
            scratch.unlink(missing_ok=True)

    def swap(self, _aside: Path) -> list[str]:
        """Gives both databases their names in one transaction; answers that of the former."""
        self.require_stopped()
        renames, kept = [], []
        if self._exists():
            renames.append(f"ALTER DATABASE {self._name} RENAME TO {self._former}")
            kept.append(f"database {self._former}")
        renames.append(f"ALTER DATABASE {self._draft} RENAME TO {self._name}")
        with self._maintenance(autocommit=False) as connection:
            try:
                for each in renames:
                    connection.execute(sa.text(each))
                connection.commit()
            except sa.exc.DBAPIError as refused:  # somebody came since
                why = " ".join(str(refused.orig).split()).rstrip(".")
                raise Problem("conflict", f"The databases cannot be swapped: {why}. Nothing was changed.") from refused
        return kept

    def discard(self) -> None:
        with suppress(sa.exc.DBAPIError, Problem), self._maintenance() as connection:
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS {self._draft}"))

    def _exists(self) -> bool:
        return bool(self._maintaining("SELECT count(*) FROM pg_database WHERE datname = :name", {"name": self._name}))

    def _maintaining(self, query: str, values: dict[str, Any]) -> int:
        with self._maintenance() as connection:
            return int(connection.scalar(sa.text(query), values) or 0)

    @contextmanager
    def _maintenance(self, *, autocommit: bool = True) -> Iterator[sa.Connection]:
        failed: sa.exc.DBAPIError | None = None
        with ExitStack() as opened:
            for name in _MAINTENANCE:
                try:
                    connection = opened.enter_context(self._connected(name, autocommit=autocommit))
                except sa.exc.OperationalError as refused:
                    failed = refused
                else:
                    yield connection
                    return
        raise Problem("unavailable", f"No maintenance database can be reached: {failed and failed.orig}.")

    @contextmanager
    def _connected(self, name: str, *, autocommit: bool = True) -> Iterator[sa.Connection]:
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
        engine = sa.create_engine(self._url.set(database=name), poolclass=sa.NullPool, **options)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


def run(program: str, major: int, url: sa.URL, *arguments: str, into: bool = False) -> None:
    """Runs a client program of the server's major version. Raises Problem `unavailable`, which says what is missing."""
    path = _found(program, major)
    address = {name: str(value) for name, value in url.translate_connect_args(username="user").items()}
    address |= {name: str(value) for name, value in url.query.items()}
    password = address.pop("password", None)
    address["dbname"] = address.pop("database")
    conninfo = " ".join(f"{name}='{_quoted(value)}'" for name, value in sorted(address.items()))
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run(  # noqa: S603 - our own arguments
        [path, f"--dbname={conninfo}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        why = " ".join(done.stderr.split())[-300:]
        raise Problem("unavailable", f"{program} failed{' to restore' if into else ''}: {why}.")


def _found(program: str, major: int) -> str:
    seen = []
    for folder in (_FOLDERS.format(major=major), *os.environ.get("PATH", "").split(os.pathsep)):
        path = shutil.which(program, path=folder)
        if path is None:
            continue
        has = _version_of([path, "--version"])
        if has == major:
            return path
        seen.append(str(has))
    detail = f"those found are of {', '.join(dict.fromkeys(seen))}" if seen else "there is none on this machine"
    raise Problem("unavailable", f"{program} of PostgreSQL {major} is needed; {detail}.")


def _version_of(command: Sequence[str]) -> int:
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - as above
    found = re.search(r"\) (\d+)", said)
    return int(found.group(1)) if found else 0


def _major(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.text("SHOW server_version_num")) or 0) // 10_000


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
