import fcntl
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.durable import liveness
from app.durable.liveness import FileLocks

JOIN = """
import sys, pathlib
from app.durable.liveness import FileLocks
locks = FileLocks(pathlib.Path(sys.argv[1]))
locks.join("other")
for item in sys.argv[2:]:
    locks.begin(item)
print("joined", flush=True)
sys.stdin.readline()
locks.leave()
"""


def started(folder: Path, *items: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", JOIN, str(folder), *items], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "joined\n"
    return process


def test_a_process_is_alive_until_it_is_killed(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with started(tmp_path) as process:
        assert locks.alive("other")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not locks.alive("other")
        locks.bury("other")
        assert list(tmp_path.iterdir()) == []


def test_a_process_that_leaves_is_dead(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with started(tmp_path) as process:
        process.communicate("\n")
        assert not locks.alive("other")


def test_somebody_is_alive_while_one_is(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "executors")
    assert not locks.anyone()
    with started(tmp_path / "executors") as process:
        assert locks.anyone()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not locks.anyone()


def test_who_joins_waits_for_those_who_look(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with (tmp_path / "mine").open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_EX)
        threading.Timer(0.1, fcntl.flock, (looked_at, fcntl.LOCK_UN)).start()
        locks = FileLocks(tmp_path)
        locks.join("mine")
    assert locks.alive("mine")
    locks.leave()


def test_itself_is_alive_and_the_unknown_is_not(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "not" / "yet")
    assert not locks.alive("mine")
    locks.join("mine")
    assert locks.alive("mine")
    assert not locks.alive("nobody")
    locks.leave()
    assert not locks.alive("mine")


def test_what_it_had_begun_is_known_after_it_was_killed(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with started(tmp_path, "triage:run_1:0", "execute:exe_2:1") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not locks.alive("other")
        assert locks.begun_by("other") == {"triage:run_1:0", "execute:exe_2:1"}
        locks.bury("other")
        assert locks.begun_by("other") is None


def test_notes_keep_what_is_under_way_and_no_more_than_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "_MOST_NOTED", 500)
    locks = FileLocks(tmp_path)
    locks.join("mine")
    locks.begin("triage:long:0")
    for number in range(1_000):
        locks.begin(f"triage:{number}:0")
        locks.end(f"triage:{number}:0")
    assert (tmp_path / "mine").stat().st_size < 600
    assert "triage:long:0" in (locks.begun_by("mine") or ())
