"""Who else, at what cost, and why not somebody in particular."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.staffing.firm import firm
from tests.unit.tools.staffing.books import booking, books, day, leave, lending, person, request
from tools.cpsat.answer import Limits
from tools.cpsat.session import Session
from tools.records import Skill
from tools.staffing.alternatives import alternatives, insist, why_not
from tools.staffing.books import Books
from tools.staffing.obstacles import hindrances, obstacles
from tools.staffing.placements import Placements
from tools.staffing.plan import Plan
from tools.staffing.problem import Problem
from tools.staffing.solve import solve_placements

LIMITS = Limits(seconds=20)
laws = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def planned(made: Books, session: Session | None = None) -> tuple[Placements, Plan]:
    placements = Placements(Problem.of(made))
    return placements, solve_placements(placements, LIMITS, session)


def reasons(made: Books, person_id: str) -> list[str]:
    placements, plan = planned(made)
    return [f"{one.record}#{one.field}" for one in why_not(placements, plan, "req", person_id).obstacles]


def test_alternatives_are_ranked_by_what_they_cost_more() -> None:
    people = [person("ann"), person("bob", cost_rate_minor=7_000), person("cem", cost_rate_minor=6_500)]
    placements, plan = planned(books(people=people))
    found = alternatives(placements, plan, "req")
    # 5 and 10 an hour more, for 20 days of 288 minutes.
    assert [(one.person_id, one.more) for one in found] == [("cem", 48_000), ("bob", 96_000)]
    assert found[1].costs.work - placements.costs(plan.placements[0]).work == 96_000


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"skills": [Skill(name="SQL", level=1)]}, "person/bob#skills"),
        ({"skills": []}, "person/bob#skills"),
        ({"unit": "South"}, "person/bob#unit"),
        ({"starts_on": day(3)}, "person/bob#starts_on"),
        ({"ends_on": day(3)}, "person/bob#ends_on"),
        ({"calendar_id": None}, "person/bob#calendar_id"),
        ({"cost_rate_minor": 0}, "person/bob#cost_rate_minor"),
        ({"time_zone": "Asia/Tokyo"}, "person/bob#time_zone"),
    ],
)
def test_why_not_names_record_and_field(more: dict[str, object], field: str) -> None:
    people = [person("ann"), person("bob", **more)]
    made = books(people=people, requests=[request(overlap_minutes=300)])
    assert reasons(made, "bob") == [field]


def test_why_not_of_bookings_leave_rules_and_the_request_itself() -> None:
    assert reasons(books(assignments=[booking("b1", "bob")]), "bob") == ["assignment/b1#percent"]
    assert reasons(books(leaves=[leave("l1", "bob", 0, 11)]), "bob") == ["leave/l1#start_on"]
    assert reasons(books(requests=[request(excluded_ids=["bob"])]), "bob") == ["staffing_request/req#excluded_ids"]
    assert reasons(books(requests=[request(person_id="ann")]), "bob") == ["staffing_request/req#person_id"]
    lent = [person("ann"), person("bob", unit="South")]
    rule = lending(max_percent=40)
    assert reasons(books(people=lent, lending=[rule]), "bob") == ["lending_rule/lend#max_percent"]
    several = [person("ann"), person("bob", skills=[], starts_on=day(5))]
    assert reasons(books(people=several), "bob") == ["person/bob#skills", "person/bob#starts_on"]


def test_why_not_somebody_who_could_is_the_cost_or_another_seat(session: Session) -> None:
    placements, plan = planned(books())
    answer = why_not(placements, plan, "req", "bob")
    assert (list(answer.obstacles), list(answer.taken), answer.more) == ([], [], 96_000)
    made = books(requests=[request("req"), request("other", person_id="bob", priority=5)])
    placements, plan = planned(made, session)
    assert why_not(placements, plan, "req", "bob").taken == ["other"]
    with pytest.raises(KeyError, match="no person zoe"):
        why_not(placements, plan, "req", "zoe")
    with pytest.raises(KeyError, match="no open request x"):
        why_not(placements, plan, "x", "bob")


@pytest.mark.slow
@given(seed=st.integers(0, 10**6))
@laws
def test_no_alternative_is_cheaper_and_insisting_costs_no_more_than_with_others_fixed(
    session: Session, seed: int
) -> None:
    placements, plan = planned(firm(8, 4, 6, seed, skills=3), session)
    for seat in placements.problem.seats:
        for one in alternatives(placements, plan, seat.id)[:2]:
            assert one.more >= 0
            anew = insist(placements, seat.id, one.person_id, LIMITS, session)
            assert plan.cost <= anew <= plan.cost + one.more


@pytest.mark.slow
@given(seed=st.integers(0, 10**6))
@laws
def test_everybody_is_a_candidate_or_has_an_obstacle(seed: int) -> None:
    placements = Placements(Problem.of(firm(10, 4, 8, seed, skills=3)))
    problem = placements.problem
    for place, seat in enumerate(problem.seats):
        able = {one.worker for one in placements.whole[place]}
        for number, worker in enumerate(problem.workers):
            kept = [*obstacles(problem, seat, worker), *hindrances(problem, seat, worker, seat.first, seat.last)]
            assert (number in able) == (kept == [])
