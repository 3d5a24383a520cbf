from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.durable import lanes
from app.durable.lanes import EPOCH_MS, Shares, advance, forget_idle, lane_table, place
from app.durable.port import WorkItem
from app.store.engine import make_engine, unit_of_work

NOW = EPOCH_MS + 10_000_000
SHARES = Shares(tenant_per_s=50, customer_per_s=5)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(database_url)
    with unit_of_work(engine) as session:
        lanes.metadata.create_all(session.connection())
    yield engine
    engine.dispose()


def tags(engine: sa.Engine, partitions: list[str], now_ms: int = NOW) -> list[int]:
    with unit_of_work(engine) as session:
        return [
            advance(session, WorkItem(kind="triage", row=f"r{n}", partition=partition), SHARES, now_ms)
            for n, partition in enumerate(partitions)
        ]


def test_who_keeps_to_their_rate_is_never_held_back(engine: sa.Engine) -> None:
    for second in range(20):
        now = NOW + second * 1000
        assert tags(engine, ["t1/a"] * 5, now)[0] == now


def test_a_flood_is_passed_by_other_customers_and_tenants(engine: sa.Engine) -> None:
    flood = tags(engine, ["t1/flooder"] * 500)
    sibling, stranger = tags(engine, ["t1/quiet", "t2/quiet"], NOW + 100)
    assert flood[-1] == NOW + 499 * 200
    assert stranger == NOW + 100
    # The sibling pays for what its tenant took from other tenants, not for what the flooder took from it.
    assert sum(tag < sibling for tag in flood) <= 51


def test_a_flood_is_forgiven(engine: sa.Engine) -> None:
    tags(engine, ["t1/a"] * 50)
    later = NOW + 60_000
    assert tags(engine, ["t1/a"], later) == [later]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["t1", "t1/a", "t1/b", "t2/a"]), st.integers(0, 400)), max_size=40))
def test_tags_of_a_lane_never_go_back_and_never_lie_in_the_past(
    engine: sa.Engine, arrivals: list[tuple[str, int]]
) -> None:
    with unit_of_work(engine) as session:
        session.connection().execute(sa.delete(lane_table))
    now, last = NOW, dict[str, int]()
    for partition, gap in arrivals:
        now += gap
        [tag] = tags(engine, [partition], now)
        assert tag >= now
        assert tag >= last.get(partition, 0)
        last[partition] = tag


def test_idle_lanes_are_forgotten(engine: sa.Engine) -> None:
    tags(engine, ["t1/a"])
    tags(engine, ["t2/b"], NOW + 5_000)
    with unit_of_work(engine) as session:
        forget_idle(session, NOW + 1_000)
        left = session.connection().execute(sa.select(lane_table.c.lane)).scalars().all()
    assert sorted(left) == ["t2", "t2/b"]


@given(st.integers(0, 2**45), st.integers(0, 9))
def test_places_are_what_the_queue_accepts(tag_ms: int, priority: int) -> None:
    assert 1 <= place(tag_ms, priority) <= 2**31 - 1


@given(st.integers(EPOCH_MS + 1000, EPOCH_MS + 10**12), st.integers(0, 8))
def test_a_lower_priority_waits_a_minute_and_no_longer(tag_ms: int, priority: int) -> None:
    assert place(tag_ms, priority) < place(tag_ms, priority + 1)
    assert place(tag_ms + 61_000, priority) > place(tag_ms, priority + 1)
