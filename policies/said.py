"""Said: whether an outsider's texts state a value, in whatever form; what only they state is untrusted."""

import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from tools.facts import Scalar
from tools.folding import skeleton, squeezed, visible
from tools.written import Written, written

_NUMBER = re.compile(r"\d[\d.,' \u00a0]*\d|\d")
_IN_DAYS = re.compile(r"\d.*(?:day|tag)", re.IGNORECASE)
_SHORTEST = 4
_DAY_MINUTES = 480
_READ_AT_MOST = 20_000
"""Characters of one text of which the values are read; beyond them only figures as they stand count."""


class Said:
    """The single values that outsiders wrote, ready to be asked what they state."""

    def __init__(self, values: Sequence[Scalar]) -> None:
        self._values = values
        self._texts = [value for value in values if isinstance(value, str)]

    def states(self, argument: str, value: Scalar) -> bool:
        """Whether the value stands there: itself, its letters, its day, its amount in minor or major units, its number.

        Numbers that are no money are looked for with their own unit only (`minutes` as hours or days of work).
        """
        if any(type(one) is type(value) and one == value for one in self._values):
            return True
        if isinstance(value, str):
            return len(value) >= _SHORTEST and (self._letters(value) or self._day(value))
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        if argument.endswith("_minor"):
            return self._figures(value) or self._amount(value)
        return value in self._counts.get(argument.rpartition("_")[2], ())

    def _letters(self, value: str) -> bool:
        letters = squeezed(skeleton(value))
        return bool(letters) and any(letters in text for text in self._copied)

    def _day(self, value: str) -> bool:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return False
        return any(piece.kind == "date" and _whole(piece) and piece.is_day(day) for piece in self._pieces)

    def _figures(self, value: int) -> bool:
        whole = {str(value // 100)} if value % 100 == 0 else set()
        digits = {re.sub(r"\D", "", match) for text in self._texts for match in _NUMBER.findall(text)}
        return not digits.isdisjoint({str(value)} | whole)

    def _amount(self, value: int) -> bool:
        return any(
            value in piece.numbers or (piece.kind == "number" and value in {number * 100 for number in piece.numbers})
            for piece in self._pieces if piece.kind in ("money", "number")
        )  # fmt: skip

    @cached_property
    def _counts(self) -> dict[str, set[int]]:
        """By the last word of an argument's name, the numbers that the texts state in its unit."""
        found: dict[str, set[int]] = {"minutes": set(), "days": set(), "percent": set()}
        for piece in self._pieces:
            if piece.kind == "hours":
                found["minutes"] |= piece.numbers
            elif piece.kind == "days" or (piece.kind == "deadline" and _IN_DAYS.search(piece.read)):
                found["days"] |= piece.numbers
                found["minutes"] |= {number * _DAY_MINUTES for number in piece.numbers}
            elif piece.kind == "percent":
                found["percent"] |= {number // 100 for number in piece.numbers}
        return found

    @cached_property
    def _copied(self) -> list[str]:
        return [squeezed(skeleton(text)) for text in self._texts]

    @cached_property
    def _pieces(self) -> list[Written]:
        return [piece for text in self._texts for piece in written(visible(text[:_READ_AT_MOST]))]


def _whole(piece: Written) -> bool:
    """Whether day and month are said: a bare year or month names no day."""
    return any(None not in (month, day) for _, month, day in piece.days)
