import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store import engine as engine_module
from app.store.engine import begins_on_write, make_engine, read_only, unit_of_work

pytestmark = pytest.mark.sqlite("its locks, pragmas and snapshots; PostgreSQL's are in tests/integration")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def engine(path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(f"sqlite:///{path}")
    with unit_of_work(engine) as session:
        session.connection().execute(sa.text("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)"))
        session.connection().execute(sa.text("INSERT INTO counter VALUES (1, 0)"))
    yield engine
    engine.dispose()


def counted(engine: sa.Engine) -> int:
    with read_only(engine) as session:
        found: int = session.connection().execute(sa.text("SELECT n FROM counter WHERE id = 1")).scalar_one()
    return found


def set_to(engine: sa.Engine, n: int) -> None:
    with unit_of_work(engine) as session:
        session.connection().execute(sa.text("UPDATE counter SET n = :n"), {"n": n})


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 30_000),
        ("query_only", 0),
    ],
)
def test_every_connection_is_configured(engine: sa.Engine, pragma: str, value: object) -> None:
    with engine.connect() as first, begins_on_write(engine).connect() as second:
        assert first.execute(sa.text(f"PRAGMA {pragma}")).scalar_one() == value
        assert second.execute(sa.text(f"PRAGMA {pragma}")).scalar_one() == value


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="database url"):
        make_engine(url)


def test_postgresql_uses_psycopg() -> None:
    assert make_engine("postgresql://someone@localhost/x").driver == "psycopg"


def test_milliseconds_are_known_to_old_sqlite_too(engine: sa.Engine) -> None:
    before = time.time()
    with read_only(engine) as session:
        now = session.connection().execute(sa.text("SELECT unixepoch('subsec') * 1000")).scalar_one()
    assert before * 1000 - 1 <= now <= time.time() * 1000 + 1


def test_a_block_that_raises_leaves_nothing_and_frees_the_lock(engine: sa.Engine) -> None:
    def interrupted() -> None:
        with unit_of_work(engine) as session:
            session.connection().execute(sa.text("UPDATE counter SET n = 7"))
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert counted(engine) == 0
    set_to(engine, 1)
    assert counted(engine) == 1


def test_a_commit_that_fails_leaves_nothing_and_frees_the_lock(engine: sa.Engine) -> None:
    with unit_of_work(engine) as session:
        session.connection().execute(
            sa.text("CREATE TABLE child (c INTEGER REFERENCES counter (id) DEFERRABLE INITIALLY DEFERRED)")
        )
    with pytest.raises(sa.exc.IntegrityError), unit_of_work(engine) as session:
        session.connection().execute(sa.text("INSERT INTO child VALUES (99)"))
    set_to(engine, 2)
    with read_only(engine) as session:
        assert session.connection().execute(sa.text("SELECT count(*) FROM child")).scalar_one() == 0


def test_what_a_writer_read_does_not_change_under_it(engine: sa.Engine) -> None:
    def increment() -> None:
        for _ in range(25):
            with unit_of_work(engine) as session:
                connection = session.connection()
                n = connection.execute(sa.text("SELECT n FROM counter")).scalar_one()
                connection.execute(sa.text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=increment) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(engine) == 12 * 25


def test_two_processes_do_not_lose_an_update(engine: sa.Engine, path: Path) -> None:
    script = (
        "import sys, sqlalchemy as sa\n"
        "from app.store.engine import make_engine, unit_of_work\n"
        "engine = make_engine(f'sqlite:///{sys.argv[1]}')\n"
        "engine.connect().close()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(300):\n"
        "    with unit_of_work(engine) as session:\n"
        "        n = session.connection().execute(sa.text('SELECT n FROM counter')).scalar_one()\n"
        "        session.connection().execute(sa.text('UPDATE counter SET n = :n'), {'n': n + 1})\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert counted(engine) == 600


def test_a_reader_sees_one_snapshot_and_never_waits_for_a_writer(engine: sa.Engine) -> None:
    with read_only(engine) as reader:
        assert reader.connection().execute(sa.text("SELECT n FROM counter")).scalar_one() == 0
        with unit_of_work(engine) as session:
            session.connection().execute(sa.text("UPDATE counter SET n = 5"))
            assert counted(engine) == 0
        assert reader.connection().execute(sa.text("SELECT n FROM counter")).scalar_one() == 0
    assert counted(engine) == 5


def test_a_reader_may_not_write_and_its_connection_may_again(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.OperationalError, match="readonly"), read_only(engine) as session:
        session.connection().execute(sa.text("UPDATE counter SET n = 9"))
    set_to(engine, 3)
    assert counted(engine) == 3


def test_a_library_that_only_reads_takes_no_lock(engine: sa.Engine) -> None:
    lazy = begins_on_write(engine)
    with unit_of_work(engine) as session:
        session.connection().execute(sa.text("UPDATE counter SET n = 5"))
        with lazy.begin() as connection:
            assert connection.execute(sa.text("SELECT n FROM counter")).scalar_one() == 0
    with lazy.begin() as connection:
        connection.execute(sa.text("UPDATE counter SET n = 6"))
        connection.execute(sa.text("UPDATE counter SET n = 7"))
    assert counted(engine) == 7


def test_a_library_rolls_back_all_it_wrote(engine: sa.Engine) -> None:
    def interrupted() -> None:
        with begins_on_write(engine).begin() as connection:
            connection.execute(sa.text("UPDATE counter SET n = 6"))
            connection.execute(sa.text("INSERT INTO counter VALUES (2, 0)"))
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert counted(engine) == 0
    set_to(engine, 4)


def test_a_library_may_open_its_own_transaction(engine: sa.Engine) -> None:
    with begins_on_write(engine).begin() as connection:
        connection.execute(sa.text("BEGIN IMMEDIATE"))
        connection.execute(sa.text("UPDATE counter SET n = 8"))
    set_to(engine, counted(engine) + 1)
    assert counted(engine) == 9


def test_a_writer_that_waits_too_long_fails_and_the_next_one_does_not(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "LOCK_TIMEOUT_S", 0.05)
    with unit_of_work(engine), pytest.raises(sa.exc.OperationalError, match="locked"), unit_of_work(engine):
        pass
    set_to(engine, 1)
