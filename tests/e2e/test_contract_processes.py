"""`serve --role`: HTTP and the work in processes of their own, and an end that loses nothing."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import PROGRAM, Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "home")
    yield made
    assert made.stop() == 0
    assert made.tracebacks() == []


def _status(installation: Installation, token: str, case_id: str) -> str:
    found = installation.http.get(f"/v1/cases/{case_id}", headers={"Authorization": f"Bearer {token}"}).json()
    return str(found["status"])


def _until_decided(installation: Installation, token: str, case_id: str) -> None:
    end = time.monotonic() + 90
    while _status(installation, token, case_id) == "open":
        assert time.monotonic() < end
        time.sleep(0.2)


def test_what_the_api_takes_waits_for_a_worker(installation: Installation) -> None:
    token = installation.told("token", "create", "--name", "boss", "--role", "admin")["token"]
    sender = installation.sender("all")
    happened = installation.told("sandbox", "emit", "erp.invoice.drafted", "--count", "3", "--no-send")["emitted"]
    installation.start("--role", "api")
    cases = [sender.take(each) for each in happened]
    time.sleep(2)
    assert {_status(installation, token, each) for each in cases} == {"open"}
    with installation.log.open("ab") as log:
        worker = subprocess.Popen(
            [PROGRAM, "serve", "--role", "worker"], env=installation.environment, stdout=log, stderr=log
        )
    try:
        for each in cases:
            _until_decided(installation, token, each)
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0


def test_sigterm_with_work_under_way_exits_with_0_and_loses_nothing(installation: Installation) -> None:
    token = installation.told("token", "create", "--name", "boss", "--role", "admin")["token"]
    sender = installation.sender("all")
    happened = installation.told("sandbox", "emit", "--count", "20", "--no-send")["emitted"]
    installation.start()
    cases = {sender.take(each) for each in happened}
    assert installation.stop() == 0
    again = Installation(installation.home)
    try:
        again.start()
        for each in cases:
            _until_decided(again, token, each)
    finally:
        assert again.stop() == 0


def test_a_second_start_is_quick(installation: Installation) -> None:
    installation.told("token", "create", "--name", "boss", "--role", "admin")
    installation.start()
    assert installation.stop() == 0
    again = Installation(installation.home)
    try:
        # Timed loosely: the figure itself is a bench's, this finds a start that waits for something.
        assert again.start() < 30
    finally:
        assert again.stop() == 0
