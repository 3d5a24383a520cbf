"""Migrating a database that is in use: locks, two processes at once, a program too old, and data of every release."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import SQLModel

from app.errors import Problem
from app.store import migrate
from app.store.engine import make_engine
from app.store.models import Case
from app.workflow import corrections
from tests import postgres
from tests.integration.invariants import check
from tests.integration.workflow.scenes import agree, automatic, money, pending, request, task
from tests.integration.world import TENANTS, Template, World

ROOT = Path(__file__).parents[3]
RELEASED = [each for each in migrate._revisions() if each != migrate.HEAD]
SLOW = [pytest.mark.postgres, pytest.mark.slow]
BRING = """
import sys, time
from app.durable.dbos_queue import DbosQueue
from app.store.engine import make_engine
from app.store.models import Case
from app.store.migrate import migrate
engine = make_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(migrate(engine), flush=True)
queue = DbosQueue(engine)
queue.prepare()
"""


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    made = make_engine(url)
    yield made
    made.dispose()


def at(engine: sa.Engine, revision: str) -> None:
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), revision)


@contextmanager
def held(engine: sa.Engine) -> Iterator[None]:
    """Somebody's transaction on a table that the next revision changes (SQLite: that writes at all)."""
    other = make_engine(engine.url.render_as_string(hide_password=False))
    if engine.dialect.name == "sqlite":
        other.dispose()
        raw = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with raw.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            connection.exec_driver_sql("ROLLBACK")
        return
    with other.begin() as connection:
        connection.exec_driver_sql('SELECT count(*) FROM "case"')
        yield
    other.dispose()


def test_a_lock_that_somebody_holds_is_named_and_nothing_is_changed(engine: sa.Engine) -> None:
    at(engine, "0001")
    begun = time.monotonic()
    with held(engine), pytest.raises(Problem) as raised:
        migrate.migrate(engine, wait_s=0.2, tries=2)
    assert time.monotonic() - begun < 10
    assert raised.value.code == "unavailable"
    assert "Revision 0002 has waited 0.4 s for a lock" in raised.value.detail
    if engine.dialect.name == "postgresql":
        assert 'ALTER TABLE "case"' in raised.value.detail
        assert "pid " in raised.value.detail
    assert migrate.revision(engine) == "0001"
    assert migrate.migrate(engine) is True
    assert migrate.differences(engine) == []


def test_a_lock_that_is_given_back_in_time_is_waited_for(engine: sa.Engine) -> None:
    at(engine, "0001")
    done: list[bool] = []
    with held(engine):
        thread = threading.Thread(target=lambda: done.append(migrate.migrate(engine, wait_s=0.2, tries=60)))
        thread.start()
        time.sleep(1)
        assert done == []
    thread.join(60)
    assert done == [True]


def test_its_short_patience_is_nobody_elses(engine: sa.Engine) -> None:
    migrate.migrate(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
        else:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"


def test_processes_that_start_at_once_leave_one_result(url: str, engine: sa.Engine) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", BRING, url], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=100) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    assert sorted(out for out, _ in ended) == ["False\n", "False\n", "True\n"]
    assert migrate.differences(engine) == []


def test_a_program_older_than_the_database_refuses_and_says_so(engine: sa.Engine) -> None:
    migrate.migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Problem, match=f"at revision 9999, this program knows none later than {migrate.HEAD}") as raised:
        migrate.migrate(engine)
    assert raised.value.code == "unavailable"
    assert migrate.revision(engine) == "9999"


@pytest.fixture
def filled(template: Template, tmp_path: Path) -> Iterator[World]:
    """A firm at work: an automatic action, one approved, one rejected, a case that was corrected, what waits."""
    world = World.open(template, tmp_path / "filled")
    automatic(world)
    agree(world, pending(world))
    world.say("lena", pending(world), "reject", comment="not now")
    world.run()
    corrections.correct(world.ctx, world.actor("lena"), request(world, task()).id, {"kind": "dismiss"})
    money(world)
    pending(world)
    yield world
    world.close()


@pytest.mark.parametrize("revision", RELEASED)
@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def test_a_filled_database_of_that_release_is_brought_up(
    filled: World, tmp_path: Path, revision: str, backend: str, request: pytest.FixtureRequest
) -> None:
    old_url = (
        f"sqlite:///{tmp_path / 'old.db'}"
        if backend == "sqlite"
        else postgres.new_database(request.getfixturevalue("postgres_server"))
    )
    old = make_engine(old_url)
    at(old, revision)
    counts = copy_rows(filled.ctx.engine, old)
    assert sum(counts.values()) > 150
    assert {name for name, count in counts.items() if count} >= {"event", "review", "execution", "verdict", "payload"}
    assert migrate.migrate(old) is True
    assert migrate.differences(old) == []
    tables = SQLModel.metadata.tables
    with old.connect() as connection:
        for name, count in counts.items():
            assert connection.scalar(sa.select(sa.func.count()).select_from(tables[name])) == count, name
    reopened = World.over(filled, old)
    correctors = {row.id: set(row.corrector_ids) for row in reopened.rows(Case)}
    assert all(set(row.corrector_ids) <= correctors[row.id] for row in filled.rows(Case))
    check(reopened)
    for tenant in TENANTS:
        assert reopened.verified(tenant).holds
    # What waited before is decided after.
    (asked, *_) = reopened.reviews()
    agree(reopened, asked)
    reopened.run()
    assert reopened.execution(asked).status == "succeeded"
    check(reopened)
    old.dispose()


def copy_rows(source: sa.Engine, target: sa.Engine) -> dict[str, int]:
    """Every row of our tables, as far as the target has the columns; answers how many by table."""
    counts = {}
    known = sa.inspect(target)
    columns = {
        name: [table.c[each["name"]] for each in known.get_columns(name) if each["name"] in table.c]
        for name, table in SQLModel.metadata.tables.items()
        if known.has_table(name)
    }
    with source.connect() as reading, target.begin() as writing:
        for name, wanted in columns.items():
            rows = [dict(row) for row in reading.execute(sa.select(*wanted)).mappings()]
            counts[name] = len(rows)
            if rows:
                writing.execute(sa.insert(SQLModel.metadata.tables[name]), rows)
    return counts
