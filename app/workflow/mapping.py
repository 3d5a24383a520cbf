"""Mapping: a source's own JSON read as a CloudEvent, by pointers that the source's row holds, without code.

A part of the event is found in one of these ways:

| written | is |
| --- | --- |
| `"/a/b"` | the value at that pointer (RFC 6901) |
| `{"value": 5}` | that value, whatever was sent |
| `{"text": "INC{/number}-{/state}"}` | a text with the values at those pointers in it; nothing where none is there |
| `{"pointer": "/at", "format": "%d/%m/%Y %H:%M", "zone": "Europe/Lisbon"}` | a time; without `%H` a day |

What a source writes for "nothing" (`absent`: `["?", ""]`) counts as not there.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from app.errors import FieldError, Problem
from tools.events import EventType
from tools.values import Line, Value

Pointer = Annotated[str, StringConstraints(max_length=300, pattern=r"^(/([^~/]|~0|~1)*)*$")]
"""RFC 6901, from the root of the delivery's body."""

_PLACE = re.compile(r"\{(/[^{}]*)\}")
_DIRECTIVE = re.compile(r"%(.)")
_KNOWN_DIRECTIVES = frozenset("dmyYHMSzbBIpjf%")


def _placed(text: str) -> str:
    if not (places := _PLACE.findall(text)):
        raise ValueError("holds no {/pointer}; a text that is always the same is a `value`")
    if wrong := [each for each in places if re.search(r"~(?![01])", each)]:
        raise ValueError(f"{wrong[0]} is no JSON pointer")
    if "{" in (rest := _PLACE.sub("", text)) or "}" in rest:
        raise ValueError("braces hold a JSON pointer, as {/number}")
    return text


def _dated(text: str) -> str:
    used = _DIRECTIVE.findall(text)
    if unknown := [each for each in used if each not in _KNOWN_DIRECTIVES]:
        raise ValueError(f"%{unknown[0]} is not a part of a time")
    if not (set("yY") & set(used) and (set("d") <= set(used) or "j" in used)):
        raise ValueError("must hold a year (%Y) and a day (%d or %j)")
    return text


class TypeAt(Value):
    """The event's type: the value at `pointer`, looked up in `values`; where it does not stand there, `otherwise`, and
    without that the value as it is."""

    pointer: Pointer
    values: dict[Line, EventType] = {}
    otherwise: EventType | None = None


class Constant(Value):
    """The same in every event."""

    value: str | int | bool


class Template(Value):
    """Text around the values at pointers, as `{/number}`. A value that is not there leaves nothing in its place."""

    text: Annotated[str, StringConstraints(min_length=3, max_length=1000), AfterValidator(_placed)]


class TimeAt(Value):
    """A local time, written as `format` (as strptime reads it), in the IANA zone `zone`; a day without `%H` and `%I`.

    Of an hour that occurs twice in autumn the first is meant; one that spring leaves out is as long after midnight.
    """

    pointer: Pointer
    format: Annotated[str, StringConstraints(max_length=60), AfterValidator(_dated)]
    zone: Annotated[str, StringConstraints(max_length=64)] | None = None

    @model_validator(mode="after")
    def _placed_somewhere(self) -> Self:
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError):
                raise ValueError("zone is not an IANA time zone") from None
        if self.of_day is False and self.zone is None and "%z" not in self.format:
            raise ValueError("a time needs a zone, or %z in its format")
        return self

    @property
    def of_day(self) -> bool:
        return "%H" not in self.format and "%I" not in self.format

    def read(self, raw: Any) -> str:
        """ISO 8601. Raises Problem `invalid_body` naming the pointer where `raw` is not so written."""
        try:
            moment = datetime.strptime(raw, self.format)  # noqa: DTZ007 - the zone follows
            if self.of_day:
                return moment.date().isoformat()
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=ZoneInfo(self.zone or "UTC"))
            return moment.astimezone(UTC).isoformat()
        except (TypeError, ValueError, OverflowError):
            detail = f"is not a time as {self.format} writes it"
            errors = [FieldError(pointer=self.pointer, detail=detail)]
            raise Problem("invalid_body", f"The delivery's {self.pointer} {detail}.", errors=errors) from None


def _form(raw: Any) -> str:
    """Which of the forms is meant, so that an error is told of that one alone."""
    if isinstance(raw, Constant | Template | TimeAt):
        return {Constant: "value", Template: "text", TimeAt: "time"}[type(raw)]
    if isinstance(raw, dict):
        return "value" if "value" in raw else "text" if "text" in raw else "time"
    return "pointer"


Part = Annotated[
    Annotated[Pointer, Tag("pointer")]
    | Annotated[Constant, Tag("value")]
    | Annotated[Template, Tag("text")]
    | Annotated[TimeAt, Tag("time")],
    Discriminator(_form),
]


class Mapping(Value):
    """Where each part of an event lies. Without `id` the delivery's own id serves, without `time` its arrival.

    `subject` is `kind/id` of a record, for types that have no model of their own.
    """

    type: EventType | TypeAt
    id: Pointer | Template | None = None
    time: Pointer | TimeAt | None = None
    subject: Pointer | Template | None = None
    absent: Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=20)] = []
    data: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")], Part] = Field(min_length=1)

    def envelope(self, body: Any, source: str) -> dict[str, Any]:
        """The structured CloudEvent of one body; parts that are not there are left out, for validation to name.

        Times may also be whole seconds since 1970. Raises Problem `invalid_body` where the type cannot be told or a
        time is not written as it should be.
        """
        event: dict[str, Any] = {
            "specversion": "1.0",
            "source": source,
            "type": self._type(body),
            "data": {name: found for name, part in self.data.items() if (found := self._part(body, part)) is not None},
        }
        ident, time, subject = (
            self._part(body, part) if part is not None else None for part in (self.id, self.time, self.subject)
        )
        if isinstance(ident, str | int) and not isinstance(ident, bool):
            event["id"] = str(ident)
        if isinstance(time, int) and not isinstance(time, bool) and 0 <= time < 2**36:
            event["time"] = datetime.fromtimestamp(time, UTC).isoformat()
        elif time is not None:
            event["time"] = time
        if isinstance(subject, str):
            event["subject"] = subject
        return event

    def _part(self, body: Any, part: Part) -> Any:
        if isinstance(part, Constant):
            return part.value
        if isinstance(part, Template):
            found = {at: self._at(body, at) for at in _PLACE.findall(part.text)}
            if all(value is None for value in found.values()):
                return None
            return _PLACE.sub(lambda place: _written(found[place[1]]), part.text)
        if isinstance(part, TimeAt):
            value = self._at(body, part.pointer)
            return None if value is None else part.read(value)
        return self._at(body, part)

    def _at(self, body: Any, pointer: str) -> Any:
        found = look_up(body, pointer)
        return None if isinstance(found, str) and found in self.absent else found

    def _type(self, body: Any) -> str:
        if isinstance(self.type, str):
            return self.type
        found = self._at(body, self.type.pointer)
        if isinstance(found, str):
            return self.type.values.get(found, self.type.otherwise or found)
        if self.type.otherwise is not None:
            return self.type.otherwise
        error = FieldError(pointer=self.type.pointer, detail="no text that tells the event's type")
        raise Problem("invalid_body", "The delivery's type cannot be told.", errors=[error])


def look_up(document: Any, pointer: str) -> Any:
    """The value at an RFC 6901 pointer, None where there is none."""
    found = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _written(value: Any) -> str:
    """Texts and whole numbers as they are; what else could be there has no one way to be written."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
