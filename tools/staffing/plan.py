"""Plan: who takes which seat, what that costs, and how sure it is that nothing costs less."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tools.staffing.placements import Placement, Placements
from tools.staffing.problem import Problem

Method = Literal["bound", "cp-sat", "greedy"]


@dataclass(frozen=True)
class Start:
    """The first complete answer: its cost, and seconds after planning began."""

    cost: int
    seconds: float


@dataclass(frozen=True)
class Booked:
    """A placement in the words of the records. `consent`: the line manager who has to agree, None where nobody has."""

    request_id: str
    person_id: str
    start_on: date
    end_on: date
    percent: int
    consent: str | None


@dataclass(frozen=True)
class Plan:
    """`cost` and `bound` are minor units of the problem's currency; no plan costs less than `bound`.

    `method`: `bound`, where each seat's cheapest people are free at the same time, so that no search is needed;
    `cp-sat`; or `greedy`, where the search found nothing better in its time. `ended` says why the search stopped.
    """

    problem: Problem
    placements: Sequence[Placement]
    cost: int
    bound: int
    method: Method
    first: Start
    seconds: float
    ended: str

    @property
    def proven(self) -> bool:
        return self.bound >= self.cost

    @property
    def gap(self) -> float:
        """How much of the cost could be saved at most, 0 to 1; 0 of a proven optimum."""
        return 0.0 if self.proven else (self.cost - self.bound) / self.cost

    def of(self, seat_id: str) -> list[Placement]:
        """The placements on a seat in order of time: none, one, or two where somebody takes over."""
        return sorted(
            (one for one in self.placements if self.problem.seats[one.seat].id == seat_id), key=lambda one: one.first
        )  # fmt: skip

    def booked(self) -> list[Booked]:
        """All placements, by request and time."""
        problem = self.problem
        return [
            Booked(
                problem.seats[one.seat].id, problem.workers[one.worker].id, problem.day(one.first),
                problem.day(one.last), problem.seats[one.seat].percent,
                problem.workers[one.worker].features.manager_id,
            )
            for one in sorted(self.placements, key=lambda each: each.key)
        ]  # fmt: skip

    @property
    def unfilled(self) -> list[str]:
        """Ids of the requests that nobody was found for."""
        taken = {one.seat for one in self.placements}
        return [seat.id for place, seat in enumerate(self.problem.seats) if place not in taken]

    @property
    def margin(self) -> int:
        """What the customers pay for the minutes placed, less what they cost; minor units."""
        seats, workers = self.problem.seats, self.problem.workers
        return sum(one.minutes * (seats[one.seat].rate - workers[one.worker].rate) // 60 for one in self.placements)


def cost_of(placements: Placements, chosen: Iterable[Placement]) -> int:
    """The whole cost of a plan that consists of `chosen`."""
    taken = list(chosen)
    filled = {one.seat for one in taken}
    empty = sum(placements.unfilled(place) for place in range(len(placements.problem.seats)) if place not in filled)
    return empty + sum(one.cost for one in taken) + overload_cost(placements, taken)


def overload_cost(placements: Placements, chosen: Iterable[Placement]) -> int:
    minutes: dict[int, int] = {}
    for one in chosen:
        minutes[one.worker] = minutes.get(one.worker, 0) + one.minutes
    above = sum(max(0, taken - placements.allowances[number]) for number, taken in minutes.items())
    return above * placements.problem.rules.overload_minor_per_minute


def load(problem: Problem, number: int, chosen: Iterable[Placement] = ()) -> list[int]:
    """For each week of the problem the mean percent booked on the days that this worker works, rounded; 0 of a week
    off. `chosen`: placements, of this worker among others, on top of what is booked already."""
    worker = problem.workers[number]
    booked = list(worker.booked)
    for one in chosen:
        if one.worker == number:
            for day in range(one.first, one.last + 1):
                booked[day] += problem.seats[one.seat].percent
    monday = problem.first.weekday()
    weeks = (range(max(0, start), min(problem.days, start + 7)) for start in range(-monday, problem.days, 7))
    return [
        round(sum(booked[day] for day in worked) / len(worked)) if worked else 0
        for worked in ([day for day in week if worker.works[day]] for week in weeks)
    ]
