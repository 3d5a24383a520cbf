"""Staffing: how long a plan takes and how far it is proven, as the firm grows."""

import time

from evals.bench.figure import Figure, at_most, stated
from evals.bench.site import Site
from evals.staffing.firm import firm
from tools.cpsat.answer import Limits
from tools.staffing.placements import Placements
from tools.staffing.plan import Plan
from tools.staffing.problem import Problem
from tools.staffing.solve import solve_placements

WEEKS, LIMIT_S = 12, 30
BUDGET = (200, 60)
GROWTH = ((50, 20), (100, 40), (500, 150), (1_000, 300))
"""People and requests."""

SEEDS = (1, 2, 3)


def measure(site: Site) -> list[Figure]:
    """Seconds count from the records to the plan; the limit is the solver's. Of the budget's size the worst of three
    firms; of the others one firm each."""
    plans = [_planned(*BUDGET, seed) for seed in SEEDS]
    name, n = f"staffing.{BUDGET[0]}x{BUDGET[1]}", len(plans)
    figures = [
        at_most(f"{name}.gap", max(plan.gap for _, _, plan in plans) * 100, "%", 1, n),
        at_most(f"{name}.first_answer", max(first for first, _, _ in plans), "s", 1, n),
        stated(f"{name}.first_gap", max(_first_gap(plan) for _, _, plan in plans), "%", n),
        stated(f"{name}.proven", sum(plan.proven for _, _, plan in plans), f"of {n}", n),
        stated(f"{name}.time", max(whole for _, whole, _ in plans), "s", n),
    ]
    for people, requests in GROWTH:
        first, whole, plan = _planned(people, requests, SEEDS[0])
        name = f"staffing.{people}x{requests}"
        figures += [
            stated(f"{name}.gap", plan.gap * 100, "%", 1),
            stated(f"{name}.first_answer", first, "s", 1),
            stated(f"{name}.first_gap", _first_gap(plan), "%", 1),
            stated(f"{name}.time", whole, "s", 1),
        ]
    return figures


def _planned(people: int, requests: int, seed: int) -> tuple[float, float, Plan]:
    """Seconds to the first complete answer, to the end, and the plan."""
    books = firm(people, requests, WEEKS, seed)
    begun = time.monotonic()
    placements = Placements(Problem.of(books))
    built = time.monotonic() - begun
    plan = solve_placements(placements, Limits(seconds=LIMIT_S))
    return built + plan.first.seconds, time.monotonic() - begun, plan


def _first_gap(plan: Plan) -> float:
    return (plan.first.cost - plan.bound) / plan.first.cost * 100 if plan.first.cost else 0.0
