"""People as planning sees them: features, working days, and how much of each day is taken."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate

from tools.people_records import Assignment, Calendar, Leave, Person
from tools.staffing.bookings import holding
from tools.staffing.books import Books, Converter
from tools.staffing.features import Features, features
from tools.staffing.findings import Finding, once, unbackwards
from tools.staffing.hours import working, zone
from tools.wording import money


@dataclass(frozen=True)
class Worker:
    """Lists have an entry a day of the problem. `works`: a working day without leave; `own`: a working day, leave or
    not; `booked`: percent taken. `rate` is minor units an hour, `daily` minutes of a working day."""

    features: Features
    rate: int
    daily: int
    hours: tuple[int, int]
    own: Sequence[bool]
    works: Sequence[bool]
    booked: Sequence[int]
    bookings: Sequence[Assignment]
    leaves: Sequence[Leave]
    projects: frozenset[str]
    customers: frozenset[str]
    _full: dict[int, list[int]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.features.id

    @cached_property
    def _worked(self) -> list[int]:
        return list(accumulate(self.works, initial=0))

    @cached_property
    def _owned(self) -> list[int]:
        return list(accumulate(self.own, initial=0))

    def worked(self, first: int, last: int) -> int:
        """Days from `first` to `last` that are worked."""
        return self._worked[last + 1] - self._worked[first]

    def away(self, first: int, last: int) -> int:
        """Working days from `first` to `last` that fall on leave."""
        return self._owned[last + 1] - self._owned[first] - self.worked(first, last)

    def full(self, percent: int, first: int, last: int) -> int:
        """Worked days on which `percent` more does not fit."""
        known = self._full.get(percent)
        if known is None:
            days = zip(self.works, self.booked, strict=True)
            known = list(accumulate((works and booked + percent > 100 for works, booked in days), initial=0))
            self._full[percent] = known
        return known[last + 1] - known[first]


@dataclass
class _Rows:
    """What points at one person."""

    bookings: list[Assignment] = field(default_factory=list)
    held: list[Assignment] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)


def workers(books: Books, convert: Converter, first: date, days: int, found: list[Finding]) -> list[Worker]:
    """Everybody who can be planned with, in the order of their ids; of the others a finding says why not."""
    calendars = {one.id: one for one in once(books.calendars, found) if _usable(one, found)}
    rows = _rows(books, found)
    customers = {one.id: one.customer_id for one in books.projects}
    open_days = {ident: working(one, first, days) for ident, one in calendars.items()}
    made = []
    for person in sorted(once(books.people, found), key=lambda one: one.id):
        problem = _unusable(person, calendars, convert)
        if problem is not None:
            found.append(Finding(str(person.key), problem[0], problem[1], "the person is not planned with"))
            continue
        calendar = calendars[str(person.calendar_id)]
        own = open_days[calendar.id]
        made.append(_worker(person, calendar, own, convert, rows[person.id], customers, first, found))
    return made


def _usable(calendar: Calendar, found: list[Finding]) -> bool:
    told = None
    if not calendar.weekdays:
        told = ("weekdays", "it has no working day")
    elif calendar.day_to <= calendar.day_from:
        told = ("day_to", f"{calendar.day_to} is not after day_from, {calendar.day_from}")
    if told:
        found.append(Finding(str(calendar.key), *told, "it is no calendar to plan by"))
    return told is None


def _unusable(person: Person, calendars: Mapping[str, Calendar], convert: Converter) -> tuple[str, str] | None:
    if person.calendar_id is None:
        return "calendar_id", "there is no calendar"
    if person.calendar_id not in calendars:
        return "calendar_id", f"there is no usable calendar {person.calendar_id}"
    if person.cost_rate_minor <= 0:
        return "cost_rate_minor", f"{money(person.cost_rate_minor, person.currency)} is no rate"
    if convert(person.cost_rate_minor, person.currency) is None:
        return "currency", f"there is no exchange rate of {person.currency} to {convert.currency}"
    if person.weekly_minutes <= 0:
        return "weekly_minutes", "no working time"
    if zone(person.time_zone) is None:
        return "time_zone", f"{person.time_zone} is no time zone"
    if person.ends_on is not None and person.ends_on < person.starts_on:
        return "ends_on", f"{person.ends_on} lies before the start {person.starts_on}"
    return None


def _rows(books: Books, found: list[Finding]) -> dict[str, _Rows]:
    rows: dict[str, _Rows] = defaultdict(_Rows)
    known = {one.id for one in books.people}
    opportunities = {one.id: one for one in books.opportunities}
    bookings = [one for one in once(books.assignments, found) if one.status != "released"]
    bookings = unbackwards(bookings, found)
    for booking in bookings:
        rows[booking.person_id].bookings.append(booking)
    for booking in holding(bookings, opportunities, books.today):
        rows[booking.person_id].held.append(booking)
    leaves = [one for one in once(books.leaves, found) if one.status == "approved"]
    for leave in unbackwards(leaves, found):
        rows[leave.person_id].leaves.append(leave)
    for ident in sorted(rows.keys() - known):
        found += [
            Finding(str(one.key), "person_id", f"there is no person {ident}", "it is left out")
            for one in (*rows[ident].bookings, *rows[ident].leaves)
        ]
    return rows


def _worker(
    person: Person, calendar: Calendar, own: Sequence[bool], convert: Converter, rows: _Rows,
    customers: Mapping[str, str], first: date, found: list[Finding],
) -> Worker:  # fmt: skip
    days = len(own)
    works, booked = list(own), [0] * days
    for leave in rows.leaves:
        for day in _within(leave.start_on, leave.end_on, first, days):
            works[day] = False
    for one in rows.held:
        for day in _within(one.start_on, one.end_on, first, days):
            booked[day] += one.percent
    _overbooked(person, works, booked, rows.held, first, found)
    projects = frozenset(one.project_id for one in rows.bookings)
    rate = convert(person.cost_rate_minor, person.currency)
    assert rate is not None
    return Worker(
        features(person), rate, person.weekly_minutes // len(set(calendar.weekdays)),
        (calendar.day_from, calendar.day_to), own, works, booked, rows.held, rows.leaves, projects,
        frozenset(customers[one] for one in projects if one in customers),
    )  # fmt: skip


def _overbooked(
    person: Person, works: list[bool], booked: list[int], held: list[Assignment], first: date, found: list[Finding]
) -> None:
    """Bookings that already take more than all of a day: nothing more fits there, and people should know."""
    over = next((day for day, percent in enumerate(booked) if percent > 100 and works[day]), None)
    if over is None:
        return
    day = first + timedelta(days=over)
    those = sorted(one.id for one in held if one.start_on <= day <= one.end_on)
    told = f"{booked[over]} % of {day} are booked, by {', '.join(those)}"
    found.append(Finding(f"assignment/{those[-1]}", "percent", told, f"{person.key} gets nothing more on such days"))


def _within(start_on: date, end_on: date, first: date, days: int) -> range:
    return range(max(0, (start_on - first).days), min(days, (end_on - first).days + 1))
