"""How stored records are found: parsed from their JSON text, and looked up by the fields that connectors index."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

from tools.record import Record

R = TypeVar("R", bound=Record)

# Fields that are looked up besides links; any other field is compared row by row.
_ALSO_INDEXED: Mapping[str, tuple[str, ...]] = {"person": ("unit", "email"), "contact": ("email",)}


@lru_cache(maxsize=16_384)
def parse(model: type[R], body: str) -> R:
    """The record of one stored text. Records are frozen, so equal texts may share one."""
    return model.model_validate_json(body)


def indexed(model: type[Record]) -> set[str]:
    return ({*model.links} | {*_ALSO_INDEXED.get(model.kind, ())}) - {"id"}


def index_rows(record: Record) -> set[tuple[str, str, str, str]]:
    """`(kind, field, value, id)` of each indexed field that has a value."""
    return {
        (record.kind, field, str(value), record.id)
        for field in indexed(type(record))
        if (value := record.value(field)) is not None
    }


def require_single_valued(model: type[Record], where: Mapping[str, str]) -> None:
    """Raises KeyError for a field that is unknown or no single value."""
    for field in where:
        if field not in model.single_valued():
            raise KeyError(f"{model.kind} has no single-valued field {field}")
