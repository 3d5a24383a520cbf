"""An installation as its owner meets it: a home folder, the command line, and `serve` on a port of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.sender import Sender
from tests.postgres import of_home

PROGRAM = Path(sys.executable).with_name("countersign")
_READY_S = 90
_STOP_S = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """Runs `countersign` in an environment that holds nothing of this machine's settings."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.with_suffix(".log")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith("COUNTERSIGN_") and name not in ("OPENAI_API_KEY", "OPENAI_BASE_URL")
        }
        self.environment |= {"COUNTERSIGN_HOME": str(home), "COUNTERSIGN_PORT": str(self.port)}
        mine = settings if "database_url" in settings else settings | of_home(home)
        self.environment |= {f"COUNTERSIGN_{name.upper()}": value for name, value in mine.items()}
        self.http = httpx.Client(base_url=self.url, timeout=90)
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, text: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        """One command to its end, whatever it exits with."""
        more = {f"COUNTERSIGN_{name.upper()}": value for name, value in settings.items()}
        return subprocess.run(
            [PROGRAM, *arguments], env=self.environment | more, input=text, capture_output=True, text=True, timeout=120,
            check=False, cwd=self.home.parent,
        )  # fmt: skip

    def told(self, *arguments: str) -> Any:
        """The JSON that a command answers with `--json`; it must succeed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, (arguments, done.stderr)
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> float:
        """Starts `serve` and waits until it is ready; answers the seconds that took."""
        begun = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve", *arguments], env=self.environment, stdout=log, stderr=log, cwd=self.home.parent
            )
        while time.monotonic() < begun + _READY_S:
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            try:
                if self.http.get("/readyz").status_code == 200:
                    return time.monotonic() - begun
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready within {_READY_S} s: {self.log.read_text()[-2000:]}")

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        self.http.close()
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def sender(self, name: str, *arguments: str) -> Sender:
        """Adds a source of this name to the first tenant and speaks as it."""
        made = self.told(
            "source", "add", name, "--verifier", "standard-webhooks", "--tenant", "demo", *arguments
        )  # fmt: skip
        assert made.keys() == {"source", "secret", "url"}
        return Sender(made["url"], made["secret"], self.http)

    def kill(self) -> None:
        """`kill -9`."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def tracebacks(self) -> list[str]:
        """What the service wrote of errors that nobody foresaw."""
        return re.findall(r"Traceback \(most recent call last\):.*?\n(?=\S)[^\n]*", self.log.read_text(), re.DOTALL)
