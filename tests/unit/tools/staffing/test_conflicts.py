"""Requests that contradict each other, and no others."""

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.staffing.firm import firm
from tests.unit.tools.staffing.books import books, person, request
from tools.cpsat.answer import Limits
from tools.cpsat.session import Session
from tools.records import Skill
from tools.staffing.conflicts import conflict
from tools.staffing.placements import Placements
from tools.staffing.problem import Problem
from tools.staffing.solve import solve

laws = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_three_seats_for_two_people_contradict_and_the_fourth_has_no_part_in_it(session: Session) -> None:
    other = person("dora", skills=[Skill(name="Java", level=3)])
    seats = [request(name) for name in ("a", "b", "c")]
    made = books(
        people=[person("ann"), person("bob"), other],
        requests=[*seats, request("d", skills=[Skill(name="Java", level=1)])],
    )
    found = conflict(Placements(Problem.of(made)), {"a", "b", "c", "d"}, session=session)
    assert found is not None
    assert (found.requests, found.people, found.minimal) == (["a", "b", "c"], ["ann", "bob"], True)
    assert conflict(Placements(Problem.of(made)), {"a", "b", "d"}, session=session) is None


def test_a_seat_that_nobody_can_take_is_a_conflict_by_itself(session: Session) -> None:
    made = books(requests=[request("a"), request("b", skills=[Skill(name="Alchemy", level=1)])])
    found = conflict(Placements(Problem.of(made)), {"a", "b"}, session=session)
    assert found is not None
    assert (found.requests, found.people) == (["b"], [])


@pytest.mark.slow
@given(seed=st.integers(0, 10**6))
@laws
def test_the_set_cannot_be_filled_and_without_any_one_of_it_can(session: Session, seed: int) -> None:
    made = firm(4, 6, 6, seed, skills=2)
    placements = Placements(Problem.of(made))
    seats = [seat.id for seat in placements.problem.seats]
    found = conflict(placements, seats, session=session)
    if found is None:
        assert solve(placements.problem, Limits(20), session).unfilled == [] or _fills(placements, seats, session)
        return
    assert found.minimal
    assert not _fills(placements, found.requests, session)
    for some in combinations(found.requests, len(found.requests) - 1):
        assert _fills(placements, some, session)


def _fills(placements: Placements, seats: object, session: Session) -> bool:
    """Whether all can be filled, asked in another way: with nothing but being unfilled to pay for."""
    from tools.staffing.formulation import Formulation

    formulation = Formulation(placements)
    problem = placements.problem
    wanted = {place for place, seat in enumerate(problem.seats) if seat.id in seats}  # type: ignore[operator]
    formulation.model.minimize([(int(place in wanted), name) for place, name in enumerate(formulation.empty)])
    return session.solve(formulation.model, Limits(20)).objective == 0
