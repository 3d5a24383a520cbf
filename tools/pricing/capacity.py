"""Capacity: how much a project's people get done on each day, and the day on which work is done by it.

Amounts are ten-thousandths of a minute, so that a share of a day at a pace, both in percent, is a whole number.
Work may be put down and taken up again; then no order of doing it ends before the day on which all that can be done
until then comes to it, so the day found is the earliest there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tools.records import Project
from tools.staffing.people import Worker

UNITS = 10_000

Days = Sequence[int]


@dataclass(frozen=True)
class Done:
    """`day` is the number of the last day worked; `by` each one's units, in the order of the team."""

    day: int
    by: tuple[int, ...]


def shares(worker: Worker, project: Project, first_day: int, days: int) -> list[int]:
    """Percent of each day booked on the project; `first_day` is the ordinal of day 0.

    Who is booked to the project's end stays as long as it takes; who rolls off before does not.
    """
    taken = [0] * days
    for one in worker.bookings:
        if one.project_id != project.id:
            continue
        stays = one.end_on >= project.end_on
        last = days - 1 if stays else min(days - 1, one.end_on.toordinal() - first_day)
        for day in range(max(0, one.start_on.toordinal() - first_day), last + 1):
            taken[day] += one.percent
    return taken


def worked(worker: Worker, percents: Days, pace: int) -> list[int]:
    """Units of each day at these percents of it."""
    return [
        worker.daily * percent * pace if works else 0 for works, percent in zip(worker.works, percents, strict=True)
    ]


def done(work: int, team: Sequence[Days], start: int) -> Done | None:
    """When `work` units are done by the team from day `start` on; None where it is not in the days given.

    On the last day those who come first in the team do what is left.
    """
    by = [0] * len(team)
    if work <= 0:
        return Done(start, tuple(by))
    left, days = work, len(team[0]) if team else 0
    for day in range(start, days):
        for place, one in enumerate(team):
            piece = min(left, one[day])
            by[place] += piece
            left -= piece
        if left == 0:
            return Done(day, tuple(by))
    return None


def until(team: Sequence[Days], start: int, day: int) -> int:
    """Units done from `start` to `day`, both included."""
    return sum(sum(one[start : day + 1]) for one in team)


def totals(team: Sequence[Days], start: int) -> list[int]:
    """Units done from `start` on up to and with each day after it."""
    return list(accumulate(sum(one[day] for one in team) for day in range(start, len(team[0]) if team else 0)))
