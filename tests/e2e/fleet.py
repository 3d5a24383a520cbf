"""Several processes of one installation: surfaces with addresses of their own, and workers."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.store.engine import make_engine
from tests.e2e.installation import PROGRAM, Installation
from tests.e2e.sender import Sender

_READY_S = 90


def until(holds: Callable[[], bool], seconds: float, why: str) -> float:
    """Waits; answers how long."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() < begun + seconds, f"not within {seconds:g} s: {why}"
        time.sleep(0.2)
    return time.monotonic() - begun


@dataclass
class Worker:
    process: subprocess.Popen[str]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@dataclass
class Fleet:
    """`url` names the database that all share; the home folder is shared too, as it is on one machine."""

    home: Path
    url: str
    surfaces: list[Installation] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)

    def installation(self) -> Installation:
        made = Installation(self.home, database_url=self.url)
        self.surfaces.append(made)
        return made

    def start(self, workers: int) -> None:
        """Every surface, and so many workers."""
        for each in self.surfaces:
            each.start("--role", "api")
        with self.surfaces[0].log.open("a") as log:
            started = [
                subprocess.Popen(
                    [PROGRAM, "serve", "--role", "worker", "--json"], env=self.surfaces[0].environment,
                    stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.home.parent,
                )
                for _ in range(workers)
            ]  # fmt: skip
        for process in started:
            self.workers.append(Worker(process))
            assert process.stdout is not None
            assert '"role": "worker"' in process.stdout.readline()

    def sender(self, sender: Sender, surface: Installation) -> Sender:
        """The same source, delivering to this surface."""
        return Sender(f"{surface.url}/v1/events/{sender.url.rsplit('/', 1)[1]}", sender.secret, surface.http)

    def mapped(self, surface: Installation) -> str:
        """Which files that process has mapped."""
        assert surface._process is not None
        return Path(f"/proc/{surface._process.pid}/maps").read_text()

    def done_by(self) -> Counter[str]:
        """Items of work by the executor that finished them."""
        return self._executors("SUCCESS")

    def held_by(self) -> Counter[str]:
        """Items of work by the executor that has begun them."""
        return self._executors("PENDING")

    def waiting(self) -> int:
        """Items of work that nobody has finished; schedules do not count."""
        return sum(self._executors("PENDING", "ENQUEUED", "DELAYED").values())

    def _executors(self, *statuses: str) -> Counter[str]:
        table = "workflow_status" if self.url.startswith("sqlite") else "dbos.workflow_status"
        query = sa.text(
            f"SELECT coalesce(executor_id, '') FROM {table} WHERE status IN :statuses"
            " AND queue_name IN ('triage', 'execute', 'reconcile')"
        ).bindparams(sa.bindparam("statuses", expanding=True))
        engine = make_engine(self.url, pool_size=1)
        try:
            with engine.connect() as connection:
                return Counter(connection.execute(query, {"statuses": list(statuses)}).scalars())
        finally:
            engine.dispose()

    def rows(self, statement: str) -> list[Any]:
        engine = make_engine(self.url, pool_size=1)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(sa.text(statement))]
        finally:
            engine.dispose()

    def stop(self) -> list[int]:
        """SIGTERM to all; answers the exit codes of those that still ran."""
        codes = []
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.signal(signal.SIGCONT)
                worker.signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                code = worker.process.wait(60)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                code = worker.process.wait()
            if code != -signal.SIGKILL:
                codes.append(code)
            if worker.process.stdout is not None:
                worker.process.stdout.close()
        return codes + [each.stop() for each in self.surfaces]
