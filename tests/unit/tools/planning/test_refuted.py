"""What is refuted against every schedule of small projects, and where the windows refute more than the shares do."""

from dataclasses import replace

import pytest

from tests.unit.tools.planning.test_schedule import generated, shortest
from tools.cpsat.session import Session
from tools.planning.project import Activity, Project, broken
from tools.planning.refuted import refuted_below
from tools.planning.schedule import STANDARD, schedule

TWO = [frozenset("a"), frozenset("a")]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_possible_is_never_refuted(seed: int) -> None:
    project = generated(seed)
    least = shortest(project)
    if least is not None:
        assert refuted_below(project, 0) <= least


def test_three_of_which_two_run_at_a_time_share_the_moments() -> None:
    project = Project([Activity(2, {"a": 1})] * 3, [], TWO)
    assert refuted_below(project, 0) == 3
    assert refuted_below(project, 2, 2) == 2
    assert refuted_below(project, 0, seconds=0) == 0


def test_windows_refute_what_shares_of_the_whole_time_would_allow() -> None:
    # Both ways are 8 long, and the people have time for 11 units in 6; but at moment 3 all three are asked for.
    project = Project(
        [Activity(3, {"a": 1}), Activity(2, {"a": 2}), Activity(3, {}), Activity(4, {"a": 1}), Activity(4, {})],
        [(0, 1), (1, 2), (3, 4)], TWO,
    )  # fmt: skip
    assert refuted_below(project, 0) == 9


def test_of_a_project_with_too_many_sets_nothing_is_refuted() -> None:
    project = Project([Activity(5, {"a": 1})] * 12, [], [frozenset("a")] * 12)
    assert refuted_below(project, 1) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_solver_that_gives_up_at_once_is_told_what_is_refuted(seed: int) -> None:
    project = generated(seed)
    least = shortest(project)
    if least is None:
        pytest.skip("nobody can do it")
    with Session() as session:
        found = schedule(project, replace(STANDARD, work=1e-9), session)
    if found is not None:
        assert broken(project, found) == []
        assert refuted_below(project, 0) <= found.bound <= least <= found.makespan
