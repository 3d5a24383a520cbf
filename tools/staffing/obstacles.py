"""Obstacles: why somebody cannot take a seat, each with the record and field that says so.

The same rules decide who is a candidate and answer "why not this person?"; nothing else keeps anybody out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tools import wording
from tools.staffing.hours import least_overlap, probes
from tools.staffing.people import Worker
from tools.staffing.problem import Problem, Seat


@dataclass(frozen=True)
class Obstacle:
    record: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.record}#{self.field})"


def obstacles(problem: Problem, seat: Seat, worker: Worker) -> Iterator[Obstacle]:
    """Those that hold for every part of the seat's time: skills, unit, exclusion, a fixed person."""
    me, request = f"person/{worker.id}", f"staffing_request/{seat.id}"
    for name, level in seat.skills.items():
        known = worker.features.skills.get(name, 0)
        if known < level:
            yield Obstacle(me, "skills", f"{name} at level {known or 'none'}, asked is {level}")
    if seat.person is not None and seat.person != worker.id:
        yield Obstacle(request, "person_id", f"the seat is fixed on {seat.person}")
    if worker.id in seat.excluded:
        yield Obstacle(request, "excluded_ids", "the request excludes this person")
    if seat.unit is not None and worker.features.unit != seat.unit:
        yield from _lent(problem, seat, worker)


def _lent(problem: Problem, seat: Seat, worker: Worker) -> Iterator[Obstacle]:
    rule, me = problem.lends(worker, seat), f"person/{worker.id}"
    if rule is None:
        yield Obstacle(me, "unit", f"no rule lends people of {worker.features.unit} to {seat.unit}")
    elif seat.percent > rule.max_percent:
        told = f"{worker.features.unit} lends at most {rule.max_percent} % of a week"
        yield Obstacle(f"lending_rule/{rule.id}", "max_percent", told)
    if worker.features.manager_id is None:
        yield Obstacle(me, "manager_id", "there is no line manager who could consent")


def hindrances(problem: Problem, seat: Seat, worker: Worker, first: int, last: int) -> Iterator[Obstacle]:
    """Those of the days from `first` to `last`: employment, other bookings, leave, working hours.

    Hours are asked of the very days: where clocks change apart, one part of a seat may suit whom another does not.
    """
    me, person = f"person/{worker.id}", worker.features
    if person.starts_on > problem.day(first):
        yield Obstacle(me, "starts_on", f"works here from {wording.day(person.starts_on)} only")
    if person.ends_on is not None and person.ends_on < problem.day(last):
        yield Obstacle(me, "ends_on", f"works here until {wording.day(person.ends_on)}")
    if worker.full(seat.percent, first, last):
        yield _full(problem, seat, worker, first, last)
    gone = worker.away(first, last)
    own = gone + worker.worked(first, last)
    if own == 0:
        yield Obstacle(f"calendar/{person.calendar_id}", "weekdays", "has no working day in that time")
    elif gone * 100 > own * problem.rules.max_away_percent:
        begin, end = problem.day(first), problem.day(last)
        leave = next(one for one in worker.leaves if one.start_on <= end and one.end_on >= begin)
        yield Obstacle(f"leave/{leave.id}", "start_on", f"is away for {gone} of {own} working days")
    if seat.zone is not None and own:
        days = map(problem.day, probes(worker.own, problem.first, first, last))
        hours = (problem.rules.customer_from, problem.rules.customer_to)
        least = least_overlap(days, person.time_zone, worker.hours, seat.zone, hours)
        if least < seat.overlap:
            told = f"works {least} minutes a day at the same time as the customer, asked are {seat.overlap}"
            yield Obstacle(me, "time_zone", told)


def _full(problem: Problem, seat: Seat, worker: Worker, first: int, last: int) -> Obstacle:
    number = next(day for day in range(first, last + 1) if worker.full(seat.percent, day, day))
    day = problem.day(number)
    those = sorted(one.id for one in worker.bookings if one.start_on <= day <= one.end_on)
    told = (
        f"{worker.booked[number]} % of {wording.day(day)} are booked ({', '.join(those)}), asked are {seat.percent} %"
    )
    return Obstacle(f"assignment/{those[0]}", "percent", told)
