"""What changes when something has changed: no more than must."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.staffing.brute import least_change, unfilled
from evals.staffing.firm import firm
from tests.unit.tools.staffing.books import booking, books, person, request
from tools.cpsat.answer import Limits
from tools.cpsat.session import Session
from tools.staffing.placements import Placements
from tools.staffing.problem import Problem
from tools.staffing.replan import replan
from tools.staffing.solve import solve
from tools.staffing.verify import violations

LIMITS = Limits(seconds=20)
laws = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_nothing_changes_where_nothing_has(session: Session) -> None:
    problem = Problem.of(books(requests=[request("a"), request("b")]))
    before = solve(problem, LIMITS, session).booked()
    anew = replan(Placements(problem), before, LIMITS, session)
    assert (anew.plan.booked(), anew.changed, anew.fewest) == (before, [], True)


def test_a_cheaper_person_is_no_reason_to_change(session: Session) -> None:
    made = books()
    before = solve(Problem.of(made)).booked()
    cheaper = replace(made, people=[*made.people, person("cem", cost_rate_minor=1_000)])
    assert [one.person_id for one in solve(Problem.of(cheaper)).booked()] == ["cem"]
    assert replan(Placements(Problem.of(cheaper)), before, LIMITS, session).plan.booked() == before


def test_only_the_seat_that_lost_its_person_changes(session: Session) -> None:
    made = books(people=[person("ann"), person("bob"), person("cem")], requests=[request("a"), request("b")])
    before = solve(Problem.of(made), LIMITS, session).booked()
    gone = before[0].person_id
    booked = replace(made, assignments=[booking("new", gone, percent=90)])
    anew = replan(Placements(Problem.of(booked)), before, LIMITS, session)
    assert anew.changed == [before[0].request_id]
    assert anew.fewest
    assert anew.plan.unfilled == []


@pytest.mark.slow
@given(seed=st.integers(0, 10**6))
@laws
def test_no_plan_that_fills_as_much_changes_less(session: Session, seed: int) -> None:
    made = firm(4, 3, 5, seed, skills=2)
    before = solve(Problem.of(made), LIMITS, session).booked()
    if not before:
        return
    lost = replace(made, assignments=[*made.assignments, booking("new", before[0].person_id, percent=70)])
    problem = Problem.of(lost)
    placements = Placements(problem)
    anew = replan(placements, before, LIMITS, session)
    assert violations(lost, problem.rules, anew.plan.booked()) == []
    assert (unfilled(placements, anew.plan.booked()), len(anew.changed)) == least_change(lost, before)
