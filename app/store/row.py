"""Row: what the classes of all tables are."""

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic_core import PydanticUndefined
from sqlmodel import SQLModel


class Row(SQLModel):
    """A row of a table, made at once: SQLModel sets one value after the other as a change that SQLAlchemy and pydantic
    are told of, which takes many times as long and says nothing of a row that is not stored yet."""

    def __init__(self, **values: Any) -> None:
        """Values that are not given are the defaults. Raises TypeError for what is no column."""
        kind = type(self)
        if unknown := values.keys() - kind.model_fields:
            raise TypeError(f"{kind.__name__} has no {min(unknown)}")
        constants, factories = _defaults(kind)
        self.__dict__.update(constants)
        self.__dict__.update(values)
        for name, made in factories:
            if name not in values:
                self.__dict__[name] = made()


@cache
def _defaults(kind: type[Row]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    fields = kind.model_fields.items()
    constants = {name: field.default for name, field in fields if field.default is not PydanticUndefined}
    factories: list[Any] = [(name, field.default_factory) for name, field in fields if field.default_factory]
    return constants, factories
