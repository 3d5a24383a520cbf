"""Deliveries: one HTTP request of a source, read as CloudEvents 1.0 (structured, batch or binary mode).

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import Code, FieldError, Problem, field_errors
from app.wire import parse_json
from tools.events import EVENT_TYPES, EventType, WorkflowEvent
from tools.values import Moment, RecordKey, kept_exactly

BATCH_LIMIT = 100
_LONGEST_PAST = timedelta(days=3660)
_LONGEST_FUTURE = timedelta(days=1)
_ATTRIBUTE = r"^[^\x00-\x1f\x7f-\x9f]+$"  # CloudEvents: a string holds no control characters


class Envelope(BaseModel):
    """The context attributes. Extension attributes may stand beside them and are left aside."""

    model_config = ConfigDict(strict=True, extra="ignore")

    specversion: str = Field(pattern=r"^1\.0$")
    id: str | None = Field(default=None, min_length=1, max_length=200, pattern=_ATTRIBUTE)
    source: str = Field(min_length=1, max_length=200, pattern=_ATTRIBUTE)
    type: EventType
    subject: str | None = Field(default=None, min_length=1, max_length=300)
    time: Moment | None = None
    datacontenttype: str | None = Field(default=None, pattern=r"^application/([a-z0-9.+-]+\+)?json\b")
    data: dict[str, Any] | None = None
    data_base64: str | None = None


@dataclass(frozen=True)
class Refused:
    """An event of a delivery that was not taken, by its place in the batch."""

    index: int
    code: Code
    errors: list[FieldError]


@dataclass(frozen=True)
class Read:
    """One event that is valid. `recognised` is False for a type that has no model: it is kept and nothing is done."""

    index: int
    event: WorkflowEvent
    recognised: bool


def split(headers: Mapping[str, str], body: bytes) -> list[Any]:
    """The events of a delivery, unvalidated. Raises Problem (`invalid_body`, `too_deep`) if it holds none."""
    media = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media == "application/cloudevents-batch+json":
        batch = parse_json(body)
        if not isinstance(batch, list) or not batch:
            raise _invalid("", "a batch is a list of at least one event")
        if len(batch) > BATCH_LIMIT:
            raise _invalid("", f"a batch holds at most {BATCH_LIMIT} events, not {len(batch)}")
        return batch
    if "ce-id" in headers or "ce-type" in headers:
        # Only the body is signed, so that the data comes from nowhere else.
        attributes: dict[str, Any] = {
            name: unquote(value)
            for header, value in headers.items()
            if header.startswith("ce-") and (name := header.removeprefix("ce-")) not in ("data", "data_base64")
        }
        return [attributes | {"data": parse_json(body)}]
    return [parse_json(body)]


def read(index: int, raw: Any, now: datetime, fallback_id: str) -> Read | Refused:
    """One event, validated: the envelope, then the data of its type. `fallback_id` serves an event without an id."""
    try:
        envelope = Envelope.model_validate(raw)
    except ValidationError as invalid:
        return Refused(index, "invalid_body", field_errors(invalid))
    try:
        data = _data(envelope)
    except ValueError as bad:
        return Refused(index, "invalid_body", [FieldError(pointer="/data_base64", detail=str(bad))])
    time = envelope.time or now
    if not now - _LONGEST_PAST <= time <= now + _LONGEST_FUTURE:
        return Refused(
            index, "invalid_body", [FieldError(pointer="/time", detail="ten years back or over a day ahead")]
        )
    subject = _subject(envelope.subject)
    if (model := EVENT_TYPES.get(envelope.type)) is not None:
        try:
            typed = model.model_validate(data)
            data = typed.model_dump(mode="json", exclude_unset=True)
            subject = typed.subject_key()
        except ValidationError as invalid:
            return Refused(index, "invalid_body", field_errors(invalid, "/data"))
    else:
        try:
            kept_exactly(data)
        except ValueError as bad:
            return Refused(index, "invalid_body", [FieldError(pointer="/data", detail=str(bad))])
    event = WorkflowEvent(
        id=envelope.id or fallback_id, source=envelope.source, type=envelope.type, subject=subject, time=time, data=data
    )
    return Read(index, event, recognised=model is not None)


def _data(envelope: Envelope) -> dict[str, Any]:
    if envelope.data_base64 is None:
        return envelope.data or {}
    try:
        data = parse_json(base64.b64decode(envelope.data_base64, validate=True))
    except binascii.Error:
        raise ValueError("not base64") from None
    except Problem as unreadable:
        raise ValueError(unreadable.detail) from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def _subject(text: str | None) -> RecordKey | None:
    """The envelope's own subject counts only for types without a model; one that is no record key names nothing."""
    try:
        return RecordKey.parse(text or "")
    except ValidationError:
        return None


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem(
        "invalid_body", f"The delivery is not valid: {detail}.", errors=[FieldError(pointer=pointer, detail=detail)]
    )
