"""Mapping: a source's own JSON read as a CloudEvent, by pointers that the source's row holds, without code."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.errors import FieldError, Problem
from tools.events import EventType
from tools.values import Line, Value

Pointer = Annotated[str, StringConstraints(max_length=300, pattern=r"^(/([^~/]|~0|~1)*)*$")]
"""RFC 6901, from the root of the delivery's body."""


class TypeAt(Value):
    """The event's type: the value at `pointer`, looked up in `values` where it stands there, else taken as it is."""

    pointer: Pointer
    values: dict[Line, EventType] = {}


class Mapping(Value):
    """Where each part of an event lies. Without `id` the delivery's own id serves, without `time` its arrival."""

    type: EventType | TypeAt
    id: Pointer | None = None
    time: Pointer | None = None
    data: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")], Pointer] = Field(min_length=1)

    def envelope(self, body: Any, source: str) -> dict[str, Any]:
        """The structured CloudEvent of one body; parts that are not there are left out, for validation to name.

        Times may also be whole seconds since 1970. Raises Problem `invalid_body` where the type cannot be told.
        """
        event: dict[str, Any] = {
            "specversion": "1.0",
            "source": source,
            "type": self._type(body),
            "data": {name: found for name, at in self.data.items() if (found := look_up(body, at)) is not None},
        }
        ident, time = (look_up(body, at) if at is not None else None for at in (self.id, self.time))
        if isinstance(ident, str | int) and not isinstance(ident, bool):
            event["id"] = str(ident)
        if isinstance(time, int) and not isinstance(time, bool) and 0 <= time < 2**36:
            event["time"] = datetime.fromtimestamp(time, UTC).isoformat()
        elif time is not None:
            event["time"] = time
        return event

    def _type(self, body: Any) -> str:
        if isinstance(self.type, str):
            return self.type
        found = look_up(body, self.type.pointer)
        if not isinstance(found, str):
            error = FieldError(pointer=self.type.pointer, detail="no text that tells the event's type")
            raise Problem("invalid_body", "The delivery's type cannot be told.", errors=[error])
        return self.type.values.get(found, found)


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
