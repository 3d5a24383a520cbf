"""One run on one backend: set up, kill for a while under traffic, let it come to rest, judge."""

import contextlib
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import postgres
from tests.soak.callers import Callers
from tests.soak.firm import set_up
from tests.soak.fleet import Member
from tests.soak.judge import Judge, Judgement
from tests.soak.plan import Plan
from tests.soak.takeovers import Takeovers
from tests.soak.tally import Tally
from tests.soak.traffic import Traffic

TAKEN_OVER_S = 60
"""Within which others take up what a process held that died."""


@dataclass(frozen=True)
class Wanted:
    """Of each process `kills` at random moments and `points` at fault points; `seconds` after which no more are made;
    `pace`: seconds between two events of each of two senders; `rest_s`: within which all must come to rest."""

    backend: str
    processes: int
    kills: int
    points: int
    seconds: float
    seed: int = 1
    pace: float = 0.5
    rest_s: float = 300.0
    forked: bool = False
    """Whether lives are forked from a process that has imported the service."""


@dataclass
class Done:
    wanted: Wanted
    hits: Counter[str]
    judgement: Judgement
    takeovers: Takeovers
    answers: Counter[str]
    killing_s: float
    resting_s: float
    load: tuple[float, float, float]

    @property
    def holds(self) -> bool:
        found = self.judgement
        return not (found.lost or found.doubled or found.odd)


def soak(wanted: Wanted, over: threading.Event, keep: Path | None = None) -> Done:
    """Once `over` is set no more kills are made. `keep`: a folder in which all that it leaves is kept."""
    with _folder(keep) as folder, _database(wanted.backend) as url:
        firm = set_up(folder, url)
        plan = Plan(wanted.kills * wanted.processes, wanted.points * wanted.processes, random.Random(wanted.seed))
        takeovers = Takeovers()
        members = [
            Member(
                firm, f"{wanted.backend}-{number}", role, folder / f"process-{number}.log", takeovers,
                forked=wanted.forked,
            )
            for number, role in enumerate(_roles(wanted.processes), 1)
        ]  # fmt: skip
        callers, judge = Callers(firm, members, Tally()), Judge(firm)
        traffic = Traffic(callers, plan, wanted.pace)
        begun = time.monotonic()
        try:
            _kill(members, plan, traffic, over, begun + wanted.seconds)
            killing_s = time.monotonic() - begun
            for member in members:
                member.stay()
            traffic.stop()
            left = judge.quiet(wanted.rest_s)
            resting_s = time.monotonic() - begun - killing_s
            for member in members:
                member.leave()
        finally:
            callers.over.set()
            for member in members:
                member.end()
        found = judge.judge(callers.tally)
        found.lost += [f"{count} {name} are still at work" for name, count in left.items()]
        found.odd += [line for member in members for line in member.wild] + judge.verify()
        late = [each for each in takeovers.seconds if each > TAKEN_OVER_S]
        found.odd += [f"what a dead process held was taken over after {each:.0f} s" for each in late]
        return Done(wanted, plan.hits, found, takeovers, callers.tally.answers, killing_s, resting_s, os.getloadavg())


def _kill(members: list[Member], plan: Plan, traffic: Traffic, over: threading.Event, until: float) -> None:
    supervisors = [threading.Thread(target=member.run, args=(plan,), name="supervisor") for member in members]
    for each in supervisors:
        each.start()
    traffic.start()
    while any(each.is_alive() for each in supervisors):
        if over.is_set() or time.monotonic() > until:
            plan.end()
        time.sleep(0.1)


def _roles(processes: int) -> list[str]:
    """One does everything; of several one only answers, and one more both answers and works."""
    return {1: ["all"], 2: ["api", "worker"]}.get(processes) or ["api", *["worker"] * (processes - 2), "all"]


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextlib.contextmanager
def _database(backend: str) -> Iterator[str | None]:
    if backend == "sqlite":
        yield None
        return
    with postgres.running() as server:
        yield postgres.new_database(server)
