"""Record: what every canonical record has: an id, a version, and the author of each field."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Annotated, ClassVar, get_origin

from pydantic import Field

from tools.facts import DEFAULT_TRUST, Scalar, Trust, trust_of_author
from tools.values import Id, Line, RecordKey, RecordKind, Value


class Record(Value):
    """What every record has. `version` rises with each change; `authors` says who wrote which field.

    `authors["*"]` is the author of every field without an entry of its own; a record without either is nobody's, and
    so is read as a customer's word. `links` of a kind name the fields that hold other records' ids.
    """

    kind: ClassVar[RecordKind]
    links: ClassVar[Mapping[str, RecordKind]] = {}

    id: Id
    version: Annotated[int, Field(ge=1)] = 1
    unit: Line | None = None
    authors: dict[str, str] = {}

    @property
    def key(self) -> RecordKey:
        return RecordKey(kind=self.kind, id=self.id)

    @classmethod
    @cache
    def single_valued(cls) -> frozenset[str]:
        """The fields that hold one value, and no list or mapping."""
        fields = cls.model_fields.items()
        return frozenset(name for name, one in fields if get_origin(one.annotation) not in (list, dict))

    def value(self, field: str) -> Scalar:
        """The field as a JSON scalar: dates as ISO 8601, enumerations as their text. Raises KeyError if unknown."""
        if field not in type(self).model_fields:
            raise KeyError(f"{self.kind} has no field {field}")
        raw = getattr(self, field)
        if raw is None or isinstance(raw, str | int | bool):
            return raw
        if isinstance(raw, date):
            return raw.isoformat()
        raise KeyError(f"{self.kind}.{field} is not a single value")

    def author(self, field: str) -> str:
        return self.authors.get(field) or self.authors.get("*") or ""

    def trust(self, field: str, mapping: Mapping[str, Trust] = DEFAULT_TRUST) -> Trust:
        return trust_of_author(self.author(field), mapping)

    def trusted_fields(self, fields: Iterable[str], mapping: Mapping[str, Trust] = DEFAULT_TRUST) -> list[str]:
        """Those of `fields` that a trusted author wrote."""
        others = self.trust("*", mapping).trusted
        return [
            field for field in fields
            if (self.trust(field, mapping).trusted if field in self.authors else others)
        ]  # fmt: skip


def fact_id(record: Record, field: str) -> str:
    """The id of the fact that is this field of this record: `invoice/inv-7#amount_minor`."""
    return f"{record.key}#{field}"
