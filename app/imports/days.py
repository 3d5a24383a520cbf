"""Days as people write them. dd.mm.yyyy is day first everywhere; with slashes the column tells, or nobody does."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

Order = Literal["day first", "month first"]

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})", re.ASCII)
_NEWEST_OF_1900S = 70  # two digits from here on are of the last century, as POSIX reads them
# Day numbers of spreadsheets, 1990 to 2100; their day 60 never was, so day 1 is 1899-12-31 from March 1900 on.
_SERIALS = range(32_874, 73_416)
_DAY_ZERO = date(1899, 12, 30)


class NoDay(ValueError):
    """The text is no day; the message completes "this cell ..."."""


def order_of(texts: Iterable[str]) -> Order | None:
    """Which part comes first in a column's days with slashes, where one of them shows it and none shows otherwise."""
    shown: set[Order] = set()
    for text in texts:
        if found := _SLASHED.fullmatch(text.strip()):
            first, second = int(found[1]), int(found[2])
            if first > 12 >= second:
                shown.add("day first")
            elif second > 12 >= first:
                shown.add("month first")
    return shown.pop() if len(shown) == 1 else None


def day(text: str, order: Order | None) -> date:
    """Raises NoDay."""
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return _made(found[1], found[2], found[3])
    if found := _DOTTED.fullmatch(text):
        return _made(found[3], found[2], found[1])
    if found := _SLASHED.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        if order is None and first <= 12 and second <= 12 and first != second:
            raise NoDay("may be the day or the month first; write it as 2026-03-31")
        month_first = second > 12 or (order == "month first" and first <= 12)
        return _made(found[3], found[1 if month_first else 2], found[2 if month_first else 1])
    raise NoDay("is no day; write it as 2026-03-31 or 31.03.2026")


def day_of_serial(number: Decimal) -> date:
    """The day of a spreadsheet's day number (with 1900 as its first year). Raises NoDay."""
    if number != number.to_integral_value() or int(number) not in _SERIALS:
        raise NoDay("is a number and no day; write it as 2026-03-31")
    return _DAY_ZERO + timedelta(days=int(number))


def _made(year: str, month: str, of_month: str) -> date:
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _NEWEST_OF_1900S else 2000)
    try:
        made = date(full, int(month), int(of_month))
    except ValueError:
        raise NoDay("is no day of the calendar") from None
    if not 1990 <= made.year <= 2100:
        raise NoDay("lies outside the years 1990 to 2100")
    return made
