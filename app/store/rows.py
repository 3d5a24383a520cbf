"""Rows that are stored, and changes that are written, when a step needs it and no sooner.

The session's unit of work costs several times as much a row as a statement that is kept.
"""

from functools import cache
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, SQLModel

Row = TypeVar("Row", bound=SQLModel)


def insert(session: Session, row: Row) -> Row:
    """Stores a new row now and has the session hold it like one that was read: later changes are written as usual.

    What the session has added before is not written by this. Raises sqlalchemy.exc.IntegrityError.
    """
    values = {name: value for name, value in row.__dict__.items() if name != "_sa_instance_state"}
    session.connection().execute(_statement(type(row)), values)
    make_transient_to_detached(row)
    session.add(row)
    return row


def written(session: Session, *tables: type[SQLModel]) -> sa.Connection:
    """The connection, after what the session has changed of these tables is written; other changes wait on."""
    if any(isinstance(row, tables) for row in (*session.new, *session.dirty)):
        session.flush()
    return session.connection()


@cache
def _statement(table: type[SQLModel]) -> sa.Insert:
    return sa.insert(table)
