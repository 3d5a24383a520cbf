import signal
import subprocess
import sys
from pathlib import Path

from app.durable.liveness import FileLocks

JOIN = """
import sys, pathlib
from app.durable.liveness import FileLocks
locks = FileLocks(pathlib.Path(sys.argv[1]))
locks.join("other")
print("joined", flush=True)
sys.stdin.readline()
locks.leave()
"""


def started(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", JOIN, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
        assert list(tmp_path.iterdir()) == []


def test_a_process_that_leaves_is_dead(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with started(tmp_path) as process:
        process.communicate("\n")
        assert not locks.alive("other")


def test_itself_is_alive_and_the_unknown_is_not(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "not" / "yet")
    assert not locks.alive("mine")
    locks.join("mine")
    assert locks.alive("mine")
    assert not locks.alive("nobody")
    locks.leave()
    assert not locks.alive("mine")
