"""A worker in a process of its own that stops itself in the middle of an effect, as a machine does that swaps or is
suspended: python held.py HOME DATABASE_URL. Reads `EXECUTION START before|after` a line, and works each off."""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from app.bootstrap import TenantConnectors, compose, works
from app.durable.port import WorkItem
from app.rulesets import Rulesets
from app.store.engine import make_engine
from app.workflow.route import EXECUTE_WORK
from tests.integration.fakes import FakeAgents, FakeClock, FakeQueue
from tests.integration.world import settings_of
from tools.actions import Action
from tools.receipt import Receipt
from tools.write_port import WritePort


class Held:
    """The real connector, before or after whose call the whole process stops until it is continued."""

    def __init__(self, port: WritePort, when: str) -> None:
        self._port, self._when = port, when

    def apply(self, action: Action, key: str) -> Receipt:
        if self._when == "before":
            os.kill(os.getpid(), signal.SIGSTOP)
        receipt = self._port.apply(action, key)
        if self._when == "after":
            os.kill(os.getpid(), signal.SIGSTOP)
        return receipt

    def lookup(self, key: str) -> Receipt | None:
        return self._port.lookup(key)


class HeldConnectors(TenantConnectors):
    when = "before"

    def writer(self, tenant: str, connector: str) -> WritePort:
        return Held(super().writer(tenant, connector), self.when)


def main() -> None:
    home, url = sys.argv[1:3]
    settings = settings_of(Path(home), url or None)
    clock = FakeClock(datetime.fromisoformat("2026-03-02T09:00:00+00:00"))
    engine = make_engine(settings.database_url)
    connectors = HeldConnectors(engine, Path(home) / "sandbox", clock)
    ctx = compose(
        settings, engine, clock=clock, queue=FakeQueue(engine, clock), rulesets=Rulesets(), triage=FakeAgents(),
        learner=None, connectors=connectors,
    )  # fmt: skip
    handler = next(work.handler for work in works(ctx) if work.kind == EXECUTE_WORK)
    print("ready", flush=True)  # noqa: T201 - how the test knows
    for line in sys.stdin:
        execution, start, connectors.when = line.split()
        clock.move_to(datetime.fromisoformat(start))
        handler(WorkItem(kind=EXECUTE_WORK, row=execution, generation=1, partition="acme"))
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
