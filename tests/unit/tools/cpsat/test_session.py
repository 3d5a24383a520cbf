"""The solver's process: real models, and what is left of an answer when the process dies."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tools.cpsat.answer import Limits
from tools.cpsat.model import Model
from tools.cpsat.session import Session

QUICK = Limits(seconds=5)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        yield one


def knapsack(sizes: list[int], room: int) -> Model:
    model = Model()
    items = [model.boolean() for _ in sizes]
    model.linear(list(zip(sizes, items, strict=True)), high=room)
    model.minimize([(-size, item) for size, item in zip(sizes, items, strict=True)])
    return model


def hard(size: int = 60) -> Model:
    """A market split: equations in numbers of which no search sees through in seconds (Cornuéjols and Dawande 1999)."""
    model = Model()
    items = [model.boolean() for _ in range(size)]
    slacks = []
    for row in range(6):
        numbers = [(7919 * (row + 1) * (place + 3) ** 2) % 101 for place in range(size)]
        slack = model.integer(0, 10_000)
        model.linear([*zip(numbers, items, strict=True), (1, slack), (-1, other := model.integer(0, 10_000))],
                     sum(numbers) // 2, sum(numbers) // 2)  # fmt: skip
        slacks += [slack, other]
    model.minimize([(1, one) for one in slacks])
    return model


def test_a_model_is_solved_to_a_proven_optimum(session: Session) -> None:
    answer = session.solve(knapsack([5, 7, 11, 13], 20), QUICK)
    assert (answer.status, answer.objective, answer.bound, answer.ended) == ("optimal", -20, -20, "done")
    assert sum(size * answer.value(item) for item, size in enumerate([5, 7, 11, 13])) == 20


def test_one_process_answers_model_after_model(session: Session) -> None:
    for room in range(1, 8):
        assert session.solve(knapsack([1, 2, 4], room), QUICK).objective == -room


def test_assumptions_that_cannot_hold_together_are_named(session: Session) -> None:
    model = Model()
    one, two, three = (model.boolean() for _ in range(3))
    model.at_most_one([one, two])
    model.assume([three, one, two])
    answer = session.solve(model, QUICK)
    assert answer.status == "infeasible"
    assert set(answer.core) == {one, two}


def test_intervals_follow_each_other_and_share_a_capacity(session: Session) -> None:
    model = Model()
    starts = [model.integer(0, 20) for _ in range(3)]
    intervals = [model.interval(start, 4) for start in starts]
    end = model.integer(0, 20)
    for start in starts:
        model.linear([(1, end), (-1, start)], 4)
    model.cumulative([(model.integer(1, 1), one) for one in intervals], 2)
    model.minimize([(1, end)])
    assert session.solve(model, QUICK).objective == 8
    model.no_overlap(intervals)
    assert session.solve(model, QUICK).objective == 12


def test_what_is_no_model_is_an_answer(session: Session) -> None:
    model = Model()
    model.linear([(1, 99)], 1, 2)
    assert session.solve(model, QUICK).status == "invalid"


def test_a_bound_on_the_work_gives_the_same_answer_every_time(session: Session) -> None:
    limits = Limits(seconds=60, workers=1, work=0.3)
    first, second = (session.solve(hard(), limits) for _ in range(2))
    assert first.found
    assert (first.values, first.objective, first.bound) == (second.values, second.objective, second.bound)


@pytest.mark.slow
def test_the_time_limit_holds_and_leaves_the_best_so_far(session: Session) -> None:
    begun = time.monotonic()
    answer = session.solve(hard(200), Limits(seconds=2))
    assert time.monotonic() - begun < 2 + 5
    assert (answer.status, answer.ended) == ("feasible", "limit")
    assert answer.bound is not None
    assert answer.objective is not None
    assert answer.bound < answer.objective


@pytest.mark.slow
def test_cancelled_from_another_thread_it_ends_at_once_and_does_not_begin_again() -> None:
    with Session() as session:
        threading.Timer(2, session.cancel).start()
        begun = time.monotonic()
        answer = session.solve(hard(200), Limits(seconds=60))
        assert time.monotonic() - begun < 10
        assert answer.ended == "cancelled"
        assert session.solve(knapsack([1], 1), QUICK).ended == "cancelled"


@pytest.mark.slow
def test_a_crash_leaves_what_was_found_and_the_next_model_is_solved() -> None:
    with Session() as session:
        assert session.solve(knapsack([1], 1), QUICK).found  # the process is there
        process = session._process
        assert process is not None
        threading.Timer(2, os.kill, (process.pid, signal.SIGKILL)).start()
        answer = session.solve(hard(200), Limits(seconds=60))
        assert answer.ended == "crashed"
        assert answer.status == "feasible"
        assert answer.values
        assert session.solve(knapsack([1, 2], 3), QUICK).objective == -3


@pytest.mark.slow
def test_a_lack_of_memory_stays_outside() -> None:
    with Session() as session:
        answer = session.solve(hard(200), Limits(seconds=20, memory_mb=64))
    assert answer.ended == "crashed"
    assert answer.why is not None


@pytest.mark.slow
def test_a_process_whose_caller_is_gone_ends() -> None:
    session = Session()
    assert session.solve(knapsack([1], 1), QUICK).found
    process = session._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    session._end()


def test_a_model_is_built_without_the_solver_s_library() -> None:
    import subprocess
    import sys

    code = "import sys, tools.cpsat.session, tools.staffing.solve; assert 'ortools' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
