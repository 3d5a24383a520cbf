"""The small value types under every other word: record keys, money, identifiers, canonical digests."""

import hashlib
import json.encoder
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

MAX_MINOR = 10**13
"""Largest amount in minor units; keeps every sum of a tenant inside the integers that RFC 8785 can carry (2^53)."""


class Value(BaseModel):
    """A frozen, strict value: no coercion, no unknown field."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset, as in 2026-03-02T09:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time must lie between the years 1 and 9999 in UTC") from None


# JSON has neither times nor dates, so under strict validation both are read from their ISO 8601 strings here.
def _from_iso_time(raw: Any) -> Any:
    return datetime.fromisoformat(raw) if isinstance(raw, str) else raw


def _from_iso_day(raw: Any) -> Any:
    return date.fromisoformat(raw) if isinstance(raw, str) else raw


Moment = Annotated[datetime, BeforeValidator(_from_iso_time), AfterValidator(_aware)]
"""A point in time, aware, normalised to UTC."""

Day = Annotated[
    date,
    BeforeValidator(_from_iso_day),
    Field(ge=date(1990, 1, 1), le=date(2100, 12, 31)),
]
"""A calendar day without a time zone, ISO 8601; the bounds keep absurd dates out of every record and action."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]*$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\r\n\x00]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=r"^[^\x00]+$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Minor = Annotated[int, Field(ge=-MAX_MINOR, le=MAX_MINOR)]
PositiveMinor = Annotated[int, Field(gt=0, le=MAX_MINOR)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s<>\"]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$")]

RecordKind = Literal[
    "customer", "contact", "contract", "rate_card", "project", "milestone", "person", "assignment", "time_entry",
    "expense", "invoice", "opportunity", "change_request", "vendor", "ticket", "leave", "forecast", "change_order",
    "workspace", "task", "message", "notice", "renewal", "exchange_rate", "period", "calendar", "staffing_request",
    "lending_rule", "discount_rule", "purchase_order",
]  # fmt: skip


class RecordKey(Value):
    """Names one record of the firm: `project/prj-12`."""

    kind: RecordKind
    id: Id

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> "RecordKey":
        """Reads `kind/id`. Raises ValueError (pydantic.ValidationError) when either half is not of its form."""
        kind, _, ident = text.partition("/")
        return cls.model_validate({"kind": kind, "id": ident})


class Money(Value):
    """An amount in minor units (cents) with its ISO 4217 currency; never a float."""

    amount_minor: Minor
    currency: Currency


def kept_exactly(value: dict[str, Any]) -> dict[str, Any]:
    """The value itself. Raises ValueError where RFC 8785 could not carry all of it."""
    try:
        canonical(value)
    except rfc8785.CanonicalizationError:
        raise ValueError("holds a number beyond 2^53 or a text that is not well formed") from None
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(kept_exactly)]
"""Any JSON object whose digest can be taken: integers within 2^53, finite numbers, well-formed strings."""


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON of a JSON value. Raises rfc8785.CanonicalizationError on what JSON cannot say."""
    try:
        return _canonical(value).encode()
    except (_Unusual, UnicodeEncodeError):
        return rfc8785.dumps(value)


class _Unusual(Exception):
    """A value that the short way does not write."""


def _canonical(value: Any) -> str:
    """What is written most: texts, whole numbers, truth values, lists and objects of them, several times faster than
    the library. Everything else, and all that is an error, is left to it."""
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is dict:
        if not {*map(type, value)} <= _NAMES:
            raise _Unusual
        # Names are ordered by their UTF-16 code units; among ASCII names that is the order of texts.
        names = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_utf_16)
        return "{" + ",".join([f"{_quoted(name)}:{_canonical(value[name])}" for name in names]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([_canonical(item) for item in value]) + "]"
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if kind is int and -_LARGEST <= value <= _LARGEST:
        return str(value)
    raise _Unusual


def _utf_16(name: str) -> bytes:
    return name.encode("utf-16-be")


_quoted = json.encoder.encode_basestring
_NAMES = {str}
_LARGEST = 2**53 - 1


def digest(value: Any) -> str:
    """`sha256:` and the hex digest over the RFC 8785 form of a JSON value."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()
