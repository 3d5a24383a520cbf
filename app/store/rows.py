"""Rows that are stored, and changes that are written, when a step needs it and no sooner.

The session's unit of work costs several times as much a row as a statement that is kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session as AnySession
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session

from app.store.row import Row

AnyRow = TypeVar("AnyRow", bound=Row)

_TOGETHER = "rows.together"


def insert(session: Session, row: AnyRow) -> AnyRow:
    """Stores a new row now and has the session hold it like one that was read: later changes are written as usual.

    What the session has added before is not written by this. Raises sqlalchemy.exc.IntegrityError.
    """
    store(session, type(row), {name: value for name, value in row.__dict__.items() if name != "_sa_instance_state"})
    make_transient_to_detached(row)
    session.add(row)
    return row


def store(session: Session, table: type[Row], values: Mapping[str, Any]) -> None:
    """Stores a row that the session need not hold: a value for every column that has no default of the database."""
    together: dict[type[Row], list[Mapping[str, Any]]] | None = session.info.get(_TOGETHER)
    if together is None:
        session.connection().execute(_statement(table), values)
    else:
        together.setdefault(table, []).append(values)


@contextmanager
def together(session: Session) -> Iterator[None]:
    """What is stored within is written by one statement a table: when the block ends, and before the session writes
    anything itself or `written` answers. Other statements within do not see it."""
    session.info[_TOGETHER] = {}
    try:
        yield
        _write_stored(session)
    finally:
        del session.info[_TOGETHER]


def written(session: Session, *tables: type[Row]) -> sa.Connection:
    """The connection, after what the session has changed of these tables is written; other changes wait on."""
    _write_stored(session)
    if any(isinstance(row, tables) for row in (*session.new, *session.dirty)):
        session.flush()
    return session.connection()


def _write_stored(session: AnySession, *_of_flush: object) -> None:
    waiting: dict[type[Row], list[Mapping[str, Any]]] = session.info.get(_TOGETHER) or {}
    while waiting:
        table, values = waiting.popitem()
        session.connection().execute(_statement(table), values)


# A change of a row that is held must find it.
event.listen(AnySession, "before_flush", _write_stored)


@cache
def _statement(table: type[Row]) -> sa.Insert:
    return sa.insert(table)
