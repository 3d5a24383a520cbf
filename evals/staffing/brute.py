"""Brute force: every plan of a small problem. What may stand is judged by the verifier, from the records alone."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product

from tools.staffing.books import Books
from tools.staffing.placements import Pair, Placement, Placements
from tools.staffing.plan import Booked, cost_of
from tools.staffing.problem import Problem
from tools.staffing.verify import violations


def least_cost(books: Books) -> int:
    """The cost of the best plan."""
    placements = Placements(Problem.of(books))
    return min(cost_of(placements, plan) for plan, _ in _plans(books, placements))


def least_change(books: Books, before: Sequence[Booked]) -> tuple[int, int]:
    """The least that can be left unfilled, by its cost, and the fewest requests that must change for it."""
    placements = Placements(Problem.of(books))
    return min((unfilled(placements, plan), changes(before, plan)) for _, plan in _plans(books, placements))


def fills(books: Books, requests: Iterable[str]) -> bool:
    """Whether all these can be filled."""
    wanted = set(requests)
    placements = Placements(Problem.of(books))
    return any(wanted <= {one.request_id for one in plan} for _, plan in _plans(books, placements))


def unfilled(placements: Placements, plan: Iterable[Booked]) -> int:
    filled = {one.request_id for one in plan}
    seats = placements.problem.seats
    return sum(placements.unfilled(place) for place, seat in enumerate(seats) if seat.id not in filled)


def changes(before: Sequence[Booked], plan: Sequence[Booked]) -> int:
    def of(some: Sequence[Booked], ident: str) -> set[tuple[object, ...]]:
        return {(one.person_id, one.start_on, one.end_on) for one in some if one.request_id == ident}

    return sum(of(before, ident) != of(plan, ident) for ident in {one.request_id for one in before})


def _plans(books: Books, placements: Placements) -> Iterator[tuple[list[Placement], list[Booked]]]:
    problem = placements.problem
    ways = [list(_ways(problem, place, books)) for place in range(len(problem.seats))]
    for chosen in product(*ways):
        plan = [one for way in chosen for one in way]
        booked = _booked(problem, plan)
        if not violations(books, problem.rules, booked):
            yield plan, booked


def _ways(problem: Problem, place: int, books: Books) -> Iterator[tuple[Placement, ...]]:
    seat = problem.seats[place]
    yield ()
    able = [
        Pair(problem, place, number) for number, worker in enumerate(problem.workers)
        if all(worker.features.skills.get(name, 0) >= level for name, level in seat.skills.items())
    ]  # fmt: skip
    cuts = [
        day for day in range(seat.first + 1, seat.last + 1) if seat.handovers and problem.day(day).weekday() == 0
    ]  # fmt: skip
    wholes = [(pair.placement(seat.first, seat.last),) for pair in able]
    halves = [
        (one.placement(seat.first, cut - 1), two.placement(cut, seat.last))
        for cut in cuts
        for one, two in permutations(able, 2)
    ]
    for way in (*wholes, *halves):
        if not violations(books, problem.rules, _booked(problem, way)):
            yield way


def _booked(problem: Problem, plan: Iterable[Placement]) -> list[Booked]:
    return [
        Booked(
            problem.seats[one.seat].id, problem.workers[one.worker].id, problem.day(one.first), problem.day(one.last),
            problem.seats[one.seat].percent, None,
        )
        for one in plan
    ]  # fmt: skip
