"""Hours: the days somebody works, and how long they work at the same time as somebody elsewhere."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tools.people_records import Calendar


def working(calendar: Calendar, first: date, days: int) -> list[bool]:
    """Of each day from `first`, whether it is a working day."""
    holidays = set(calendar.holidays)
    weekdays = set(calendar.weekdays)
    every = (first + timedelta(days=n) for n in range(days))
    return [day.weekday() in weekdays and day not in holidays for day in every]


def weekdays_between(first: date, last: date) -> int:
    """Days from Monday to Friday, both ends included."""
    days = (last - first).days + 1
    whole, rest = divmod(days, 7)
    return whole * 5 + sum((first.weekday() + n) % 7 < 5 for n in range(rest))


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The time zone of an IANA name, None where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # no such zone, a folder of zones, a path out of them
        return None


@lru_cache(maxsize=65_536)
def overlap(day: date, zone_a: str, hours_a: tuple[int, int], zone_b: str, hours_b: tuple[int, int]) -> int:
    """Minutes that both work at the same time on `day`, each by their own clock and the hours given in minutes.

    Raises ValueError for a name that is no time zone.
    """
    (from_a, to_a), (from_b, to_b) = (_span(day, zone_a, hours_a), _span(day, zone_b, hours_b))
    return max(0, int((min(to_a, to_b) - max(from_a, from_b)).total_seconds()) // 60)


def least_overlap(
    days: Iterable[date], zone_a: str, hours_a: tuple[int, int], zone_b: str, hours_b: tuple[int, int]
) -> int:
    """The least over `days`: clocks change at different times in different places. 0 of no day."""
    return min((overlap(day, zone_a, hours_a, zone_b, hours_b) for day in days), default=0)


def probes(own: Sequence[bool], day_0: date, first: int, last: int) -> list[int]:
    """Of the working days from `first` to `last`, counted from `day_0`, those that between them see every change of
    clocks: the first of each week, and the last of all. `own` says of each day whether it is a working day."""
    found = [day for day in range(first, last + 1) if own[day]]
    weeks = {(day + day_0.weekday()) // 7: day for day in reversed(found)}
    return sorted({*weeks.values(), *found[-1:]})


def _span(day: date, name: str, hours: tuple[int, int]) -> tuple[datetime, datetime]:
    place = zone(name)
    if place is None:
        raise ValueError(f"{name} is no time zone")
    midnight = datetime.combine(day, time(), tzinfo=place)
    # Wall-clock arithmetic: nine o'clock is nine o'clock on the days when clocks change, too.
    begin, end = ((midnight + timedelta(minutes=at)).astimezone(UTC) for at in hours)
    return begin, end
