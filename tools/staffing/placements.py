"""Placements: one person on one seat for all or a part of its time, and what that costs.

The cost of a plan, which planning minimises, is in minor units of the plan's currency, whole numbers throughout:

- work: the minutes worked at the person's cost rate;
- missing: asked minutes that leave, holidays or a shorter week leave undone, at the seat's rate times the share of its
  priority;
- level: minutes of people above the level asked, so that the best stay free for what only they can do;
- lending: the surcharge of another unit's people; - wishes: days on what somebody did not wish for;
- newcomer: somebody new to the project, half of it who knows the customer (continuity); - handover: a second person;
- for each seat left unfilled, its asked minutes as missing ones;
- for each person, minutes above the share of their time that is full (fairness).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from tools.staffing.features import draw
from tools.staffing.obstacles import hindrances, obstacles
from tools.staffing.people import Worker
from tools.staffing.problem import Problem, Seat, daily


class Costs(NamedTuple):
    work: int = 0
    missing: int = 0
    level: int = 0
    lending: int = 0
    wishes: int = 0
    newcomer: int = 0
    handover: int = 0


@dataclass(frozen=True, slots=True)
class Placement:
    """`seat` and `worker` are places in the problem's lists; days count from its first. `minutes` are worked ones."""

    seat: int
    worker: int
    first: int
    last: int
    minutes: int
    cost: int

    @property
    def key(self) -> tuple[int, int, int, int]:
        return self.seat, self.worker, self.first, self.last


class Pair:
    """A seat and somebody able to take it, with what a day of theirs costs.

    By the day and rounded there, so that two halves never cost less than the whole.
    """

    def __init__(self, problem: Problem, place: int, number: int) -> None:
        self._problem, self._place, self._number = problem, place, number
        self.seat = seat = problem.seats[place]
        self.worker = worker = problem.workers[number]
        rules = problem.rules
        self._asked = daily(seat.percent)
        self._minutes = worker.daily * seat.percent // 100
        above = sum(worker.features.skills[name] - level for name, level in seat.skills.items())
        rule = problem.lends(worker, seat) if seat.unit is not None and worker.features.unit != seat.unit else None
        self._daily = Costs(
            work=self._minutes * worker.rate // 60,
            level=self._minutes * above * rules.level_minor_per_hour // 60,
            lending=rule.surcharge_minor if rule else 0,
            wishes=_unwished(problem, seat, worker),
        )
        self._sum, self._newcomer = sum(self._daily), _newcomer(problem, seat, worker)

    def placement(self, first: int, last: int) -> Placement:
        days = self.worker.worked(first, last)
        missing, minutes = self._missing(first, last), days * self._minutes
        cost = days * self._sum + missing + self._newcomer + self._handover(first)
        return Placement(self._place, self._number, first, last, minutes, cost)

    def costs(self, first: int, last: int) -> Costs:
        """What the cost of that placement consists of."""
        days = self.worker.worked(first, last)
        return Costs(*(days * each for each in self._daily))._replace(
            missing=self._missing(first, last), newcomer=self._newcomer, handover=self._handover(first)
        )

    def _missing(self, first: int, last: int) -> int:
        asked = self._problem.weekdays(first, last) * self._asked
        lost = asked - self.worker.worked(first, last) * self._minutes
        return missing_cost(self._problem, self.seat, lost) if lost > 0 else 0

    def _handover(self, first: int) -> int:
        """Whoever starts later than the seat takes over from somebody."""
        return self._problem.rules.handover_minor if first > self.seat.first else 0


class Placements:
    """Every placement that no obstacle forbids. `whole[s]`: those that fill seat s alone, cheapest first.

    `parts[s]`: by the day on which somebody takes over, those before it and those from it on.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.whole: list[list[Placement]] = []
        self.parts: list[dict[int, tuple[list[Placement], list[Placement]]]] = []
        for place, seat in enumerate(problem.seats):
            able = [
                Pair(problem, place, number) for number, worker in enumerate(problem.workers)
                if next(obstacles(problem, seat, worker), None) is None
            ]  # fmt: skip
            self.whole.append(self._sorted(place, able, seat.first, seat.last))
            self.parts.append(dict(self._parts(place, able)) if seat.handovers else {})

    def unfilled(self, place: int) -> int:
        """What it costs to leave the seat empty."""
        return missing_cost(self.problem, self.problem.seats[place], self.problem.seats[place].asked)

    def allowance(self, number: int) -> int:
        """Minutes that the worker can take on before the fairness of the plan suffers."""
        worker, rules = self.problem.workers[number], self.problem.rules
        days = sum(worker.works)
        booked = sum(percent for percent, works in zip(worker.booked, worker.works, strict=True) if works)
        return max(0, (days * rules.full_percent - booked) * worker.daily // 100)

    def costs(self, one: Placement) -> Costs:
        """What a placement's cost consists of."""
        return Pair(self.problem, one.seat, one.worker).costs(one.first, one.last)

    @cached_property
    def allowances(self) -> list[int]:
        return [self.allowance(number) for number in range(len(self.problem.workers))]

    def _parts(self, place: int, able: list[Pair]) -> Iterator[tuple[int, tuple[list[Placement], list[Placement]]]]:
        seat = self.problem.seats[place]
        for cut in range(seat.first + 1, seat.last + 1):
            if (seat.start_on + timedelta(days=cut - seat.first)).weekday() == 0:
                before = self._sorted(place, able, seat.first, cut - 1)
                after = self._sorted(place, able, cut, seat.last)
                if before and after:
                    yield cut, (before, after)

    def _sorted(self, place: int, able: list[Pair], first: int, last: int) -> list[Placement]:
        found = [
            pair.placement(first, last) for pair in able
            if next(hindrances(self.problem, pair.seat, pair.worker, first, last), None) is None
        ]  # fmt: skip
        seat, workers = self.problem.seats[place], self.problem.workers
        return sorted(found, key=lambda one: (one.cost, draw(seat.id, workers[one.worker].id)))


def missing_cost(problem: Problem, seat: Seat, minutes: int) -> int:
    return minutes * (seat.rate * problem.rules.unfilled_percent[seat.priority - 1] // 6_000)


def _unwished(problem: Problem, seat: Seat, worker: Worker) -> int:
    """A day's cost: none where something about the seat is liked, all of it where something is not."""
    about = {("project", seat.project), ("customer", seat.customer), *(("skill", name) for name in seat.skills)}
    said = [one.likes for one in worker.features.wishes if (one.about, _said(one.about, one.of)) in about]
    if False in said:
        return problem.rules.unliked_minor_per_day
    return 0 if True in said else problem.rules.neutral_minor_per_day


def _said(about: str, of: str) -> str:
    return of.casefold() if about == "skill" else of


def _newcomer(problem: Problem, seat: Seat, worker: Worker) -> int:
    if seat.project is not None and seat.project in worker.projects:
        return 0
    known = seat.customer is not None and seat.customer in worker.customers
    return problem.rules.newcomer_minor // 2 if known else problem.rules.newcomer_minor
