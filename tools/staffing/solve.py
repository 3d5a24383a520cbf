"""Solve: the plan of least cost, proven or with a stated gap."""

import time
from contextlib import ExitStack

from tools.cpsat.answer import Answer, Limits
from tools.cpsat.session import Session
from tools.staffing.formulation import Formulation
from tools.staffing.greedy import Loads, apart, greedy
from tools.staffing.placements import Placement, Placements
from tools.staffing.plan import Plan, Start, cost_of
from tools.staffing.problem import Problem

STANDARD = Limits(seconds=30)


def solve(problem: Problem, limits: Limits = STANDARD, session: Session | None = None) -> Plan:
    """A plan whose cost (see `placements`) is least, or the best found within the limits with a bound below all plans.

    Every seat gets one person, two where the request allows a handover, or nobody; nobody is ever booked above 100 % of
    a day. Where the cheapest people of each seat are free at the same time, that is the answer and no solver runs.
    Raises nothing for what the solver's process does.
    """
    return solve_placements(Placements(problem), limits, session)


def solve_placements(placements: Placements, limits: Limits = STANDARD, session: Session | None = None) -> Plan:
    """As `solve`, of placements that are known already."""
    begun = time.monotonic()
    bound, cheapest = apart(placements)
    if _together(placements, cheapest) and cost_of(placements, cheapest) == bound:
        seconds = time.monotonic() - begun
        start = Start(bound, seconds)
        return Plan(placements.problem, cheapest, bound, bound, "bound", start, seconds, "done")
    chosen = greedy(placements)
    cost = cost_of(placements, chosen)
    start = Start(cost, time.monotonic() - begun)
    formulation = Formulation(placements)
    formulation.model.minimize(formulation.cost)
    formulation.hint(chosen)
    with ExitStack() as stack:
        answer = (session or stack.enter_context(Session())).solve(formulation.model, limits)
    return _better(placements, formulation, answer, chosen, cost, bound, start, begun)


def _better(
    placements: Placements, formulation: Formulation, answer: Answer, chosen: list[Placement], cost: int, bound: int,
    start: Start, begun: float,
) -> Plan:  # fmt: skip
    bound = max(bound, answer.bound or 0)
    seconds = time.monotonic() - begun
    if answer.found:
        found = formulation.read(answer)
        less = cost_of(placements, found)
        if less <= cost:
            return Plan(placements.problem, found, less, min(bound, less), "cp-sat", start, seconds, answer.ended)
    return Plan(placements.problem, chosen, cost, min(bound, cost), "greedy", start, seconds, answer.ended)


def _together(placements: Placements, chosen: list[Placement]) -> bool:
    loads = Loads(placements)
    for one in chosen:
        if not loads.fits(one):
            return False
        loads.add(one)
    return True
