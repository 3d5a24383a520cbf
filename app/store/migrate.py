"""Migrations: bringing a database to the tables of app/store/models."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import SQLModel

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0002"
"""The newest revision; a test holds it against the folder."""
_FOLDER = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x636F756E  # one process migrates a PostgreSQL database at a time


def revision(engine: Engine) -> str | None:
    """The database's revision, None before the first."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return found


def is_current(engine: Engine) -> bool:
    return revision(engine) == HEAD


def migrate(engine: Engine) -> bool:
    """Brings the database to HEAD in one transaction; False where it was there already.

    Raises alembic.util.CommandError for a database of a later version than this program.
    """
    if is_current(engine):
        return False
    from alembic import command  # costs a fifth of a second, which a usual start does not pay

    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        command.upgrade(_config(connection), HEAD)
    return True


def differences(engine: Engine) -> list[Any]:
    """What the models have that the database has not, and the other way round, as Alembic's operations."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in _tables()}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata))


def _tables() -> set[str]:
    return set(SQLModel.metadata.tables)


def _config(connection: sa.Connection) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER))
    return config
