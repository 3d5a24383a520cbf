"""Rates by token buckets, and bounds on what waits, on clocks that a test moves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Problem
from app.intake import Intake
from app.settings import Settings
from app.store.engine import make_engine, unit_of_work
from app.store.migrate import migrate
from app.store.models import Review, TriageRun

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = make_engine(database_url)
    migrate(made)
    yield made
    made.dispose()


def waits(engine: sa.Engine, tenant: str, count: int, status: str = "waiting") -> None:
    with unit_of_work(engine) as session:
        for number in range(count):
            ident = f"{tenant}-{status}-{number}"
            session.add(
                TriageRun(
                    id=f"run_{ident}", tenant=tenant, case_id=f"cas_{ident}", event_id="evt", case_generation=1,
                    status=status, due_at=NOW,
                )
            )  # fmt: skip


def refused(intake: Intake, tenant: str, events: int = 1) -> Problem:
    with pytest.raises(Problem) as raised:
        intake.require_room(tenant, events)
    return raised.value


def test_a_firm_whose_queue_is_full_is_sent_away_and_the_others_are_not(engine: sa.Engine) -> None:
    now = 0.0
    intake = Intake(Settings(tenant_max_waiting=3, max_waiting=5), engine, lambda: now)
    waits(engine, "acme", 2)
    waits(engine, "acme", 9, "done")
    intake.require_room("acme", 1)
    problem = refused(intake, "acme")
    assert (problem.status, problem.code, problem.extra["retry_after_s"] > 0) == (429, "rate_limited", True)
    intake.require_room("borealis", 2)
    full = refused(intake, "borealis")
    assert (full.status, full.code, full.extra["retry_after_s"] > 0) == (503, "unavailable", True)

    # What was promised above and not stored is forgotten at the next count, and what was worked off makes room.
    now = 1.5
    intake.require_room("acme", 1)
    assert intake.waiting() == 2


def test_a_batch_is_taken_whole_or_not_at_all(engine: sa.Engine) -> None:
    intake = Intake(Settings(tenant_max_waiting=10), engine, lambda: 0.0)
    assert refused(intake, "acme", 11).status == 429
    intake.require_room("acme", 10)


def test_a_rate_is_kept_over_any_second_after_the_burst(engine: sa.Engine) -> None:
    now, told = 0.0, set()
    intake = Intake(Settings(source_rate=10), engine, lambda: now)

    def taken(seconds: float) -> int:
        nonlocal now
        count, end = 0, now + seconds
        while now < end:
            try:
                intake.require_rate("source", "one")
            except Problem as problem:
                told.add((problem.status, problem.extra["retry_after_s"]))
            else:
                count += 1
            now += 0.001
        return count

    assert taken(1) == 29  # a burst of two seconds, then the rate
    assert 9 <= taken(1) <= 11
    assert told == {(429, 1)}
    intake.require_rate("source", "another")


def test_a_firm_that_is_behind_is_taken_in_slowly_while_others_have_work(engine: sa.Engine) -> None:
    now = 0.0
    intake = Intake(Settings(tenant_behind=5, tenant_rate_behind=2), engine, lambda: now)
    waits(engine, "acme", 5)
    intake.admit("acme-crm", "acme", 4)
    intake.admit("acme-crm", "acme", 400)  # nobody else has work
    intake.admit("borealis-crm", "borealis", 1)
    intake.admit("acme-crm", "acme", 4)  # the burst of two seconds
    with pytest.raises(Problem, match="At most 2 a second are taken of a firm of which much waits") as raised:
        intake.admit("acme-crm", "acme", 1)
    assert (raised.value.code, raised.value.extra["retry_after_s"]) == ("rate_limited", 1)
    intake.admit("borealis-crm", "borealis", 400)  # it has little waiting
    now = 1.0
    intake.admit("acme-crm", "acme", 2)
    now = 12.0
    intake.admit("acme-crm", "acme", 400)  # the other firm's work came long ago


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=60), st.integers(min_value=1, max_value=20))
def test_no_more_is_ever_taken_than_burst_and_rate_allow(steps: list[float], rate: int) -> None:
    now, taken = 0.0, 0
    intake = Intake(Settings(token_rate=rate), sa.create_engine("sqlite://"), lambda: now)
    for step in steps:
        now += step
        try:
            intake.require_rate("token", "t")
        except Problem:
            continue
        taken += 1
    assert taken <= rate * 2 + now * rate + 1e-6


def test_a_firm_whose_people_are_behind_is_proposed_nothing_more(engine: sa.Engine, tmp_path: Path) -> None:
    now = [0.0]
    intake = Intake(Settings(home=tmp_path / "h", tenant_max_reviews=2), engine, lambda: now[0])
    assert not intake.people_are_behind("acme")
    with unit_of_work(engine) as session:
        for number in range(2):
            session.add(Review(
                id=f"rev-{number}", tenant="acme", case_id="c", proposal_id=f"p-{number}", decision_id="d",
                tool="create_task", status="pending", args_digest="x", risk_score=1, priority=1, due_at=NOW,
                expires_at=NOW, asked_at=NOW, created_at=NOW,
            ))  # fmt: skip
    now[0] += 6
    assert intake.people_are_behind("acme")
    assert not intake.people_are_behind("borealis")
