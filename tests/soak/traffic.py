"""The traffic: events and duplicates, people who agree and disagree at once, corrections, undoing, switches, faults."""

import random
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.clock import system_clock
from app.workflow.faults import POINTS
from tests.soak.callers import Callers
from tests.soak.firm import TENANT
from tests.soak.fleet import environment
from tests.soak.lives import PROGRAM
from tests.soak.plan import BY_COMMAND, Plan
from tools.connectors.sandbox import Sandbox

_BATCH = 40
_DUPLICATED = 0.15
_SWITCHES = (
    ("tool", "notify_channel"), ("tool", "create_task"), ("workflow", "hr.person.joined"), ("agent", "triage"),
    ("workflow", "support.ticket.opened"),
)  # fmt: skip
_WORDS = (
    "Please add a second dashboard for the finance team.", "The export has been failing since yesterday.",
    "We need another tester from next month on.", "Why does the last invoice name the old rate?",
)  # fmt: skip


class Traffic:
    """Threads that go on until `stop`. What they did stands on the tally of `callers`."""

    def __init__(self, callers: Callers, plan: Plan, pace: float) -> None:
        """`pace`: seconds between two events of one sender."""
        self._callers, self._plan, self._pace = callers, plan, pace
        self._tally, self._firm = callers.tally, callers.firm
        self._people = list(self._firm.people.items())
        self._sandbox = Sandbox(self._firm.ledger_file, system_clock)
        self._over = threading.Event()
        self._pairs = ThreadPoolExecutor(8)
        loops: list[tuple[Callable[[], None], float]] = [
            (self._send, pace), (self._send, pace), (self._decide, 0.15), (self._decide, 0.15), (self._undo, 1.0),
            (self._correct, 1.5), (self._switch, 2.0), (self._stumble, 0.7), (self._ask, 1.5), (self._close, 1.0),
            (self._batch, 2.0), (self._erase, 60.0), (self._misspell, 3.0),
        ]  # fmt: skip
        self._threads = [threading.Thread(target=self._loop, args=loop, name=loop[0].__name__) for loop in loops]
        self._events: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._asked = 0

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Everybody finishes what they are at; what is paused is resumed, faults that are left are cleared."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._pairs.shutdown()
        self._sandbox.clear_faults()
        for scope, name in _SWITCHES:
            self._callers.post("/v1/control/resume", {"scope": scope, "name": name}, self._person()[1])
        self._sandbox.close()

    def _loop(self, step: Callable[[], None], every: float) -> None:
        while not self._over.wait(every * random.uniform(0.5, 1.5)):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - a caller of ours that breaks must not go unseen
                self._tally.surprises.append(f"{step.__name__}: {type(error).__name__}: {error}")
                return

    def _person(self) -> tuple[str, str]:
        return random.choice(self._people)

    def _next(self) -> dict[str, Any]:
        with self._lock:
            if not self._events:
                self._events = self._sandbox.emit(None, _BATCH)
            return self._events.pop(0)

    def _send(self) -> None:
        copies = 1 if random.random() > _DUPLICATED else random.randint(2, 3)
        event = self._next()
        if copies == 3:
            # At the same moment, by two senders.
            list(self._pairs.map(lambda _: self._callers.deliver(event, 1), range(2)))
            copies = 1
        self._callers.deliver(event, copies)

    def _reviews(self, limit: int) -> list[dict[str, Any]]:
        found = self._callers.get("/v1/reviews", self._person()[1], status="pending", limit=limit)
        return found["items"] if found else []

    def _decide(self) -> None:
        """Two people at once on each of a few reviews, mostly agreeing."""
        reviews = self._reviews(30)
        random.shuffle(reviews)
        for review in reviews[:4]:
            one, other = random.sample(self._people, 2)
            first, second = random.choices(
                [("approve", "approve"), ("approve", "reject"), ("reject", "reject"), ("edit", "approve"),
                 ("respond", "approve"), ("withdraw", "approve")],
                [60, 12, 5, 15, 5, 3],
            )[0]  # fmt: skip
            jobs = [
                self._pairs.submit(self._verdict, review, said, who) for said, who in ((first, one), (second, other))
            ]
            for job in jobs:
                job.result()

    def _verdict(self, review: dict[str, Any], said: str, who: tuple[str, str]) -> None:
        body: dict[str, Any] = {"verdict": said, "args_digest": review["args_digest"]}
        if said == "edit":
            args = dict(review["action"]["args"] or {})
            worded = [name for name in ("title", "reason", "body", "text", "name") if isinstance(args.get(name), str)]
            if not worded:
                return
            args[worded[0]] = f"{args[worded[0]]} (checked)"
            body["args"] = args
        if said == "respond":
            body["comment"] = "Is this still so?"
        principal, token = who
        self._callers.say(
            f"/v1/reviews/{review['id']}/verdicts", body, token, (f"verdict.given {said}", review["id"], principal)
        )

    def _batch(self) -> None:
        alike: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
        for review in self._reviews(50):
            rules = tuple(sorted({each["rule"] for each in review["required"]}))
            alike.setdefault((review["action"]["tool"], rules), []).append(review)
        if not alike:
            return
        chosen = max(alike.values(), key=len)[:3]
        principal, token = self._person()
        items = [{"review_id": each["id"], "args_digest": each["args_digest"]} for each in chosen]
        answer = self._callers.post("/v1/reviews/batch", {"items": items, "verdict": "approve"}, token)
        for each in answer.json()["items"] if answer is not None and answer.is_success else []:
            if "status" in each:
                self._tally.spoke(("verdict.given approve", each["review_id"], principal), answered=True)
        if answer is None:
            for each in chosen:
                self._tally.spoke(("verdict.given approve", each["id"], principal), answered=False)

    def _cases(self, **query: Any) -> list[dict[str, Any]]:
        found = self._callers.get("/v1/cases", self._person()[1], limit=40, **query)
        return found["items"] if found else []

    def _undo(self) -> None:
        """Two people ask at once for the same effect to be taken back."""
        cases = self._cases(status="done") or self._cases()
        if not cases:
            return
        found = self._callers.get(f"/v1/cases/{random.choice(cases)['id']}", self._person()[1])
        done = [each for each in (found or {}).get("executions", []) if each["status"] == "succeeded"]
        if not done:
            return
        execution = random.choice(done)["id"]
        jobs = [
            self._pairs.submit(
                self._callers.say, f"/v1/executions/{execution}/undo", {}, token, ("undo.asked", execution, principal)
            )
            for principal, token in random.sample(self._people, 2)
        ]
        for job in jobs:
            job.result()

    def _correct(self) -> None:
        cases = self._cases()
        if not cases:
            return
        case, other = random.choice(cases), random.choice(cases)
        body: dict[str, Any] = {
            "dismiss": {"kind": "dismiss"}, "merge": {"kind": "merge", "into": other["id"]},
            "relink": {"kind": "relink", "customer": other["customer"] or case["customer"] or "cus-01"},
            "reclassify": {"kind": "reclassify", "to": random.choice(("ticket", "billing_question", "other"))},
        }[random.choice(("dismiss", "merge", "relink", "reclassify"))]  # fmt: skip
        principal, token = self._person()
        self._callers.say(f"/v1/cases/{case['id']}/corrections", body, token, ("case.corrected", case["id"], principal))

    def _switch(self) -> None:
        scope, name = random.choice(_SWITCHES)
        switch = {"scope": scope, "name": name}
        self._callers.post("/v1/control/pause", switch, self._person()[1])
        self._over.wait(random.uniform(0.2, 1.0))
        while not self._over.is_set():
            answer = self._callers.post("/v1/control/resume", switch, self._person()[1])
            if answer is not None and answer.status_code in (200, 404):
                return

    def _stumble(self) -> None:
        """The firm's system applies, and does not answer in time; or does not even apply; or cannot be read."""
        if self._sandbox.due_faults():
            return  # one at a time: an outage as long as all of an item's attempts is another matter
        fault, scope = random.choices(
            [("timeout_after_apply", "*"), ("timeout_before_apply", "*"), ("unavailable", "read")], [6, 2, 2]
        )[0]
        self._sandbox.fault(fault, scope, 1)  # type: ignore[arg-type]

    def _ask(self) -> None:
        self._asked += 1
        body = {"kind": random.choice(("change_request", "ticket", "staffing_request", "billing_question", "other")),
                "text": random.choice(_WORDS), "requested_by": f"asker{self._asked}@example.com"}  # fmt: skip
        answer = self._callers.post("/v1/triage", body, self._person()[1])
        if answer is not None and answer.is_success:
            self._tally.opened(answer.json()["case_id"])

    def _close(self) -> None:
        found = self._callers.get("/v1/tasks", self._person()[1], limit=5)
        for task in (found or {}).get("items", []):
            principal, token = self._person()
            ident = task.get("id") or task["task_id"]
            body = {"done": random.random() < 0.8, "evidence": "Done, see the ticket."}
            self._callers.say(f"/v1/tasks/{ident}/close", body, token, ("task.closed", ident, principal))

    def _erase(self) -> None:
        """By the command, which is killed at its points in turn and then called again to its end."""
        if self._asked == 0:
            return
        about = f"asker{random.randint(1, self._asked)}@example.com"
        point = min(BY_COMMAND, key=lambda each: self._plan.hits[each])
        for faults in ((point,), ()):
            done = subprocess.run(
                [PROGRAM, "erase", about, "--yes", "--tenant", TENANT], capture_output=True, text=True, check=False,
                env=environment(self._firm, 1, faults), cwd=self._firm.home.parent, timeout=900,
            )  # fmt: skip
            if f"fault point {point}" in done.stderr:
                assert point in POINTS
                self._plan.hit(point)
            elif done.returncode not in (0, 3) and "ScrubIncomplete" not in done.stderr:
                known = "not_found" in done.stderr or "othing is kept" in done.stderr
                if not known:
                    self._tally.surprises.append(f"erase ended with {done.returncode}: {done.stderr[-300:]}")
            time.sleep(0.1)

    def _misspell(self) -> None:
        """Deliveries that are refused, so that a refusal is put on record too."""
        answer = self._callers.post_raw(b"{")
        if answer is not None and answer.status_code != 422:
            self._tally.surprises.append(f"a broken delivery was answered {answer.status_code}")
