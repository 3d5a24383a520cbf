"""How much of the queue a page reads: as much of a long one as of a short one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count, islice
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, insert
from sqlmodel import col

from app.ids import new_id
from app.store.engine import unit_of_work
from app.store.models import Review
from app.views.queue import MOST_COUNTED
from tests.integration.web.conftest import Browser
from tests.integration.workflow.scenes import money, pending
from tests.integration.world import World

_STEP = 100


@contextmanager
def steps(engine: Engine) -> Iterator[list[int]]:
    """Counts what SQLite's virtual machine does meanwhile, a tick for every 100 instructions."""
    ticks = [0]

    def tick() -> int:
        ticks[0] += 1
        return 0

    def taken(connection: Any, *_: object) -> None:
        connection.set_progress_handler(tick, _STEP)

    def given_back(connection: Any, *_: object) -> None:
        connection.set_progress_handler(None, _STEP)

    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", given_back)
    try:
        yield ticks
    finally:
        event.remove(engine, "checkout", taken)
        event.remove(engine, "checkin", given_back)


def lengthen(world: World, by: int, numbers: Iterator[int]) -> list[str]:
    """Adds copies of the reviews that wait, two of a case; their ids."""
    found = [{name: getattr(row, name) for name in Review.model_fields} for row in world.reviews(status="pending")]
    case, rows = "", []
    for number in islice(numbers, by):
        review = found[number % len(found)]
        at = review["created_at"] + timedelta(milliseconds=number)
        case = new_id("cas", at) if number % 2 == 0 else case
        rows.append(review | {"id": new_id("rev", at), "case_id": case, "created_at": at, "priority": number % 97})
    with unit_of_work(world.ctx.engine) as session:
        session.connection().execute(insert(Review), rows)
    return [row["id"] for row in rows]


def test_a_page_reads_no_more_of_a_longer_queue(browser: Browser) -> None:
    world = browser.world
    if world.ctx.engine.dialect.name != "sqlite":
        pytest.skip("what is counted is SQLite's")
    money(world)
    pending(world)
    browser.sign_in("finn")
    asked: list[dict[str, str]] = [{}, {"customer": "nobody"}, {"order": "risk"}]
    numbers, spent, copies = count(), [], list[str]()
    for by in (MOST_COUNTED + 100, 2 * MOST_COUNTED):
        copies += lengthen(world, by, numbers)
        spent.append([spent_on(browser, each) for each in asked])
    with unit_of_work(world.ctx.engine) as session:
        session.connection().execute(delete(Review).where(col(Review.id).in_(copies)))
    for few, many, each in zip(*spent, asked, strict=True):
        assert 0 < many <= 1.2 * few, (each, few, many)


def spent_on(browser: Browser, asked: dict[str, str]) -> int:
    assert browser.get("/queue", **asked).status_code == 200  # what is read once is not counted
    with steps(browser.world.ctx.engine) as ticks:
        assert browser.get("/queue", **asked).status_code == 200
    return ticks[0]
