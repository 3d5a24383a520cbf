"""Nothing about a person but what the allow-list names can change a plan."""

from datetime import date
from typing import Any

import pytest
from pydantic import create_model

from tests.unit.tools.staffing.books import books, person, request
from tools.records import Person, Skill
from tools.staffing.features import ALLOWED, Features, features
from tools.staffing.problem import Problem
from tools.staffing.solve import solve

KEPT_OUT = {"name", "email", "title", "bill_rate_minor", "version", "authors"}
"""Fields of a Person that must not weigh anything. A new field belongs here or, for a reason, to the allow-list."""

PROTECTED = (
    "age", "birth", "born", "gender", "sex", "nationality", "citizen", "religion", "ethnic", "race", "marital", "name",
    "photo", "disab", "health", "pregnan", "parent", "union", "orientation", "email",
)  # fmt: skip


def test_every_field_is_either_allowed_or_kept_out() -> None:
    assert set(ALLOWED) | KEPT_OUT == set(Person.model_fields)
    assert not set(ALLOWED) & KEPT_OUT
    assert set(Features.__dataclass_fields__) == set(ALLOWED)


def test_no_allowed_field_is_a_protected_one() -> None:
    parts = {part for field in ALLOWED for part in field.split("_")}
    assert not {part for part in parts for word in PROTECTED if part.startswith(word)}


WIDER: Any = create_model(
    "WiderPerson", __base__=Person, birth_on=(date, ...), gender=(str, ...), nationality=(str, ...)
)


@pytest.mark.parametrize(
    "more",
    [
        {"birth_on": date(1960, 1, 1), "gender": "f", "nationality": "FR"},
        {"birth_on": date(2001, 1, 1), "gender": "m", "nationality": "DE"},
        {"birth_on": date(1990, 1, 1), "gender": "x", "nationality": "ZA", "name": "Aaa", "email": "zzz@firm.example"},
        {"birth_on": date(1990, 1, 1), "gender": "x", "nationality": "ZA", "title": "Director", "bill_rate_minor": 1},
    ],
)
def test_a_record_that_holds_more_gives_the_same_problem_and_plan(more: dict[str, Any]) -> None:
    plain = [person("ann"), person("bob", cost_rate_minor=7_000, skills=[Skill(name="SQL", level=5)])]
    wider = [WIDER(**one.model_dump() | more) for one in plain]
    assert [features(one) for one in wider] == [features(one) for one in plain]
    first, second = (Problem.of(books(people=people)) for people in (plain, wider))
    assert first == second
    assert solve(first).booked() == solve(second).booked()


def test_who_comes_first_among_equals_is_drawn_for_each_seat_and_not_by_id() -> None:
    people = [person(f"p{number}") for number in range(10)]
    seats = [request(f"r{number}", percent=10) for number in range(20)]
    plans = [solve(Problem.of(books(people=people, requests=[seat]))) for seat in seats]
    taken = {plan.booked()[0].person_id for plan in plans}
    assert len(taken) > 4
