"""Engines of tests. A service has one for as long as it lives, tests thousands: what the first has made of tables and
statements need not be made anew by the next.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

import app.store.models
from app.store.engine import make_engine, unit_of_work

assert app.store.models.AuditHead.__tablename__ in SQLModel.metadata.tables

_dialects: list[sa.Dialect] = []
_compiled: dict[Any, Any] = {}


def shared_engine(url: str, *, pool_size: int = 24) -> sa.Engine:
    """The product's engine. On SQLite all share the statements that they have compiled, which go by the dialect."""
    engine = make_engine(url, pool_size=pool_size)
    if engine.dialect.name == "sqlite":
        if not _dialects:
            with engine.connect():
                _dialects.append(engine.dialect)
        engine.dialect = _dialects[0]
        engine.update_execution_options(compiled_cache=_compiled)
    return engine


def create_tables(engine: sa.Engine) -> None:
    """Those of app/store/models, in an empty database."""
    with unit_of_work(engine) as session:
        connection = session.connection()
        for statement in _statements(engine.dialect.name):
            connection.exec_driver_sql(statement)


@cache
def _statements(dialect: str) -> tuple[str, ...]:
    written: list[str] = []

    def take(statement: Any, *_: Any, **__: Any) -> None:
        written.append(str(statement.compile(dialect=mock.dialect)))

    mock = sa.create_mock_engine("postgresql+psycopg://" if dialect == "postgresql" else f"{dialect}://", take)
    SQLModel.metadata.create_all(mock, checkfirst=False)
    return tuple(written)
