"""Known: what prose may say, sorted by what it is, so that an amount does not pass for a number of users."""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from tools.folding import visible
from tools.written import Written, written

_CURRENCY = re.compile(r"[A-Z]{3}")
_UNITS = {
    "minor": ("minor", 1), "minutes": ("minutes", 1), "days": ("days", 1), "percent": ("hundredths", 100),
    "bp": ("hundredths", 1), "ppm": ("minor", 1),
}  # fmt: skip
"""Last word of a field's name (of an event's, of its last part) → what its numbers are, and how many of that one is."""


Span = tuple[int, int]
"""From and up to which character of a text."""


class Named(NamedTuple):
    """A value with the name of its field, and the currency in which an amount of its record is."""

    field: str
    value: object
    currency: str | None = None


@dataclass(frozen=True)
class Known:
    """What may be said: texts as they stand, days, and numbers by what they count.

    `amounts` are minor units with their currency; `minutes`, `days_long` and `hundredths` (of a percent) are what
    durations and shares are. `numbers` count anything else, and `any_numbers`, which were computed or proposed, count
    whatever it is, money in any of `currencies`.
    """

    texts: Set[str] = frozenset()
    days: Set[date] = frozenset()
    numbers: Set[int] = frozenset()
    amounts: Set[tuple[int, str]] = frozenset()
    minutes: Set[int] = frozenset()
    days_long: Set[int] = frozenset()
    hundredths: Set[int] = frozenset()
    any_numbers: Set[int] = frozenset()
    currencies: Set[str] = frozenset()

    @classmethod
    def of(cls, named: Iterable[Named], currencies: Set[str]) -> "Known":
        """What these values account for, by the units that their fields' names end in."""
        values = [one for one in named if one.value is not None]
        counts: dict[str, set[int]] = {"minutes": set(), "days": set(), "hundredths": set(), "minor": set(), "": set()}
        amounts: set[tuple[int, str]] = set()
        for field, value, currency in values:
            if not isinstance(value, int) or isinstance(value, bool):
                continue
            unit, scale = _UNITS.get(field.rpartition("/")[2].rpartition("_")[2], ("", 1))
            counts[unit].add(value * scale)
            if unit == "minor" and currency is not None:
                amounts.add((value, currency))
        texts, days, _ = sorted_out(one.value for one in values)
        return cls(
            texts, days, counts[""], amounts, counts["minutes"], counts["days"], counts["hundredths"],
            currencies=currencies,
        )  # fmt: skip

    def accounts_for(self, piece: Written) -> bool:
        """Whether what the piece says is known, in one of the ways in which it can be read."""
        if piece.kind == "date":
            return any(piece.is_day(day) for day in self.days)
        if piece.kind == "money":
            computed = not self.any_numbers.isdisjoint(piece.numbers) and piece.currency in self.currencies
            return computed or any((number, piece.currency) in self.amounts for number in piece.numbers)
        counts: Mapping[str, Set[int]] = {
            "hours": self.minutes, "days": self.days_long, "percent": self.hundredths, "number": self.numbers,
        }  # fmt: skip
        return piece.kind in counts and not (counts[piece.kind] | self.any_numbers).isdisjoint(piece.numbers)


def unknown(text: str, known: Known) -> Iterator[Span]:
    """Where values stand that nothing known accounts for. All words are the firm's own, `two` among them."""
    for piece in written(masked(text, known.texts)):
        own = piece.kind in ("promise", "deadline") or (piece.kind == "number" and piece.in_words)
        if not own and not known.accounts_for(piece):
            yield piece.at


def sorted_out(values: Iterable[object]) -> tuple[set[str], set[date], set[int]]:
    """Texts of three characters or more, days, and whole numbers, out of values of any kind."""
    texts: set[str] = set()
    dates: set[date] = set()
    numbers: set[int] = set()
    said: set[str] = set()
    for value in values:
        if isinstance(value, str):
            said.add(value)
        elif isinstance(value, datetime):
            dates.add(value.date())
        elif isinstance(value, date):
            dates.add(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            numbers.add(value)
    # Records that belong together hold the same ids and states many times.
    for text in said:
        if (day := _day(text)) is not None:
            dates.add(day)
        # A bare currency code is no name: masked, it would take the currency off an amount.
        elif len(text) > 2 and not _CURRENCY.fullmatch(text):
            texts.add(visible(text))
    return texts, dates, numbers


def masked(text: str, known: Set[str]) -> str:
    """`text` with known strings blotted out where they stand as whole words; all others keep their place."""
    # The longest first: "Acme" must not eat the beginning of "Acme Ltd 2".
    for one in sorted((one for one in known if one and one in text), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", "\x00" * len(one), text)
    return text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
