"""Schedules against every schedule of small projects, and the verifier against schedules that are wrong."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from random import Random

import pytest

from tools.cpsat.session import Session
from tools.planning.project import Activity, Project, Schedule, broken
from tools.planning.schedule import Unschedulable, cliques, schedule


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        yield one


def generated(seed: int) -> Project:
    rng = Random(seed)
    people = [frozenset(rng.sample("abc", rng.choice((1, 2, 2)))) for _ in range(3)] + [frozenset("abc")]
    activities = []
    for _ in range(rng.randrange(2, 5)):
        needs = dict.fromkeys(rng.sample("abc", rng.choice((0, 1, 2, 2))), 1)
        activities.append(Activity(rng.randrange(0, 4), needs))
    pairs = [(one, two) for two in range(len(activities)) for one in range(two) if rng.random() < 0.2]
    return Project(activities, pairs, people)


def shortest(project: Project) -> int | None:
    """By trying every choice of people and every order: each activity in turn as soon as its people are free."""
    best: int | None = None
    choices = [list(_teams(project, one)) for one in project.activities]
    for order in permutations(range(len(project.activities))):
        place = {one: number for number, one in enumerate(order)}
        if any(place[first] > place[second] for first, second in project.before):
            continue
        for teams in product(*choices):
            free, ends = [0] * len(project.people), dict.fromkeys(order, 0)
            for one in order:
                begin = max([free[person] for person in teams[one]], default=0)
                begin = max([begin, *(ends[first] for first, second in project.before if second == one)])
                ends[one] = begin + project.activities[one].duration
                for person in teams[one]:
                    free[person] = ends[one]
            end = max(ends.values())
            best = end if best is None else min(best, end)
    return best


def _teams(project: Project, one: Activity) -> Iterator[tuple[int, ...]]:
    for team in permutations(range(len(project.people)), len(one.needs)):
        if all(skill in project.people[person] for skill, person in zip(one.needs, team, strict=True)):
            yield team


@pytest.mark.parametrize("seed", range(25))
def test_no_schedule_is_shorter(session: Session, seed: int) -> None:
    project = generated(seed)
    least = shortest(project)
    if least is None:
        with pytest.raises(Unschedulable):
            schedule(project, session=session)
        return
    found = schedule(project, session=session)
    assert found is not None
    assert broken(project, found) == []
    assert (found.makespan, found.bound, found.proven) == (least, least, True)


def test_teams_that_the_times_alone_promise_are_looked_for_elsewhere(session: Session) -> None:
    # At each moment there are people enough, but whoever helps the long one is missing in the middle of the short ones.
    people = [frozenset("ab"), frozenset("a"), frozenset("b")]
    project = Project(
        [Activity(4, {"a": 1}), Activity(2, {"a": 1, "b": 1}), Activity(2, {"b": 2})], [(1, 2)], people
    )  # fmt: skip
    found = schedule(project, session=session)
    assert found is not None
    assert broken(project, found) == []
    assert found.makespan == shortest_of(project)


def shortest_of(project: Project) -> int:
    """As `shortest`, for two people of one skill."""
    split = [
        Activity(one.duration, {f"{skill}{number}": 1 for skill, count in one.needs.items() for number in range(count)})
        for one in project.activities
    ]
    people = [frozenset(f"{skill}{number}" for skill in skills for number in range(2)) for skills in project.people]
    least = shortest(Project(split, project.before, people))
    assert least is not None
    return least


def test_what_cannot_be_done_is_told_by_activity_and_skill() -> None:
    project = Project([Activity(1, {"a": 1}), Activity(1, {"a": 1, "b": 1})], [], [frozenset("ab")])
    with pytest.raises(Unschedulable, match="activity 1 needs 2 people with a or b at once; there are 1"):
        schedule(project)


@pytest.mark.parametrize(
    ("activities", "before", "told"),
    [
        ([Activity(1, {}), Activity(1, {})], [(0, 1), (1, 0)], "activities 0, 1 wait for each other"),
        ([Activity(1, {})], [(0, 0)], "activities 0 wait for each other"),
        ([Activity(1, {})], [(0, 3)], "there is no activity 3"),
        ([Activity(-1, {})], [], "activity 0: duration -1 is negative"),
        ([Activity(1, {"a": -2})], [], "activity 0: -2 people for a"),
    ],
)
def test_what_is_no_project_is_refused(activities: list[Activity], before: list[tuple[int, int]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Project(activities, before, [])


PROJECT = Project(
    [Activity(2, {"a": 1}), Activity(3, {"a": 1, "b": 1}), Activity(1, {})], [(0, 2)],
    [frozenset("a"), frozenset("ab"), frozenset("b")],
)  # fmt: skip
VALID = Schedule([0, 0, 2], [{0: "a"}, {1: "a", 2: "b"}, {}], 3, 3, 0.0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"starts": [0, -1, 2]}, "before time 0"),
        ({"starts": [0, 0, 1]}, "activity 2 starts at 1, before 0 has ended at 2"),
        ({"teams": [{0: "a"}, {1: "a"}, {}]}, "activity 1: 0 people do b, 1 are needed"),
        ({"teams": [{2: "a"}, {1: "a", 0: "b"}, {}]}, "person 2 does a, which they cannot"),
        ({"teams": [{1: "a"}, {1: "a", 2: "b"}, {}]}, "person 1 is on activities 0 and 1 at once"),
        ({"makespan": 2}, "the makespan is 3, not 2"),
    ],
)
def test_the_verifier_sees(wrong: dict[str, object], told: str) -> None:
    assert broken(PROJECT, VALID) == []
    assert any(told in one for one in broken(PROJECT, replace(VALID, **wrong)))  # type: ignore[arg-type]


def test_cliques_are_the_largest_and_all_of_them() -> None:
    found = cliques({(0, 1), (1, 2), (0, 2), (2, 3)})
    assert sorted(map(sorted, found)) == [[0, 1, 2], [2, 3]]
    assert cliques(set()) == []
