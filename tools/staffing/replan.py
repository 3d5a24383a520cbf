"""Replan: a plan for what has changed, with as few changes to the old one as can be."""

import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tools.cpsat.answer import Limits
from tools.cpsat.session import Session
from tools.staffing.formulation import Formulation
from tools.staffing.greedy import apart
from tools.staffing.placements import Placement, Placements
from tools.staffing.plan import Booked, Plan, Start, cost_of
from tools.staffing.solve import STANDARD


@dataclass(frozen=True)
class Replan:
    """`changed`: requests that were planned before and have other people or times now, or nobody. `fewest`: whether it
    is proven that no plan that leaves as little unfilled changes fewer."""

    plan: Plan
    changed: Sequence[str]
    fewest: bool


def replan(
    placements: Placements, before: Sequence[Booked], limits: Limits = STANDARD, session: Session | None = None
) -> Replan:
    """First as little left unfilled as can be (by its cost), then as few changes, then the least cost of all.

    `limits` are of each of the two questions that this takes.
    """
    begun = time.monotonic()
    formulation = Formulation(placements)
    kept = _kept(placements, formulation, before)
    # One seat's change never outweighs a unit of unfilled cost.
    weight = len(kept) + 1
    order = [(weight * placements.unfilled(place), name) for place, name in enumerate(formulation.empty)]
    changes = [(-1, name) for names in kept.values() for name in names]
    formulation.model.minimize([*order, *changes])
    with ExitStack() as stack:
        solver = session or stack.enter_context(Session())
        first = solver.solve(formulation.model, limits)
        chosen: list[Placement] = formulation.read(first) if first.found else []
        if first.found and first.objective is not None:
            formulation.model.linear([*order, *changes], high=first.objective)
            formulation.hint(chosen)
            formulation.model.minimize(formulation.cost)
            second = solver.solve(formulation.model, limits)
            chosen = formulation.read(second) if second.found else chosen
            ended, bound = second.ended, second.bound or 0
        else:
            ended, bound = first.ended, 0
    cost = cost_of(placements, chosen)
    seconds = time.monotonic() - begun
    bound = min(cost, max(bound, apart(placements)[0]))
    plan = Plan(placements.problem, chosen, cost, bound, "cp-sat", Start(cost, seconds), seconds, ended)
    return Replan(plan, _changed(before, plan), first.status == "optimal")


def _kept(placements: Placements, formulation: Formulation, before: Sequence[Booked]) -> dict[str, list[int]]:
    """Of each request that was planned, the variables that stand for its being as it was: one, where that still can be.

    Of a handover it counts as one change whether one half changes or both.
    """
    problem = placements.problem
    as_it_was = {(one.request_id, one.person_id, one.start_on, one.end_on) for one in before}
    planned: dict[str, int] = {}
    for booked in before:
        planned[booked.request_id] = planned.get(booked.request_id, 0) + 1
    found: dict[str, list[int]] = {}
    for one, name in formulation.variables:
        seat = problem.seats[one.seat].id
        key = (seat, problem.workers[one.worker].id, problem.day(one.first), problem.day(one.last))
        if key in as_it_was:
            found.setdefault(seat, []).append(name)
    return {seat: _both(formulation, names) for seat, names in found.items() if len(names) == planned[seat]}


def _both(formulation: Formulation, names: list[int]) -> list[int]:
    """One variable that holds only if all of `names` do."""
    if len(names) == 1:
        return names
    whole = formulation.model.boolean()
    for name in names:
        formulation.model.linear([(1, whole), (-1, name)], high=0)
    return [whole]


def _changed(before: Collection[Booked], plan: Plan) -> list[str]:
    was: dict[str, set[tuple[object, ...]]] = {}
    for one in before:
        was.setdefault(one.request_id, set()).add((one.person_id, one.start_on, one.end_on))
    now: dict[str, set[tuple[object, ...]]] = {}
    for one in plan.booked():
        now.setdefault(one.request_id, set()).add((one.person_id, one.start_on, one.end_on))
    return sorted(request for request, some in was.items() if now.get(request) != some)
