"""The fleet: the processes of the service, each killed again and again and started again at once."""

import os
import signal
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from tests.soak.firm import Firm
from tests.soak.lives import Life, Nursery, Started
from tests.soak.plan import RANDOM, Plan
from tests.soak.takeovers import Takeovers

_STARTED_S = 600
_LONGEST_LIFE_S = 4.0
_WHILE_STARTING = 0.15
_ENDED_S = 60


class Member:
    """One process of the service under its supervisor, which starts the next as soon as one has died."""

    def __init__(self, firm: Firm, name: str, role: str, log: Path, takeovers: Takeovers, *, forked: bool) -> None:
        self.role, self._log = role, log.open("a")
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ready = threading.Event()
        self.wild: list[str] = []
        """Ends that nobody caused."""
        self._firm, self._name, self._takeovers = firm, name, takeovers
        self._nursery = Nursery(self._hear) if forked else None
        self._life: Life | None = None
        self._died_at: str | None = None
        self._executor: str | None = None

    def live(self, faults: tuple[str, ...]) -> Life:
        self._died_at = self._executor = None
        self.ready.clear()
        arguments, settings = ("serve", "--role", self.role), environment(self._firm, self.port, faults)
        folder = self._firm.home.parent
        if self._nursery is not None:
            self._life = self._nursery.begin(arguments, settings, folder)
        else:
            self._life = Started(arguments, settings, folder, self._hear)
        return self._life

    def _hear(self, line: str) -> None:
        self._log.write(line)
        self._log.flush()
        if line.startswith("fault point "):
            self._died_at = line.split()[2]
        elif line.startswith("countersign: ") and " ready" in line:
            _, _, executor = line.strip().partition(" as ")
            self._executor = executor or None
            self.ready.set()
        else:
            self._takeovers.hear(line)

    def run(self, plan: Plan) -> None:
        """Lives and deaths until the plan is over; no process is left then."""
        while not plan.over and not self.wild:
            at_random, faults = plan.next()
            life = self.live(faults)
            if at_random and plan.rng.random() < _WHILE_STARTING:
                _wait(life, plan.rng.uniform(0.2, 2.0), plan)
            else:
                self._until_ready(life)
                _wait(life, plan.rng.uniform(0.1, _LONGEST_LIFE_S) if at_random else _LONGEST_LIFE_S, plan)
            life.send(signal.SIGKILL)
            code = life.wait()
            self.ready.clear()
            if self._executor is not None:
                self._takeovers.died(self._executor)
            if code != -signal.SIGKILL:
                self.wild.append(f"{self._name} ended with {code}; see {self._log.name}")
            elif self._died_at or not plan.over:
                plan.hit(self._died_at or RANDOM)

    def _until_ready(self, life: Life) -> None:
        end = time.monotonic() + _STARTED_S
        while not self.ready.wait(0.02) and not life.over:
            if time.monotonic() > end:
                self.wild.append(f"{self._name} is not ready after {_STARTED_S} s; see {self._log.name}")
                return

    def stay(self) -> None:
        """A life without faults, until `leave`."""
        self._until_ready(self.live(()))

    def leave(self) -> None:
        """SIGTERM, which must end it in order."""
        assert self._life is not None
        self._life.send(signal.SIGTERM)
        try:
            code = self._life.wait(_ENDED_S)
        except TimeoutError:
            code = -signal.SIGKILL
        if code != 0:
            self.wild.append(f"{self._name} ended with {code} on SIGTERM; see {self._log.name}")

    def end(self) -> None:
        """Leaves nothing running, whatever happened."""
        if self._life is not None and not self._life.over:
            self._life.send(signal.SIGKILL)
            self._life.wait()
        if self._nursery is not None:
            self._nursery.close()
        self._log.close()


def _wait(life: Life, seconds: float, plan: Plan) -> None:
    end = time.monotonic() + seconds
    while not life.over and time.monotonic() < end and not plan.over:
        time.sleep(0.01)


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
