"""A mention: one piece of a text and what it means."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["amount", "date", "effort", "person", "record"]


@dataclass(frozen=True)
class Mention:
    """`start` and `end` are the piece's place in the text.

    Of an amount `minor` units and `currency` (ISO 4217, None where none is said), of a date `day`, of effort `minutes`,
    of a person or a record `name`.
    """

    kind: Kind
    start: int
    end: int
    minor: int | None = None
    currency: str | None = None
    day: date | None = None
    minutes: int | None = None
    name: str | None = None

    @property
    def value(self) -> str | int:
        """The meaning as one value: `EUR 450000`, `2026-03-14`, minutes, or the name."""
        if self.kind == "amount":
            return f"{self.currency or 'XXX'} {self.minor}"
        if self.kind == "effort":
            return self.minutes or 0
        return self.day.isoformat() if self.day else self.name or ""
