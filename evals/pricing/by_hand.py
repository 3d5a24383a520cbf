"""By hand: days, cost and price of a change worked out day by day in fractions, without anything of tools.pricing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from tools.records import Assignment, Contract, ExchangeRate, Person
from tools.staffing.books import Books


@dataclass(frozen=True)
class Hand:
    """Of doing the change before the other work: its end, the project's with and without it, and its amounts."""

    done_on: date
    finish_on: date
    before_on: date
    cost_minor: int
    price_minor: int


def worked_out(staff: Books, contract: Contract, ends_on: date, left: int, effort: int, pace: int, time: int) -> Hand:
    """`left` and `effort` are minutes, `pace` percent, `time` minutes booked this month so far."""
    days = list(_days(staff, pace, lambda seat, day: _share(seat, day, ends_on)))
    done_on, _ = _until(days, Fraction(effort))
    before_on, before = _until(days, Fraction(left))
    finish_on, after = _until(days, Fraction(left + effort))
    rate = _ppm(staff.exchange_rates, contract.currency)
    costs = {one.id: Fraction(one.cost_rate_minor, 60) for one in staff.people}
    cost = sum((after.get(one, Fraction()) - before.get(one, Fraction())) * costs[one] for one in costs)
    idle = list(_days(staff, pace, lambda seat, day: 100 - _share(seat, day, ends_on)))
    charged = effort - (_room(days, idle, contract, staff.today, time, effort) if contract.type == "retainer" else 0)
    return Hand(
        done_on, finish_on, before_on, ceil(cost / rate), ceil(Fraction(charged * contract.hourly_rate_minor, 60))
    )  # fmt: skip


Day = tuple[date, list[tuple[str, Fraction]]]


def _share(seat: Assignment, day: date, ends_on: date) -> int:
    """Percent of the day that is booked: who is on the project to its end stays as long as it takes."""
    return seat.percent if day <= seat.end_on or seat.end_on >= ends_on else 0


def _days(staff: Books, pace: int, share: Callable[[Assignment, date], int]) -> Iterator[Day]:
    """Each day from today with who works how many minutes of it, by their `share` of it in percent."""
    calendar = staff.calendars[0]
    for number in range(790):
        day = staff.today + timedelta(days=number)
        if day.weekday() >= 5 or day in calendar.holidays:
            yield day, []
            continue
        yield (
            day,
            [
                (one.id, Fraction(one.weekly_minutes // 5 * share(seat, day) * pace, 10_000))
                for one, seat in _seats(staff)
                if not _away(staff, one, day)
            ],
        )


def _seats(staff: Books) -> Iterator[tuple[Person, Assignment]]:
    people = {one.id: one for one in staff.people}
    for seat in sorted(staff.assignments, key=lambda each: each.person_id):
        yield people[seat.person_id], seat


def _away(staff: Books, one: Person, day: date) -> bool:
    return any(leave.person_id == one.id and leave.start_on <= day <= leave.end_on for leave in staff.leaves)


def _until(days: list[Day], work: Fraction) -> tuple[date, dict[str, Fraction]]:
    """When the work is done, and by whom how much of it."""
    by: dict[str, Fraction] = {}
    for day, several in days:
        for one, minutes in several:
            piece = min(work, minutes)
            by[one] = by.get(one, Fraction()) + piece
            work -= piece
        if work == 0:
            return day, by
    raise AssertionError("the work is never done")


def _room(days: list[Day], idle: list[Day], contract: Contract, today: date, time: int, effort: int) -> int:
    months = (contract.end_on.year - contract.start_on.year) * 12 + contract.end_on.month - contract.start_on.month + 1
    included = contract.value_minor * 60 // (contract.hourly_rate_minor * months)
    ahead, spare = (
        sum(
            minutes
            for day, several in each
            if (day.year, day.month) == (today.year, today.month)
            for _, minutes in several
        )
        for each in (days, idle)
    )
    return min(effort, max(0, min(included - time - int(ahead), int(spare))))


def _ppm(rates: object, currency: str) -> Fraction:
    found = {one.id: one.rate_ppm for one in rates if isinstance(one, ExchangeRate)}  # type: ignore[attr-defined]
    return Fraction(found[currency], 1_000_000)
