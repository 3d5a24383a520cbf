"""Many processes on one database: each effect once, everybody takes part, and the work of the dead is finished."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Fleet, until
from tests.e2e.installation import Installation
from tests.e2e.sender import Sender
from tests.postgres import new_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EVENTS, ONCE_MORE = int(os.environ.get("TEST_FLEET_EVENTS", "60")), 20
MORE = 90
"""While which one worker is killed and one is stopped."""
DECIDING = ("reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "admin")
TAKEN_OVER_S = 60
"""Within which the others finish what a killed worker had begun."""


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Callable[[str], Fleet]]:
    made: list[Fleet] = []

    def at(url: str) -> Fleet:
        made.append(Fleet(tmp_path / "home", url))
        return made[-1]

    yield at
    for each in made:
        assert set(each.stop()) == {0}
        assert each.surfaces[0].tracebacks() == []


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """It goes with its server: a fleet outlives the fixtures that its test asked for after it."""
    return new_database(postgres_server)


class Office:
    """Two people who may decide everything, and a source, over all surfaces of a fleet."""

    def __init__(self, fleet: Fleet, surfaces: int) -> None:
        self.fleet = fleet
        first, *_ = self.surfaces = [fleet.installation() for _ in range(surfaces)]
        self.tokens = [
            first.told("token", "create", "--name", name, *itertools.chain(*(("--role", role) for role in DECIDING)))[
                "token"
            ]
            for name in ("chief", "second")
        ]
        self._source = first.sender("all", "--types", "*")

    def senders(self) -> list[Sender]:
        return [self.fleet.sender(self._source, surface) for surface in self.surfaces]

    def happened(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.surfaces[0].told("sandbox", "emit", "--count", str(count), "--no-send")[
            "emitted"
        ]
        return found

    def deliver(self, events: list[dict[str, Any]], again: int) -> set[str]:
        """Each to one surface, and the first of them to each other one too, at the same time; answers the cases."""
        senders = self.senders()
        jobs = [(event, senders[number % len(senders)]) for number, event in enumerate(events)]
        jobs += [(event, senders[(number + 1) % len(senders)]) for number, event in enumerate(events[:again])]
        with ThreadPoolExecutor(8) as pool:
            return set(pool.map(lambda job: job[1].take(job[0]), sorted(jobs, key=lambda job: job[0]["id"])))

    def get(self, surface: Installation, path: str, **query: Any) -> Any:
        answer = surface.http.get(path, params=query, headers={"Authorization": f"Bearer {self.tokens[0]}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def queue(self, surface: Installation) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.get(
                surface, "/v1/reviews", status="pending", limit=200, **({"cursor": cursor} if cursor else {})
            )
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def approve(self, review: dict[str, Any]) -> list[int]:
        """By the same person at every surface at the same moment, and where two are needed by the second one too."""
        codes = []
        for token in self.tokens:
            body = {"verdict": "approve", "args_digest": review["args_digest"]}

            def say(surface: Installation, token: str = token, body: Any = body) -> tuple[int, Any]:
                answer = surface.http.post(
                    f"/v1/reviews/{review['id']}/verdicts", json=body, headers={"Authorization": f"Bearer {token}"}
                )
                return answer.status_code, answer.json()

            with ThreadPoolExecutor(len(self.surfaces)) as pool:
                answers = list(pool.map(say, self.surfaces))
            codes += [code for code, _ in answers]
            if any(code == 200 and told["status"] != "pending" for code, told in answers):
                break
        return codes

    def listen(self, surface: Installation, heard: list[int], over: threading.Event) -> threading.Thread:
        """Notes the seqs that the live updates of that surface tell."""
        ready = threading.Event()

        def run() -> None:
            headers = {"Authorization": f"Bearer {self.tokens[0]}"}
            with surface.http.stream("GET", "/v1/live", headers=headers) as answer:
                for line in answer.iter_lines():
                    ready.set()
                    if line.startswith("id: "):
                        heard.append(int(line[4:]))
                    if over.is_set():
                        return

        thread = threading.Thread(target=run)
        thread.start()
        assert ready.wait(30)
        time.sleep(0.5)
        return thread

    def holds(self) -> int:
        """Each effect once, for each execution that succeeded, and the log verifies; answers how many effects."""
        first = self.surfaces[0]
        ledger = [each for each in first.told("sandbox", "ledger") if str(each["key"]).startswith("cs_")]
        assert {each["count"] for each in ledger} == {1}
        keys = [each["key"] for each in ledger]
        assert len(keys) == len(set(keys))
        succeeded = {key for (key,) in self.fleet.rows("SELECT key FROM execution WHERE status = 'succeeded'")}
        assert succeeded == set(keys)
        assert self.fleet.rows("SELECT id FROM execution WHERE status IN ('running', 'unknown')") == []
        key, log = first.home.parent / "audit.pub", first.home.parent / "log.jsonl"
        key.write_text(first.run("audit", "key").stdout)
        assert first.run("audit", "export", "--out", str(log)).returncode == 0
        assert first.run("audit", "verify", str(log), "--public-key", str(key)).returncode == 0
        return len(keys)

    def done(self, seconds: float) -> float:
        return until(
            lambda: self.fleet.waiting() == 0 and not self.fleet.rows('SELECT id FROM "case" WHERE status = \'open\''),
            seconds, "all work is done",
        )  # fmt: skip


@pytest.mark.postgres
def test_two_surfaces_and_three_workers_on_postgres(
    fleet: Callable[[str], Fleet], postgres: str, record_property: Callable[[str, object], None]
) -> None:
    office = Office(fleet(postgres), surfaces=2)
    one, two = office.surfaces
    events = office.happened(EVENTS)
    office.fleet.start(workers=3)
    heard: tuple[list[int], list[int]] = ([], [])
    over = threading.Event()
    listening = [office.listen(surface, told, over) for surface, told in zip(office.surfaces, heard, strict=True)]
    first_seq = office.get(one, "/v1/audit/checkpoint")["size"]

    begun = time.monotonic()
    cases = office.deliver(events, ONCE_MORE)
    stored = office.fleet.rows("SELECT count(*) FROM event")[0][0]
    assert stored == EVENTS
    office.done(300)
    triaged_s = time.monotonic() - begun
    queue = office.queue(one)
    assert queue == office.queue(two)
    assert len(queue) > EVENTS // 3

    with ThreadPoolExecutor(4) as pool:
        codes = [code for found in pool.map(office.approve, queue) for code in found]
    assert set(codes) <= {200, 403, 409}
    office.done(300)
    assert office.queue(one) == office.queue(two)
    worked = office.fleet.done_by()
    assert len(worked) == 3, worked
    assert min(worked.values()) > EVENTS // 15, worked
    for surface in office.surfaces:
        assert not {"onnxruntime", "chromadb", "tokenizers"} & set(_named(office.fleet.mapped(surface)))

    # Both surfaces told everything since, each entry once and in order.
    last = office.get(two, "/v1/audit/checkpoint")["size"]
    until(lambda: all(told and told[-1] >= last - 1 for told in heard), 10, "both surfaces have told everything")
    over.set()
    office.surfaces[0].run("source", "add", "ends-the-listening", "--verifier", "standard-webhooks", "--tenant", "demo")
    for thread in listening:
        thread.join(20)
    for told in heard:
        assert told[: last - first_seq] == list(range(first_seq, last))
    effects = office.holds()
    record_property(
        "fleet",
        f"{EVENTS} events and {ONCE_MORE} duplicates of {len(cases)} cases in {triaged_s:.1f} s, {len(queue)} reviews, "
        f"{effects} effects, items by worker {sorted(worked.values())}",
    )

    _one_dies_and_one_is_stopped(office, record_property)


def _named(mapped: str) -> list[str]:
    return [name for name in ("onnxruntime", "chromadb", "tokenizers") if name in mapped]


def _one_dies_and_one_is_stopped(office: Office, record_property: Callable[[str, object], None]) -> None:
    """Of three, in the middle of work: one killed, one stopped until the third has done it all, then continued."""
    fleet = office.fleet
    events = office.happened(MORE)
    killed, stopped, _ = fleet.workers
    before = set(fleet.done_by())
    threading.Thread(target=office.deliver, args=(events, 10)).start()
    until(lambda: len(+fleet.held_by()) == len(before) == 3, 60, "all three are at work")
    killed.signal(signal.SIGKILL)
    stopped.signal(signal.SIGSTOP)
    held = fleet.held_by()
    begun = time.monotonic()
    until(lambda: fleet.rows("SELECT count(*) FROM event")[0][0] == EVENTS + MORE, 60, "all events are taken")
    office.done(TAKEN_OVER_S)
    taken_over_s = time.monotonic() - begun
    assert taken_over_s < TAKEN_OVER_S
    done = fleet.done_by()
    stopped.signal(signal.SIGCONT)
    # It goes on where it was, with work that is done by now, and then takes its part of what comes.
    time.sleep(8)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(office.approve, office.queue(office.surfaces[0])))
    office.done(60)
    after = fleet.done_by()
    assert stopped.process.poll() is None
    assert sum(after[each] > done[each] for each in after) == 2, (done, after)
    effects = office.holds()
    record_property(
        "fleet",
        f"a worker killed and one stopped holding {dict(held)}: all done after {taken_over_s:.1f} s; {effects} effects",
    )


def test_two_workers_on_one_sqlite_file(fleet: Callable[[str], Fleet], tmp_path: Path) -> None:
    office = Office(fleet(f"sqlite:///{tmp_path / 'home' / 'countersign.db'}"), surfaces=1)
    events = office.happened(60)
    office.fleet.start(workers=2)
    office.deliver(events, 0)
    office.done(120)
    for review in office.queue(office.surfaces[0]):
        office.approve(review)
    office.done(60)
    assert len(office.fleet.done_by()) == 2
    assert office.holds() > 10
    copies = tmp_path / "home" / "cache" / "precedents"
    # Each has a copy of its own, which learns what people said.
    until(lambda: len(list(copies.glob("slot-?/*.mark"))) == 2, 20, "both workers learn")
