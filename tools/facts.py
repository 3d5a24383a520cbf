"""Facts: values with their provenance. Trust is per field and author, and untrusted unless somebody said otherwise."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tools.values import Id, Moment, RecordKey, Value

Scalar = str | int | bool | None


class Trust(StrEnum):
    """Who stands behind a value. `SYSTEM` and `PERSON` are trusted; the other two support nothing by themselves."""

    SYSTEM = "system"
    PERSON = "person"
    CUSTOMER = "customer"
    MODEL = "model"

    @property
    def trusted(self) -> bool:
        return self in (Trust.SYSTEM, Trust.PERSON)


DEFAULT_TRUST: Mapping[str, Trust] = {"system": Trust.SYSTEM, "person": Trust.PERSON}
"""Author kind (the part before the slash in `person/per-7`) → trust. Every other author is a customer's."""


def trust_of_author(author: str | None, mapping: Mapping[str, Trust] = DEFAULT_TRUST) -> Trust:
    """Trust in what `author` wrote; an unknown, missing or malformed author is `CUSTOMER`."""
    kind, _, ident = (author or "").partition("/")
    return mapping.get(kind, Trust.CUSTOMER) if ident else Trust.CUSTOMER


class Fact(Value):
    """One value read from one field of one record (or from the event, then `record` is None)."""

    id: Annotated[str, Field(max_length=300)]
    record: RecordKey | None
    field: Annotated[str, Field(max_length=120)]
    value: Scalar
    author: Annotated[str, Field(max_length=200)]
    read_at: Moment
    trust: Trust
    customer: Id | None = None
