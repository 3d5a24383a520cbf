"""Greedy: a complete plan at once, and a bound below every plan, before any search."""

from collections.abc import Iterator
from itertools import islice

from tools.staffing.placements import Placement, Placements

_PAIRS = 40
"""Handovers of one seat that are tried: the cheapest ones."""


class Loads:
    """How much of everybody's days is taken, as placements are added."""

    def __init__(self, placements: Placements) -> None:
        self._placements = placements
        self._problem = placements.problem
        self._taken: dict[int, list[int]] = {}
        self.minutes: dict[int, int] = {}

    def fits(self, one: Placement) -> bool:
        taken = self._taken.get(one.worker)
        if taken is None:
            return True
        works, percent = self._problem.workers[one.worker].works, self._problem.seats[one.seat].percent
        return all(taken[day] + percent <= 100 for day in range(one.first, one.last + 1) if works[day])

    def add(self, one: Placement) -> None:
        taken = self._taken.setdefault(one.worker, list(self._problem.workers[one.worker].booked))
        for day in range(one.first, one.last + 1):
            taken[day] += self._problem.seats[one.seat].percent
        self.minutes[one.worker] = self.minutes.get(one.worker, 0) + one.minutes

    def cost(self, one: Placement) -> int:
        """The placement's own cost, and what it adds to the overload of the person."""
        before, allowed = self.minutes.get(one.worker, 0), self._placements.allowances[one.worker]
        above = max(0, before + one.minutes - allowed) - max(0, before - allowed)
        return one.cost + above * self._problem.rules.overload_minor_per_minute


def options(placements: Placements, place: int) -> Iterator[tuple[Placement, ...]]:
    """Ways to fill a seat: by one person, cheapest first, then by two."""
    yield from ((one,) for one in placements.whole[place])
    pairs = [
        (before.cost + after.cost, cut, before, after)
        for cut, (firsts, lasts) in placements.parts[place].items()
        for before in islice(firsts, 6)
        for after in islice(lasts, 6)
        if before.worker != after.worker
    ]
    for _, _, before, after in sorted(pairs, key=lambda pair: pair[:2])[:_PAIRS]:
        yield before, after


def greedy(placements: Placements) -> list[Placement]:
    """Seats with most to lose and fewest people first, each by who adds least to the cost at that moment."""
    problem = placements.problem
    loads = Loads(placements)
    chosen: list[Placement] = []

    def urgency(place: int) -> tuple[float, str]:
        ways = len(placements.whole[place]) + len(placements.parts[place])
        return (-placements.unfilled(place) / (1 + ways), problem.seats[place].id)

    for place in sorted(range(len(problem.seats)), key=urgency):
        best: tuple[Placement, ...] = ()
        least = placements.unfilled(place)
        for option in options(placements, place):
            if sum(one.cost for one in option) >= least and len(option) == 1:
                continue
            cost = sum(loads.cost(one) for one in option)
            if cost < least and all(loads.fits(one) for one in option):
                best, least = option, cost
        for one in best:
            loads.add(one)
            chosen.append(one)
    return chosen


def apart(placements: Placements) -> tuple[int, list[Placement]]:
    """A bound below every plan, and what it would choose: each seat by itself, as if no other were to be filled.

    What one seat adds to anybody's overload is least while that person has nothing else; so the sum is below the cost
    of every plan, and where the choice fits together at that cost, it is a best plan.
    """
    total = 0
    chosen: list[Placement] = []
    for place in range(len(placements.problem.seats)):
        best: tuple[Placement, ...] = ()
        least, alone = placements.unfilled(place), Loads(placements)
        for one in placements.whole[place]:
            if alone.cost(one) < least:
                best, least = (one,), alone.cost(one)
        for firsts, lasts in placements.parts[place].values():
            # Both by one person is never less than the whole, so the cheapest of each are two.
            if firsts[0].cost + lasts[0].cost < least:
                best, least = (firsts[0], lasts[0]), firsts[0].cost + lasts[0].cost
        total += least
        chosen += best
    return total, chosen
