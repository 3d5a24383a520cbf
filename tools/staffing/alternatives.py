"""Alternatives: who else could take a seat and what that costs more; and why somebody in particular does not."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tools.cpsat.answer import Limits
from tools.cpsat.session import Session
from tools.staffing.formulation import Formulation
from tools.staffing.greedy import Loads
from tools.staffing.obstacles import Obstacle, hindrances, obstacles
from tools.staffing.placements import Costs, Placement, Placements
from tools.staffing.plan import Plan, cost_of


@dataclass(frozen=True)
class Alternative:
    """`more` is what the plan would cost above what it does, all other seats as they are; `costs` is what of it the
    person's own placement consists of."""

    person_id: str
    placement: Placement
    more: int
    costs: Costs


@dataclass(frozen=True)
class Answer:
    """Why a person does not have a seat.

    `obstacles`: what keeps them from it whatever else is planned. `taken`: the requests that the plan has them on
    instead, without which they could. `more`: what it costs to have them on it; None where it cannot be.
    """

    person_id: str
    obstacles: Sequence[Obstacle]
    taken: Sequence[str]
    more: int | None


def alternatives(placements: Placements, plan: Plan, seat_id: str) -> list[Alternative]:
    """Everybody who could fill the whole seat with all others staying where they are, least additional cost first."""
    place = _place(placements, seat_id)
    others = [one for one in plan.placements if one.seat != place]
    now = {one.worker for one in plan.placements if one.seat == place}
    loads = _loaded(placements, others)
    found = [
        Alternative(
            placements.problem.workers[one.worker].id, one,
            cost_of(placements, [*others, one]) - plan.cost, placements.costs(one),
        )
        for one in placements.whole[place]
        if now != {one.worker} and loads.fits(one)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.more)


def why_not(placements: Placements, plan: Plan, seat_id: str, person_id: str) -> Answer:
    """Why the plan does not have this person on the whole of this seat. Raises KeyError for an id of neither."""
    problem, place = placements.problem, _place(placements, seat_id)
    seat = problem.seats[place]
    worker = next((one for one in problem.workers if one.id == person_id), None)
    if worker is None:
        told = [one for one in problem.findings if one.record == f"person/{person_id}"]
        if not told:
            raise KeyError(f"there is no person {person_id}")
        return Answer(person_id, [Obstacle(one.record, one.field, one.problem) for one in told], (), None)
    kept = [*obstacles(problem, seat, worker), *hindrances(problem, seat, worker, seat.first, seat.last)]
    if kept:
        return Answer(person_id, kept, (), None)
    own = next(one for one in placements.whole[place] if problem.workers[one.worker] is worker)
    others = [one for one in plan.placements if one.seat != place]
    if _loaded(placements, others).fits(own):
        return Answer(person_id, (), (), cost_of(placements, [*others, own]) - plan.cost)
    mine = [one for one in others if one.worker == own.worker and _meet(one, own)]
    return Answer(person_id, (), [problem.seats[one.seat].id for one in mine], None)


def insist(placements: Placements, seat_id: str, person_id: str, limits: Limits, session: Session | None = None) -> int:
    """The least cost of a plan in which this person has all of this seat, everything else planned anew; a bound below
    it where the limits did not suffice. Raises KeyError where the person could not take the seat at all."""
    place = _place(placements, seat_id)
    formulation = Formulation(placements)
    name = next(
        (
            name for one, name in formulation.on(place)
            if placements.problem.workers[one.worker].id == person_id and one in placements.whole[place]
        ),
        None,
    )  # fmt: skip
    if name is None:
        raise KeyError(f"{person_id} cannot take {seat_id}")
    formulation.model.linear([(1, name)], 1, 1)
    formulation.model.minimize(formulation.cost)
    with ExitStack() as stack:
        answer = (session or stack.enter_context(Session())).solve(formulation.model, limits)
    return answer.bound or 0


def _place(placements: Placements, seat_id: str) -> int:
    for place, seat in enumerate(placements.problem.seats):
        if seat.id == seat_id:
            return place
    raise KeyError(f"there is no open request {seat_id}")


def _loaded(placements: Placements, chosen: Sequence[Placement]) -> Loads:
    loads = Loads(placements)
    for one in chosen:
        loads.add(one)
    return loads


def _meet(one: Placement, two: Placement) -> bool:
    return one.first <= two.last and two.first <= one.last
