"""Pace: how much of the booked time was really worked, and how far months forecast by it were off.

Two ways are tried on the past months on record, each seeing only what lay before the month: bookings as they stand, and
bookings times the share of them that was worked in the four weeks before. The one that missed by less is used.
"""

from collections.abc import Sequence

from tools.pricing.books import PAST_WEEKS, ChangeBooks
from tools.pricing.capacity import UNITS, shares, worked
from tools.pricing.priced import Pace

WEEKS, LEAST = 4, 2
"""A month's weeks, of the forecast and of what it is made from; of the latter at least so many."""

PLAIN = "booked shares as they stand"
RECENT = "booked shares times the share of them worked in the last four weeks"

_BOUNDS = (10, 200)


def pace(books: ChangeBooks) -> Pace:
    booked, logged = weeks(books)
    tests = range(LEAST, len(logged) - WEEKS + 1)
    plain = [_missed(booked, logged, at, 100) for at in tests]
    recent = [_missed(booked, logged, at, _share(booked[:at], logged[:at])) for at in tests]
    errors = [_mean([one for one in each if one is not None]) for each in (plain, recent)]
    count = sum(one is not None for one in plain)
    if errors[0] is None or errors[1] is None or errors[0] <= errors[1]:
        return Pace(method=PLAIN, percent=100, error_bp=errors[0], plain_error_bp=errors[0], tests=count)
    percent = _share(booked, logged)
    return Pace(method=RECENT, percent=percent, error_bp=errors[1], plain_error_bp=errors[0], tests=count)


def weeks(books: ChangeBooks) -> tuple[list[int], list[int]]:
    """Minutes booked ahead and minutes worked of each past week from the first one that is on record as a whole."""
    logged = [0] * PAST_WEEKS
    days = [(one.day - books.first).days for one in books.time if one.status != "written_off"]
    for entry, day in zip([one for one in books.time if one.status != "written_off"], days, strict=True):
        if 0 <= day < 7 * PAST_WEEKS:
            logged[day // 7] += entry.minutes
    past = [day for day in days if 0 <= day < 7 * PAST_WEEKS]
    if not past:
        return [], []
    begun = max(0, (books.project.start_on - books.first).days)
    first = -(-max(min(past), begun) // 7)
    return _booked(books)[first:], logged[first:]


def _booked(books: ChangeBooks) -> list[int]:
    project, origin, span = books.project, books.first.toordinal(), books.now
    found = [0] * PAST_WEEKS
    for one in books.workers:
        percents = shares(one, project, origin, len(one.works))
        for day, units in enumerate(worked(one, percents, 100)[: span - books.today.weekday()]):
            found[day // 7] += units
    return [units // UNITS for units in found]


def _share(booked: Sequence[int], logged: Sequence[int]) -> int:
    """Percent of the last weeks' booked time that was worked, to the nearest whole one."""
    ahead, done = sum(booked[-WEEKS:]), sum(logged[-WEEKS:])
    if ahead <= 0:
        return 100
    return min(max((200 * done + ahead) // (2 * ahead), _BOUNDS[0]), _BOUNDS[1])


def _missed(booked: Sequence[int], logged: Sequence[int], at: int, percent: int) -> int | None:
    """Basis points by which the month from week `at` on was missed; None of a month in which nothing was worked."""
    said, true = sum(booked[at : at + WEEKS]) * percent // 100, sum(logged[at : at + WEEKS])
    return abs(said - true) * 10_000 // true if true else None


def _mean(errors: Sequence[int]) -> int | None:
    return sum(errors) // len(errors) if errors else None
