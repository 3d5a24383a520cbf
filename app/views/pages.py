"""Pages: keyset pagination with opaque cursors, so that a page costs the same however far down it lies."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.errors import FieldError, Problem

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_LONGEST_CURSOR = 400

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page:
    """What was asked for: how many rows, and after which key."""

    limit: int = DEFAULT_LIMIT
    after: tuple[Any, ...] | None = None

    def cut(self, rows: Sequence[Row], key: Callable[[Row], tuple[Any, ...]]) -> tuple[Sequence[Row], str | None]:
        """The page's rows of `limit + 1` that were read, and the cursor of the next page, None on the last."""
        if len(rows) <= self.limit:
            return rows, None
        kept = rows[: self.limit]
        return kept, encode(key(kept[-1]))


def page(limit: int, cursor: str | None, types: tuple[type, ...]) -> Page:
    """Reads `?limit=&cursor=`; `types` are those of the key's parts. Raises Problem `invalid_query`."""
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid_query("/limit", f"must be a number from 1 to {MAX_LIMIT}")
    if not cursor:
        return Page(limit)
    try:
        if len(cursor) > _LONGEST_CURSOR or not cursor.isascii():
            raise ValueError(cursor)
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(key, list) or len(key) != len(types):
            raise ValueError(cursor)
        return Page(limit, tuple(_part(each, kind) for each, kind in zip(key, types, strict=True)))
    except (binascii.Error, ValueError, OverflowError, RecursionError) as bad:
        raise invalid_query("/cursor", "is not a cursor of this list") from bad


def encode(key: tuple[Any, ...]) -> str:
    plain = [each.isoformat() if isinstance(each, datetime) else each for each in key]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def invalid_query(pointer: str, detail: str) -> Problem:
    return Problem(
        "invalid_query", f"The query is not valid: {pointer[1:]} {detail}.",
        errors=[FieldError(pointer=pointer, detail=detail)],
    )  # fmt: skip


def _part(raw: Any, kind: type) -> Any:
    if kind is datetime and isinstance(raw, str):
        moment = datetime.fromisoformat(raw)
        if moment.tzinfo is None:
            raise ValueError(raw)
        return moment.astimezone(UTC)
    if type(raw) is not kind or (isinstance(raw, int) and abs(raw) > 2**62):
        raise ValueError(raw)
    return raw
