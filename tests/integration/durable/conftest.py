"""The same tests on SQLite and on a throw-away PostgreSQL of the system's own binaries."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_worker import DbosWorker
from app.durable.port import Schedule, Work
from app.store.engine import make_engine, unit_of_work
from tests.integration.durable.items import SOON, StartWorker


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a fresh server. PostgreSQL refuses root, so as root it runs as the user `postgres`."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path(shutil.which("initdb") or "/nowhere").parent]
    if not (programs[-1] / "initdb").exists():
        pytest.skip("no PostgreSQL server programs on this machine")
    user = None
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            pytest.skip("PostgreSQL refuses root and there is no user named postgres")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if user is not None:
            shutil.chown(folder, user)
        data = f"{folder}/data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [programs[-1] / program, *arguments], user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL
            )

        run("initdb", "-D", data, "-U", "countersign", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        run("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://countersign@/{{database}}?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'work.db'}"
    return new_database(request.getfixturevalue("postgres_server"))


def new_database(server: str) -> str:
    """The address of an empty database of the server."""
    name = f"test_{uuid.uuid4().hex}"
    admin = sa.create_engine(server.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.format(database=name)


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """With a table `effect(row, n)` for what handlers do."""
    engine = make_engine(url)
    with unit_of_work(engine) as session:
        session.connection().execute(sa.text("CREATE TABLE effect (row_id VARCHAR(80) NOT NULL, n INTEGER NOT NULL)"))
    yield engine
    engine.dispose()


@pytest.fixture
def queue(engine: sa.Engine) -> DbosQueue:
    queue = DbosQueue(engine)
    queue.prepare()
    return queue


@pytest.fixture
def start(engine: sa.Engine, queue: DbosQueue) -> Iterator[StartWorker]:
    started: list[DbosWorker] = []

    def start(works: Sequence[Work], schedules: Sequence[Schedule] = ()) -> DbosWorker:
        worker = DbosWorker(engine, queue, works, schedules)
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        assert worker.drain(SOON) == 0
