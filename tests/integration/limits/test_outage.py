"""The database away, and the disk full: deliveries are refused, nothing is half, and everything is done once later."""

import contextlib
import os
import pwd
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from tests.integration.backup.house import LIVE, House, until
from tests.integration.limits.sizes import sized, tell
from tests.postgres import new_database, programs

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(400)]
AWAY_S = sized(10, 60)


def settled(house: House) -> bool:
    with contextlib.suppress(httpx.TransportError, sa.exc.SQLAlchemyError):
        return house.idle() and not set(house.executions().values()) & set(LIVE)
    return False


def not_ready(house: House, check: str) -> dict[str, Any] | None:
    """What /readyz says of this check while it fails; the process itself must answer."""
    assert house.service.http.get("/healthz").status_code == 200
    answer = house.service.http.get("/readyz")
    found: dict[str, Any] = answer.json()["checks"][check]
    return found if answer.status_code == 503 and not found["ok"] else None


class Server:
    """The PostgreSQL of the tests, which this one stops and starts."""

    def __init__(self, address: str) -> None:
        self._folder = Path(str(sa.make_url(address.format(database="postgres")).query["host"]))
        self._again: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        pid = int((self._folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGINT)
        until(lambda: not (self._folder / "data" / "postmaster.pid").exists(), 30)

    def start(self) -> None:
        found = programs()
        assert found is not None
        own = self._folder / "programs" / found.name
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        whose: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        self._again = subprocess.Popen(
            [(own if own.exists() else found) / "postgres", "-D", self._folder / "data", "-k", self._folder,
             "-c", "listen_addresses=", "-c", "fsync=off"],
            cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **whose,
        )  # fmt: skip

    def close(self) -> None:
        if self._again is not None:
            self._again.send_signal(signal.SIGQUIT)
            self._again.wait(30)


@pytest.mark.postgres
def test_a_database_that_goes_and_comes_back(tmp_path: Path) -> None:
    from tests.postgres import running

    with running() as address:
        server = Server(address)
        house = House(tmp_path / "house", new_database(address))
        try:
            _goes_and_comes_back(house, server)
        finally:
            house.service.stop()
            server.close()


def _goes_and_comes_back(house: House, server: Server) -> None:
    events = house.happen(24)
    house.service.start()
    assert house.deliver(events[:12]) == 12
    server.stop()  # in the middle of their triage
    gone = time.monotonic()
    statuses = {house.sender.post(each).status_code for each in events[12:15]}
    assert statuses == {503}
    answer = house.sender.post(events[12])
    assert (answer.json()["code"], answer.headers["retry-after"].isdigit()) == ("unavailable", True)
    first = not_ready(house, "database")
    assert first is not None
    time.sleep(max(0.0, AWAY_S - (time.monotonic() - gone)))
    again = not_ready(house, "database")
    assert again is not None
    assert again["since"] == first["since"]
    server.start()
    until(lambda: house.service.http.get("/readyz").status_code == 200, 30)
    back = time.monotonic()
    assert house.deliver(events) == 12
    until(lambda: settled(house), 120)
    tell(f"database away for {back - gone:.0f} s; 24 events done {time.monotonic() - back:.1f} s after it was back")
    _all_done_once(house, 24)


@contextlib.contextmanager
def full_by_file_system(house: House) -> Iterator[Callable[[], None]]:
    filler = house.service.home / "filler"
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 65536)
            file.flush()
    yield lambda: filler.unlink()
    filler.unlink(missing_ok=True)


@contextlib.contextmanager
def full_by_limit(house: House) -> Iterator[Callable[[], object]]:
    process = house.service._process
    assert process is not None
    files = [each for each in house.service.home.glob("countersign.db*") if each.is_file()]
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (min(each.stat().st_size for each in files), hard))
    yield lambda: resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 200 MiB at `folder`, where this machine lets one be made."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", folder], check=False, capture_output=True
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as own:
        house = House(tmp_path / "disk" / "house")
        try:
            _full_for_a_while(house, tmp_path, own=own)
        finally:
            house.service.stop()


def _full_for_a_while(house: House, tmp_path: Path, *, own: bool) -> None:
    events = house.happen(24)
    house.service.start()
    assert house.deliver(events[:12]) == 12
    with (full_by_file_system if own else full_by_limit)(house) as make_room:
        refused: list[int] = []

        def is_full() -> bool:
            refused.append(house.sender.post(events[12 + len(refused) % 12]).status_code)
            return refused[-5:] == [503] * 5

        until(is_full, 30)
        assert set(refused) <= {202, 503}
        if own:
            assert not_ready(house, "disk") is not None
        assert house.service.http.get("/healthz").status_code == 200
        time.sleep(sized(4, 30))
        make_room()
    until(lambda: house.service.http.get("/readyz").status_code == 200, 30)
    back = time.monotonic()
    house.deliver(events)
    until(lambda: settled(house), 120)
    how = "tmpfs" if own else "RLIMIT_FSIZE"
    tell(f"disk full ({how}); all of 24 events done {time.monotonic() - back:.1f} s after there was room")
    _all_done_once(house, 24)
    assert house.verify(tmp_path)[0] == 0


def _all_done_once(house: House, events: int) -> None:
    answer = house.call("GET", "/v1/audit/entries", params={"kind": "event.accepted", "limit": 200})
    assert len(answer.json()["items"]) == events
    cases = house.call("GET", "/v1/cases", params={"limit": 200}).json()["items"]
    assert {each["status"] for each in cases} <= {"waiting", "done"}, "an item was given up"
    ledger, executions = house.ledger(), house.executions()
    assert all(each["count"] == 1 for each in ledger.values())
    assert {executions[key] for key in ledger} <= {"succeeded"}
    assert {status for key, status in executions.items() if key not in ledger} <= {"held", "void"}
    assert not house.service.tracebacks() or "give" not in "".join(house.service.tracebacks())
