"""The fleet: the processes of the service, each killed again and again and started again at once."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.workflow.faults import POINTS
from tests.soak.firm import Firm

PROGRAM = Path(sys.executable).with_name("countersign")
RANDOM = "(at a random moment)"
# What this traffic does not lead to; tests elsewhere do.
NOT_PROVOKED = {
    "triage.model_called": "needs a model's server", "triage.gave_up": "after 5 failing attempts",
    "execute.gave_up": "after 5 failing attempts", "reconcile.gave_up": "after 8 failing attempts",
    "sweep.overdue": "reviews wait for hours", "sweep.rules": "a broken rule file stops the next start",
    "learn.cleared": "no command rebuilds the memory", "learn.rewound": "no command rebuilds the memory",
    "worker.gave_up": "after 10 deaths in one item",
}  # fmt: skip
BY_COMMAND = ("erase.forgotten", "erase.erased", "erase.scrubbed")
"""Points that `countersign erase` passes, not the service."""
_SERVED = tuple(point for point in POINTS if point not in NOT_PROVOKED and point not in BY_COMMAND)
_STARTED_S = 120
_LONGEST_LIFE_S = 4.0
_WHILE_STARTING = 0.15
_ENDED_S = 60
_AT_ONCE = 5


@dataclass
class Plan:
    """How many kills of each sort are still wanted, and which points come next: those with the fewest hits."""

    random_left: int
    points_left: int
    rng: random.Random
    hits: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def over(self) -> bool:
        with self._lock:
            return self.random_left <= 0 and self.points_left <= 0

    def next(self) -> tuple[bool, tuple[str, ...]]:
        """Whether the next life ends at a random moment, and else at which points."""
        with self._lock:
            at_random = self.points_left <= 0 or (
                self.random_left > 0 and self.rng.random() < self.random_left / (self.random_left + self.points_left)
            )
            if at_random:
                return True, ()
            never = [point for point in _SERVED if not self.hits[point]]
            known = sorted((point for point in _SERVED if self.hits[point]), key=lambda point: self.hits[point])
            # Those with the fewest hits; of what was hit, also at a later passing than the first.
            few = self.rng.sample(known[: 2 * _AT_ONCE], min(len(known), _AT_ONCE)) if len(never) < _AT_ONCE else []
            return False, (*never, *(f"{point}@{self.rng.randint(1, 4)}" for point in few))

    def end(self) -> None:
        """No more kills are wanted."""
        with self._lock:
            self.random_left = self.points_left = 0

    def hit(self, point: str) -> None:
        with self._lock:
            self.hits[point] += 1
            if point == RANDOM:
                self.random_left -= 1
            else:
                self.points_left -= 1


class Member:
    """One process of the service under its supervisor, which starts the next as soon as one has died."""

    def __init__(self, firm: Firm, name: str, role: str, log: Path) -> None:
        self.role, self._log = role, log
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ready = threading.Event()
        self.wild: list[str] = []
        """Lines of what the processes wrote that tell of an error nobody foresaw, or of an end that nobody caused."""
        self._firm, self._name = firm, name
        self._process: subprocess.Popen[str] | None = None
        self._died_at: str | None = None
        self._reader: threading.Thread | None = None

    def live(self, faults: tuple[str, ...]) -> None:
        self._died_at = None
        self.ready.clear()
        self._process = subprocess.Popen(
            [PROGRAM, "serve", "--role", self.role], env=environment(self._firm, self.port, faults),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self._firm.home.parent,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=(self._process,), name=f"{self._name}-log")
        self._reader.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        with self._log.open("a") as log:
            for line in process.stderr:
                log.write(line)
                if line.startswith("fault point "):
                    self._died_at = line.split()[2]
                elif " ready" in line and line.startswith("countersign: "):
                    self.ready.set()

    def died(self) -> str | None:
        """Waits for the end; the fault point at which it died, None where it was killed from outside."""
        assert self._process is not None
        assert self._reader is not None
        code = self._process.wait()
        self._reader.join()
        self.ready.clear()
        if code != -signal.SIGKILL:
            self.wild.append(f"{self._name} ended with {code}; see {self._log}")
        return self._died_at

    def run(self, plan: Plan) -> None:
        """Lives and deaths until the plan is over; no process is left then."""
        while not plan.over and not self.wild:
            at_random, faults = plan.next()
            self.live(faults)
            assert self._process is not None
            if at_random and plan.rng.random() < _WHILE_STARTING:
                self._wait(time.monotonic() + plan.rng.uniform(0.2, 2.0), plan)
            else:
                self._alive_until_ready()
                longest = plan.rng.uniform(0.1, _LONGEST_LIFE_S) if at_random else _LONGEST_LIFE_S
                self._wait(time.monotonic() + longest, plan)
            self._process.kill()
            point = self.died()
            if point or not plan.over:
                plan.hit(point or RANDOM)

    def _alive_until_ready(self) -> bool:
        assert self._process is not None
        end = time.monotonic() + _STARTED_S
        while not self.ready.wait(0.02) and self._process.poll() is None:
            if time.monotonic() > end:
                self.wild.append(f"{self._name} is not ready after {_STARTED_S} s; see {self._log}")
                break
        return self.ready.is_set()

    def _wait(self, until: float, plan: Plan) -> None:
        assert self._process is not None
        while self._process.poll() is None and time.monotonic() < until and not plan.over:
            time.sleep(0.01)

    def stay(self) -> None:
        """A life without faults, until `leave`."""
        self.live(())
        self._alive_until_ready()

    def leave(self) -> None:
        """SIGTERM, which must end it in order."""
        assert self._process is not None
        assert self._reader is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_ENDED_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join()
        if code != 0:
            self.wild.append(f"{self._name} ended with {code} on SIGTERM; see {self._log}")

    def end(self) -> None:
        """Leaves nothing running, whatever happened."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def environment(firm: Firm, port: int, faults: tuple[str, ...] = ()) -> Mapping[str, str]:
    """The settings of one process, and nothing of this machine's own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("COUNTERSIGN_") and name not in ("OPENAI_API_KEY", "OPENAI_BASE_URL")
    }
    # Compiled once, beside the run and not in the sources: starting is most of what a life costs.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {
        "PYTHONPYCACHEPREFIX": str(firm.home.parent / "compiled"),
        "COUNTERSIGN_HOME": str(firm.home), "COUNTERSIGN_DATABASE_URL": firm.database_url,
        "COUNTERSIGN_PORT": str(port), "COUNTERSIGN_CHECKPOINT_SINK": str(firm.sink),
        "COUNTERSIGN_FAULTS": ",".join(faults), "COUNTERSIGN_LOG_LEVEL": "WARNING",
    }  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
