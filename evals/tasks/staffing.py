"""Staffing plans of generated firms: against every plan there is where firms are small, against the bound where not.

A row is one firm. Small ones (5 people, 3 requests, 6 weeks) are planned, planned anew after somebody was booked
elsewhere, and asked for requests that contradict each other; each answer is compared with brute force. Larger ones
(50 people, 20 requests, 12 weeks) tell how far plans are proven. All are checked by the verifier.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from evals.intervals import Estimate, bootstrap, share
from evals.prepared import Answer, Files, Prepared
from evals.staffing.brute import fills, least_change, least_cost, unfilled
from evals.staffing.firm import MONDAY, firm
from tools.cpsat.answer import Limits
from tools.cpsat.session import Session
from tools.people_records import Assignment
from tools.staffing.alternatives import alternatives, why_not
from tools.staffing.books import Books
from tools.staffing.conflicts import conflict
from tools.staffing.placements import Placements
from tools.staffing.plan import Plan
from tools.staffing.problem import Problem
from tools.staffing.replan import replan
from tools.staffing.solve import solve_placements
from tools.staffing.verify import violations

SMALL, LARGER = 24, 12
SEED = 1_000
"""Of the first firm; the others follow."""


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "generated firms")
    limits = Limits(seconds=files.limit or 30)
    rows = [("small", SEED + number) for number in range(SMALL)]
    rows += [("larger", SEED + number) for number in range(LARGER)]

    def answer(places: Sequence[int]) -> list[Answer]:
        with Session() as session:
            return [_answer(*rows[place], limits, session) for place in places]

    return Prepared(
        rows, answer, figures, None, None, {"seed": SEED, "small": [5, 3, 6], "larger": [50, 20, 12]},
        ids=[f"{kind}-{seed}" for kind, seed in rows],
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Shares of the firms of which it was asked; gaps are of the larger ones, percent."""
    found = {}
    for key in ("valid", "optimal", "least_change", "conflict_minimal", "explained", "proven"):
        asked = [bool(one[key]) for one in said if one.get(key) is not None]
        found[key] = share(asked)
    for key in ("gap", "first_gap"):
        values = [one[key] for one in said if key in one]
        found[f"mean_{key}"] = bootstrap(
            lambda rows, of=values: sum(of[row] for row in rows) / len(rows),  # type: ignore[misc]
            len(values),
        )
    return found


def _answer(kind: str, seed: int, limits: Limits, session: Session) -> Answer:
    books = firm(5, 3, 6, seed, skills=2) if kind == "small" else firm(50, 20, 12, seed)
    placements = Placements(Problem.of(books))
    plan = solve_placements(placements, limits, session)
    found: dict[str, Any] = {
        "valid": not violations(books, placements.problem.rules, plan.booked()), "cost": plan.cost,
        "bound": plan.bound, "explained": _explained(placements, plan),
    }  # fmt: skip
    if kind == "larger":
        first = (plan.first.cost - plan.bound) / plan.first.cost * 100 if plan.first.cost else 0.0
        return found | {"proven": plan.proven, "gap": plan.gap * 100, "first_gap": first}
    found["optimal"] = plan.proven and plan.cost == least_cost(books)
    return found | _anew(books, plan, limits, session) | _contradiction(books, placements, limits, session)


def _explained(placements: Placements, plan: Plan) -> bool:
    """Everybody who does not have a seat is told why: an obstacle, another seat, or what it would cost more."""
    for seat in placements.problem.seats:
        has = {one.person_id for one in plan.booked() if one.request_id == seat.id}
        costs = [one.more for one in alternatives(placements, plan, seat.id)]
        if costs != sorted(costs) or (plan.proven and min(costs, default=0) < 0):
            return False
        for worker in placements.problem.workers:
            answer = why_not(placements, plan, seat.id, worker.id)
            if worker.id not in has and not (answer.obstacles or answer.taken or answer.more is not None):
                return False
    return True


def _anew(books: Books, plan: Plan, limits: Limits, session: Session) -> dict[str, Any]:
    before = plan.booked()
    if not before:
        return {"least_change": None}
    taken = Assignment(
        id="asg-new", project_id=books.projects[0].id, person_id=before[0].person_id, role="Consultant",
        start_on=MONDAY, end_on=before[0].end_on, percent=80, status="confirmed",
    )  # fmt: skip
    changed = replace(books, assignments=[*books.assignments, taken])
    placements = Placements(Problem.of(changed))
    anew = replan(placements, before, limits, session)
    least = least_change(changed, before)
    return {
        "least_change": (unfilled(placements, anew.plan.booked()), len(anew.changed)) == least,
        "valid": not violations(changed, placements.problem.rules, anew.plan.booked()),
    }


def _contradiction(books: Books, placements: Placements, limits: Limits, session: Session) -> dict[str, Any]:
    seats = [seat.id for seat in placements.problem.seats]
    found = conflict(placements, seats, limits, session)
    if found is None:
        return {"conflict_minimal": fills(books, seats)}
    fewer = combinations(found.requests, len(found.requests) - 1)
    return {"conflict_minimal": not fills(books, found.requests) and all(fills(books, one) for one in fewer)}
