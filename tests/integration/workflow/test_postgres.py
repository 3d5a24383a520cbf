"""The workflow on PostgreSQL, where writers meet at rows and not at one lock for the whole file."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.errors import Problem
from app.store.models import Case, Event
from app.workflow import corrections, sweep
from tests.integration.durable.conftest import new_database, postgres_server
from tests.integration.invariants import check
from tests.integration.workflow.scenes import agree, automatic, pending, request, task
from tests.integration.world import World, make_template

__all__ = ["postgres_server"]
pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(400)]

ROUNDS = 8
AT_ONCE = 4


@pytest.fixture
def postgres(postgres_server: str, tmp_path: Path) -> Iterator[World]:
    template = make_template(tmp_path / "template", new_database(postgres_server))
    world = World.open(template, tmp_path / "home")
    try:
        yield world
        check(world)
    finally:
        world.close()


def together(*work: Callable[[], object]) -> list[Exception]:
    """Runs all at the same moment; answers what was raised but for refusals, which are answers."""
    gate = threading.Barrier(len(work))

    def begin(each: Callable[[], object]) -> Exception | None:
        gate.wait(timeout=30)
        try:
            each()
        except Problem:
            return None
        except sa.exc.SQLAlchemyError as error:
            return error
        return None

    with ThreadPoolExecutor(len(work)) as pool:
        return [error for error in pool.map(begin, work) if error is not None]


def test_an_action_and_an_approval_go_all_the_way(postgres: World) -> None:
    assert postgres.case(automatic(postgres).id).status == "done"
    asked = pending(postgres)
    agree(postgres, asked)
    postgres.run()
    assert postgres.execution(asked).status == "succeeded"
    assert postgres.queue.failures == []


def test_deliveries_of_the_same_cases_in_opposite_order_are_all_taken(postgres: World) -> None:
    people = ["per-12", "per-13", "per-14"]
    for number in range(ROUNDS):
        # Every other round joins the cases that the one before opened.
        week = f"2026-02-{2 + 7 * (number // 2 % 4):02d}"
        batches = [
            [
                postgres.event("psa.timesheet.missing", {"person_id": person, "week_start_on": week})
                for person in people[::order]
            ]
            for order in (1, -1, 1, -1)
        ]
        media = "application/cloudevents-batch+json"
        assert together(*[partial(postgres.deliver, batch, media=media) for batch in batches]) == []
        if number % 2:
            postgres.run(timedelta(hours=1))
    assert len(postgres.rows(Event)) == ROUNDS * 4 * len(people)
    assert len(postgres.rows(Case)) == ROUNDS // 2 * len(people)


@pytest.mark.parametrize("correction", [None, {"kind": "dismiss"}])
def test_all_that_can_happen_to_one_case_at_once_happens_in_some_order(
    postgres: World, correction: dict[str, str] | None
) -> None:
    """Approvals of a bundle, the executions of those approved before, the sweep and a correction: no deadlock."""
    for number in range(ROUNDS):
        case = request(postgres, *[task(f"Look into {number}.{each}") for each in range(AT_ONCE)])
        reviews = postgres.reviews(case)
        assert len(reviews) == AT_ONCE
        if number % 2:
            postgres.clock.move(hours=5)  # the sweep escalates in this round
        work: list[Callable[[], object]] = [partial(postgres.approve, "lena", review) for review in reviews]
        work += [postgres.run, postgres.run, partial(sweep.reviews, postgres.ctx)]
        if correction is not None:
            work.append(partial(corrections.correct, postgres.ctx, postgres.actor("lena"), case.id, correction))
        assert together(*work) == []
        postgres.run(timedelta(hours=1))
        assert postgres.case(case.id).status in ("done", "waiting")
    assert postgres.queue.failures == []
