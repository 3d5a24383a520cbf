"""Rows that are stored at once, past the session's unit of work, which costs several times as much a row."""

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


@cache
def _statement(table: type[SQLModel]) -> sa.Insert:
    return sa.insert(table)
