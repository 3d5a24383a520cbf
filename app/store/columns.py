"""Column types that mean the same on SQLite and PostgreSQL."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, DateTime, Dialect, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes. SQLite keeps no offset, so one is refused on the way in unless aware, and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the store")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_JSON = JSON().with_variant(JSONB(), "postgresql")


def one_of(column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """`IN` for statements that are kept: what SQLAlchemy's own holds is spelt out anew each time it is executed."""
    return or_(*(column == value for value in values))


def json_field(default: Any = None) -> Any:
    """A column of JSON that no query looks into."""
    if callable(default):
        return Field(default_factory=default, sa_column=Column(_JSON, nullable=False))
    return Field(default=default, sa_column=Column(_JSON, nullable=True))


def time_field(*, index: bool = False) -> Any:
    return Field(sa_column=Column(UtcDateTime, nullable=False, index=index))


def optional_time_field(*, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=True, index=index))
