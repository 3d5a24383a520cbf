"""`countersign demo` as a newcomer meets it: a process that serves, lives, is worked with curl's means, and ends."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("countersign")
PATIENCE_S = 60.0

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Running:
    """The process, and what it printed of how to get in."""

    process: subprocess.Popen[str]
    access: dict[str, str]
    environment: dict[str, str]
    ready_s: float

    def get(self, path: str) -> Any:
        return self._answer(urllib.request.Request(self.access["url"] + path))

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(self.access["url"] + path, json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        return self._answer(request)

    def _answer(self, request: urllib.request.Request) -> Any:
        request.add_header("Authorization", f"Bearer {self.access['token']}")
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def command(self, *arguments: str) -> Any:
        ran = subprocess.run(
            [PROGRAM, *arguments, "--json"], env=self.environment, capture_output=True, text=True, check=True
        )
        return json.loads(ran.stdout)

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(number)
        _out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, err


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
    return kept | {"COUNTERSIGN_HOME": str(home), "COUNTERSIGN_PORT": str(free_port())}


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[Running]:
    around = environment(home)
    began = time.monotonic()
    process = subprocess.Popen(
        [PROGRAM, "demo", "--json", *arguments], env=around, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        access = json.loads(line)
        yield Running(process, access, around, time.monotonic() - began)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(check: Callable[[], Any]) -> Any:
    """What `check` answers once that is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)
    return found


def types_seen(firm: Running) -> set[str]:
    cases = firm.get("/v1/cases?limit=200")["items"]
    return {case["workflow"] for case in cases if case["status"] != "open"}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the demonstration ran until one event of each type was worked off, then ended in order."""
    home = tmp_path_factory.mktemp("demo") / "home"
    with running(home, "--every", "1") as firm:
        assert firm.access.keys() == {"url", "link", "token", "principal", "name", "tenant", "source"}
        assert firm.access["link"].startswith(firm.access["url"] + "/sign-in?link=")
        assert firm.get("/readyz")["status"] == "ready"
        until(lambda: len(types_seen(firm)) >= 13)
        code, err = firm.end()
    assert code == 0, err
    assert "nothing left undone" in err
    assert "Traceback" not in err
    assert home.stat().st_mode & 0o077 == 0
    return home


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    shutil.copytree(lived, tmp_path / "home")
    return tmp_path / "home"


def test_an_approval_by_token_changes_the_firm_once(home: Path) -> None:
    with running(home, "--still") as firm:
        queue = firm.get("/v1/reviews?limit=200")["items"]
        review = next(each for each in queue if each["action"]["tool"] == "shift_milestone")
        before = firm.command("sandbox", "ledger")
        verdict = {"verdict": "approve", "args_digest": review["args_digest"]}
        assert firm.post(f"/v1/reviews/{review['id']}/verdicts", verdict)["status"] == "approved"
        with pytest.raises(urllib.error.HTTPError) as again:
            firm.post(f"/v1/reviews/{review['id']}/verdicts", verdict)
        again.value.close()
        assert again.value.code == 409
        new = until(lambda: [each for each in firm.command("sandbox", "ledger") if each not in before])
        assert [(each["tool"], each["count"]) for each in new] == [("shift_milestone", 1)]
        args = review["action"]["args"]
        assert firm.command("sandbox", "show", "milestone", args["milestone_id"])["due_on"] == args["due_on"]
        assert firm.end()[0] == 0


def test_duplicate_deliveries_are_one_case(home: Path) -> None:
    with running(home, "--still") as firm:
        # What happened as the last run ended, and was not told yet, is told with whatever happens next.
        first = firm.command("sandbox", "emit", "support.ticket.opened")["emitted"][0]["data"]["ticket_id"]
        until(lambda: any(first in str(case["subject"]) for case in firm.get("/v1/cases?limit=200")["items"]))
        count = len(firm.get("/v1/cases?limit=200")["items"])
        told = firm.command("sandbox", "emit", "support.ticket.opened", "--duplicates", "2")
        assert told["sent"] == [told["emitted"][0]["id"]]
        assert len(until(lambda: firm.get("/v1/cases?limit=200")["items"])) == count + 1
        assert firm.end(signal.SIGTERM)[0] == 0


def test_what_was_kept_goes_on_and_the_log_holds(home: Path, tmp_path: Path) -> None:
    with running(home, "--still") as firm:
        kept = {case["id"] for case in firm.get("/v1/cases?limit=200")["items"]}
        assert len(kept) >= 13
        (tmp_path / "key").write_text(firm.command("audit", "key")["key"])
        firm.command("audit", "export", "--out", str(tmp_path / "log"))
        held = firm.command("audit", "verify", str(tmp_path / "log"), "--public-key", str(tmp_path / "key"))
        assert held["holds"]
        people = {each["name"] for each in firm.command("user", "list") if each["record_id"]}
        assert len(people) >= 10
        assert firm.end()[0] == 0
    with running(home, "--still") as again:
        assert again.access["link"] != firm.access["link"]
        assert {case["id"] for case in again.get("/v1/cases?limit=200")["items"]} == kept
        assert {each["name"] for each in again.command("user", "list") if each["record_id"]} == people
        assert again.end()[0] == 0


def test_a_taken_port_is_said_at_once(home: Path) -> None:
    with running(home, "--still") as firm:
        other = environment(home) | {"COUNTERSIGN_PORT": firm.environment["COUNTERSIGN_PORT"]}
        ran = subprocess.run(
            [PROGRAM, "serve", "--role", "api"], env=other, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 4
        assert "COUNTERSIGN_PORT names another port" in ran.stderr


def test_a_killed_demonstration_goes_on(home: Path) -> None:
    with running(home, "--every", "0.2") as firm:
        time.sleep(2)
        firm.process.kill()
        firm.process.communicate()
    with running(home, "--still") as again:
        until(lambda: all(each["status"] != "open" for each in again.get("/v1/cases?limit=200")["items"]))
        assert all(entry["count"] == 1 for entry in again.command("sandbox", "ledger"))
        assert again.end()[0] == 0


@pytest.mark.parametrize("role", ["api", "worker"])
def test_roles_end_in_order(home: Path, role: str) -> None:
    process = subprocess.Popen(
        [PROGRAM, "serve", "--role", role, "--json"], env=environment(home), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["role"] == role
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
