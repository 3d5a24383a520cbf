"""Conflicts: requests that cannot all be filled, as few as say it."""

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tools.cpsat.answer import Answer, Limits
from tools.cpsat.session import Session
from tools.staffing.formulation import Formulation
from tools.staffing.placements import Placements

STANDARD = Limits(seconds=10)


@dataclass(frozen=True)
class Conflict:
    """`requests` cannot all be filled; without any one of them the others can, if `minimal`. `people`: who could take
    one of them. `minimal` is false where the time did not suffice to try each."""

    requests: Sequence[str]
    people: Sequence[str]
    minimal: bool


def conflict(
    placements: Placements, required: Collection[str], limits: Limits = STANDARD, session: Session | None = None
) -> Conflict | None:
    """A smallest set of `required` requests that contradict each other; None where all of them can be filled, and where
    the limits did not suffice to know. `limits` are of each question to the solver.

    CP-SAT names a set of assumptions that cannot hold together; each of it is then left out once, and stays out where
    the rest still cannot (deletion: Chinneck and Dravnieks 1991).
    """
    places = [place for place, seat in enumerate(placements.problem.seats) if seat.id in required]
    formulation = Formulation(placements)
    with ExitStack() as stack:
        solver = session or stack.enter_context(Session())
        asked = _ask(formulation, places, solver, limits)
        if asked.status != "infeasible":
            return None
        kept, minimal = _core(formulation, places, asked), True
        for place in kept.copy():
            rest = [one for one in kept if one != place]
            if place in kept and rest:
                asked = _ask(formulation, rest, solver, limits)
                if asked.status == "infeasible":
                    kept = _core(formulation, rest, asked)
                elif not asked.found:
                    minimal = False
    problem = placements.problem
    able = {
        problem.workers[one.worker].id
        for place in kept
        for some in (placements.whole[place], *(half for pair in placements.parts[place].values() for half in pair))
        for one in some
    }
    return Conflict([problem.seats[place].id for place in kept], sorted(able), minimal)


def _ask(formulation: Formulation, places: Sequence[int], solver: Session, limits: Limits) -> Answer:
    """Whether these seats can all be filled, whatever it costs."""
    formulation.model.assume(~formulation.empty[place] for place in places)
    return solver.solve(formulation.model, limits)


def _core(formulation: Formulation, places: Sequence[int], answer: Answer) -> list[int]:
    named = [place for place in places if ~formulation.empty[place] in answer.core]
    return named or list(places)
