"""Verify: whether bookings may stand, day by day and from the records alone. It shares nothing with the planning."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tools.people_records import Assignment, Calendar, Leave, Person, StaffingRequest
from tools.staffing.books import Books
from tools.staffing.plan import Booked
from tools.staffing.rules import Rules


def violations(books: Books, rules: Rules, booked: Sequence[Booked]) -> list[str]:
    """What must not be: somebody above 100 % of a day, without a skill, not there, not lent, not working when the
    customer does; a request filled twice, by halves, or by whom it excludes. Nothing of bookings that may stand."""
    judge = _Judge(books, rules)
    wrong = [problem for one in booked for problem in judge.one(one)]
    for request in books.requests:
        wrong += judge.request(request, [one for one in booked if one.request_id == request.id])
    for person in books.people:
        wrong += judge.days(person, [one for one in booked if one.person_id == person.id])
    return wrong


class _Judge:
    def __init__(self, books: Books, rules: Rules) -> None:
        self._books, self._rules = books, rules
        self._people = {one.id: one for one in books.people}
        self._requests = {one.id: one for one in books.requests}
        self._calendars = {one.id: one for one in books.calendars}

    def one(self, booked: Booked) -> Iterable[str]:
        request, person = self._requests[booked.request_id], self._people[booked.person_id]
        what = f"{person.id} on {request.id}"
        for asked in request.skills:
            has = [one.level for one in person.skills if one.name.casefold() == asked.name.casefold()]
            if max(has, default=0) < asked.level:
                yield f"{what}: {asked.name} at {max(has, default=0)}, asked {asked.level}"
        if person.id in request.excluded_ids:
            yield f"{what}: is excluded"
        if request.person_id not in (None, person.id):
            yield f"{what}: the request is fixed on {request.person_id}"
        if booked.start_on < person.starts_on or (person.ends_on and booked.end_on > person.ends_on):
            yield f"{what}: does not work here all that time"
        if request.unit is not None and person.unit != request.unit:
            yield from self._lent(what, request, person)
        yield from self._away(what, booked, person)
        if request.overlap_minutes:
            yield from self._apart(what, booked, request, person)

    def request(self, request: StaffingRequest, booked: list[Booked]) -> Iterable[str]:
        if not booked:
            return
        parts = sorted(booked, key=lambda one: one.start_on)
        if len(parts) > 1 + request.handovers:
            yield f"{request.id}: {len(parts)} people"
        if len({one.person_id for one in parts}) < len(parts):
            yield f"{request.id}: the same person twice"
        if parts[0].start_on != request.start_on or parts[-1].end_on != request.end_on:
            yield f"{request.id}: not all of its time is filled"
        for one, two in pairwise(parts):
            if two.start_on != one.end_on + timedelta(days=1):
                yield f"{request.id}: {one.end_on} and {two.start_on} do not meet"

    def days(self, person: Person, booked: list[Booked]) -> Iterable[str]:
        if not booked:
            return
        day, last = min(one.start_on for one in booked), max(one.end_on for one in booked)
        held = [one for one in self._books.assignments if one.person_id == person.id and self._holds(one)]
        while day <= last:
            new = sum(one.percent for one in booked if one.start_on <= day <= one.end_on)
            old = sum(one.percent for one in held if one.start_on <= day <= one.end_on)
            if new and new + old > 100 and self._works(person, day):
                yield f"{person.id}: {new + old} % on {day}"
            day += timedelta(days=1)

    def _holds(self, booking: Assignment) -> bool:
        if booking.status == "confirmed":
            return True
        lost = {one.id for one in self._books.opportunities if one.stage == "lost"}
        expired = booking.expires_on is not None and booking.expires_on < self._books.today
        return booking.status != "released" and not expired and booking.opportunity_id not in lost

    def _works(self, person: Person, day: date) -> bool:
        return self._own(person, day) and not any(one.start_on <= day <= one.end_on for one in self._leaves(person))

    def _own(self, person: Person, day: date) -> bool:
        calendar: Calendar = self._calendars[str(person.calendar_id)]
        return day.weekday() in calendar.weekdays and day not in calendar.holidays

    def _leaves(self, person: Person) -> list[Leave]:
        return [one for one in self._books.leaves if one.person_id == person.id and one.status == "approved"]

    def _lent(self, what: str, request: StaffingRequest, person: Person) -> Iterable[str]:
        rules = [
            rule for rule in self._books.lending
            if rule.from_unit in (person.unit, "*") and rule.to_unit in (request.unit, "*")
        ]  # fmt: skip
        if not any(request.percent <= rule.max_percent for rule in rules):
            yield f"{what}: {person.unit} does not lend {request.percent} % to {request.unit}"
        if person.manager_id is None:
            yield f"{what}: nobody can consent"

    def _away(self, what: str, booked: Booked, person: Person) -> Iterable[str]:
        span = [booked.start_on + timedelta(days=n) for n in range((booked.end_on - booked.start_on).days + 1)]
        own = [day for day in span if self._own(person, day)]
        gone = sum(not self._works(person, day) for day in own)
        if not own or gone * 100 > len(own) * self._rules.max_away_percent:
            yield f"{what}: away for {gone} of {len(own)} days"

    def _apart(self, what: str, booked: Booked, request: StaffingRequest, person: Person) -> Iterable[str]:
        projects = {one.id: one.customer_id for one in self._books.projects}
        zones = {one.id: one.time_zone for one in self._books.customers}
        calendar = self._calendars[str(person.calendar_id)]
        here, there = ZoneInfo(person.time_zone), ZoneInfo(zones[projects[str(request.project_id)]])
        day = booked.start_on
        while day <= booked.end_on:
            if self._own(person, day):
                begin = max(_at(day, calendar.day_from, here), _at(day, self._rules.customer_from, there))
                end = min(_at(day, calendar.day_to, here), _at(day, self._rules.customer_to, there))
                if (end - begin) < timedelta(minutes=request.overlap_minutes):
                    yield f"{what}: too little time in common on {day}"
                    return
            day += timedelta(days=1)


def _at(day: date, minute: int, place: ZoneInfo) -> datetime:
    hour, rest = divmod(minute, 60)
    carried = timedelta(days=hour // 24)
    return (datetime(day.year, day.month, day.day, hour % 24, rest, tzinfo=place) + carried).astimezone(UTC)
