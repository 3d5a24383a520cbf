"""Forgetting idle lanes beside those who count in them."""

import pytest
import sqlalchemy as sa

from app.durable import lanes
from app.durable.dbos_queue import DbosQueue
from app.durable.lanes import Shares
from app.durable.port import WorkItem
from app.store.engine import unit_of_work

NOW = lanes.EPOCH_MS


def item(customer: str) -> WorkItem:
    return WorkItem(kind="triage", row="row", partition=f"firm/{customer}")


def known(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.scalars(sa.select(lanes.lane_table.c.lane)))


def test_idle_lanes_are_forgotten_and_others_are_not(engine: sa.Engine, queue: DbosQueue) -> None:
    with unit_of_work(engine) as session:
        lanes.advance(session, item("idle"), Shares(), NOW - 60_000)
        lanes.advance(session, item("busy"), Shares(), NOW + 60_000)
        lanes.forget_idle(session, NOW)
    assert known(engine) == ["firm", "firm/busy"]


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_forgetting_waits_for_nobody_who_counts(engine: sa.Engine, queue: DbosQueue) -> None:
    """Deleting in another order than others count in was a deadlock, which a verdict's caller saw as 503."""
    with unit_of_work(engine) as session:
        for customer in ("a", "b"):
            lanes.advance(session, item(customer), Shares(), NOW - 60_000)
    with unit_of_work(engine) as counting:
        lanes.advance(counting, item("a"), Shares(), NOW - 60_000)
        with unit_of_work(engine) as forgetting:
            forgetting.connection().exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            lanes.forget_idle(forgetting, NOW)
        assert known(engine) == ["firm", "firm/a"]
