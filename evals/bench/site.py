"""Where a bench is held: homes of its own, and their databases, which go with it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from app.settings import Settings
from app.store.engine import make_engine

_SERVER = "postgresql"


@dataclass(frozen=True)
class Home:
    """The folder of one installation and the address of its database."""

    folder: Path
    database_url: str

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder, database_url=self.database_url)


@dataclass(frozen=True)
class Site:
    """`folder` is empty. `server`: the address of a database on a PostgreSQL server; a role that may create more."""

    folder: Path
    server: str | None = None

    @property
    def backend(self) -> str:
        return "SQLite" if self.server is None else "PostgreSQL"

    @contextmanager
    def home(self, name: str = "firm") -> Iterator[Home]:
        """A home with an empty database: an SQLite file in it, or a database of the server, dropped at the end."""
        folder = self.folder / name
        if self.server is None:
            yield Home(folder, f"sqlite:///{folder / 'countersign.db'}")
            return
        database = f"countersign_bench_{uuid.uuid4().hex}"
        _administer(self.server, f"CREATE DATABASE {database}")
        try:
            url = sa.make_url(self.server).set(drivername=_SERVER, database=database)
            yield Home(folder, url.render_as_string(hide_password=False))
        finally:
            _administer(self.server, f"DROP DATABASE {database} WITH (FORCE)")


def site(folder: Path, server: str | None) -> Site:
    """Raises ValueError where `server` is no PostgreSQL server that answers."""
    if server is not None:
        try:
            if sa.make_url(server).get_backend_name() != _SERVER:
                raise ValueError("only a PostgreSQL server has an address; SQLite needs none")
            _administer(server, "SELECT 1")
        except sa.exc.SQLAlchemyError as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error
    return Site(folder, server)


def _administer(server: str, statement: str) -> None:
    engine = make_engine(server)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
