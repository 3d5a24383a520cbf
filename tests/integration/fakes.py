"""Fakes for the composition root: a clock with a hand, a queue that works on call, agents that say what a test says."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from agents.journal import Journal
from app.durable.port import TryLater, Work, WorkItem
from app.store.engine import read_only, unit_of_work
from tools.actions import Action
from tools.billing.confidence import Learned
from tools.events import WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups
from tools.proposals import Assessment, Outcome, Proposal, ProposedFinding

Planned = Action | Callable[[Sequence[str]], Action]
"""An action, or what makes one of the ids of the proposals before it."""


class FakeClock:
    """Stands until it is moved, but for one millisecond at each look: no two moments are the same."""

    def __init__(self, start: datetime) -> None:
        self._now, self._lock = start, threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            self._now += timedelta(milliseconds=1)
            return self._now

    def move(self, **by: float) -> datetime:
        with self._lock:
            self._now += timedelta(**by)
            return self._now

    def move_to(self, moment: datetime) -> None:
        with self._lock:
            self._now = max(self._now, moment)


class FakeQueue:
    """app.durable.port.WorkQueue in a table of the same database: rolled back with its caller, an id put once for ever.

    `run` works off what is due in the calling thread, `run_together` in several; both retry, delay and give up as the
    real worker does.
    """

    def __init__(self, engine: sa.Engine, clock: FakeClock) -> None:
        self._engine, self._clock = engine, clock
        self._works: dict[str, Work] = {}
        self.failures: list[Exception] = []
        numbered = "INTEGER" if engine.dialect.name == "sqlite" else "BIGSERIAL"
        with unit_of_work(engine) as session:
            session.connection().execute(
                sa.text(
                    f"CREATE TABLE IF NOT EXISTS fake_work (seq {numbered} PRIMARY KEY, id TEXT UNIQUE NOT NULL,"
                    " kind TEXT, row TEXT, body TEXT, due_ms BIGINT, state TEXT NOT NULL DEFAULT 'waiting')"
                )
            )

    def handle_by(self, works: Iterable[Work]) -> None:
        self._works = {work.kind: work for work in works}

    def put(self, session: Session, item: WorkItem, *, delay: timedelta | None = None) -> None:
        due = self._clock() + (delay or timedelta())
        session.connection().execute(
            sa.text(
                "INSERT INTO fake_work (id, kind, row, body, due_ms) VALUES (:id, :kind, :row, :body, :due)"
                " ON CONFLICT (id) DO NOTHING"
            ),
            {
                "id": item.id, "kind": item.kind, "row": item.row, "body": item.model_dump_json(),
                "due": int(due.timestamp() * 1000),
            },
        )  # fmt: skip

    def put_again(self, session: Session, items: Iterable[WorkItem]) -> int:
        live = sa.text("SELECT 1 FROM fake_work WHERE kind = :kind AND row = :row AND state <> 'done'")
        generation, count = int(self._clock().timestamp() * 1000), 0
        for item in items:
            if session.connection().execute(live, {"kind": item.kind, "row": item.row}).first() is None:
                self.put(session, item.model_copy(update={"generation": max(generation, item.generation)}))
                count += 1
        return count

    def waiting(self, kind: str | None = None) -> list[WorkItem]:
        """What is not done yet, delayed items too, the next one first."""
        query = sa.text(
            "SELECT body FROM fake_work WHERE state <> 'done' AND kind = coalesce(:kind, kind) ORDER BY due_ms, seq"
        )
        with read_only(self._engine) as session:
            rows = session.connection().execute(query, {"kind": kind}).scalars()
            return [WorkItem.model_validate_json(body) for body in rows]

    def forget(self) -> None:
        """Loses every item that is not done, as no queue should."""
        with unit_of_work(self._engine) as session:
            session.connection().execute(sa.text("DELETE FROM fake_work WHERE state <> 'done'"))

    def run(self, within: timedelta = timedelta(), *, most: int = 300) -> int:
        """Works off what is due, moving the clock on to items due `within` that time. Answers how many."""
        limit, count = self._clock() + within, 0
        while (item := self._next(max(limit, self._clock()))) is not None:
            count += 1
            assert count <= most, f"the work does not end; now {item.id}"
            self._work(item)
        return count

    def run_together(self) -> int:
        """Begins everything that is due now at the same moment, a thread each, and waits for the end."""
        items: list[WorkItem] = []
        limit = self._clock()
        while (item := self._next(limit)) is not None:
            items.append(item)
        barrier = threading.Barrier(max(1, len(items)))

        def begin(item: WorkItem) -> None:
            barrier.wait(timeout=30)
            self._work(item)

        threads = [threading.Thread(target=begin, args=(item,)) for item in items]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return len(items)

    def _next(self, limit: datetime) -> WorkItem | None:
        with unit_of_work(self._engine) as session:
            row = (
                session.connection()
                .execute(
                    sa.text(
                        "UPDATE fake_work SET state = 'running' WHERE seq = (SELECT seq FROM fake_work"
                        " WHERE state = 'waiting' AND due_ms <= :limit ORDER BY due_ms, seq LIMIT 1)"
                        " RETURNING body, due_ms"
                    ),
                    {"limit": int(limit.timestamp() * 1000)},
                )
                .first()
            )
        if row is None:
            return None
        self._clock.move_to(datetime.fromtimestamp(row.due_ms / 1000, limit.tzinfo))
        return WorkItem.model_validate_json(row.body)

    def _work(self, item: WorkItem) -> None:
        work = self._works[item.kind]
        try:
            work.handler(item)
        except TryLater as later:
            self._again(item, later.after, item.attempt)
        except Exception as error:  # noqa: BLE001 - as the worker does
            self.failures.append(error)
            if item.attempt >= work.attempts:
                work.on_poison(item, error)
            else:
                self._again(item, work.delay_before(item.attempt + 1), item.attempt + 1)
        with unit_of_work(self._engine) as session:
            session.connection().execute(sa.text("UPDATE fake_work SET state = 'done' WHERE id = :id"), {"id": item.id})

    def _again(self, item: WorkItem, after: timedelta, attempt: int) -> None:
        following = item.model_copy(update={"generation": item.generation + 1, "attempt": attempt})
        with unit_of_work(self._engine) as session:
            self.put(session, following, delay=after)


class FakeAgents:
    """Stands where the graph stands and says whatever it was told, as the worst of models might.

    `says` is taken for the next event, `always` for every one without; else nothing is proposed. `learned` is what
    people had said of findings before the last event.
    """

    def __init__(self) -> None:
        self._next: list[Callable[[Callable[[], str]], Outcome]] = []
        self.always: Callable[[Callable[[], str]], Outcome] | None = None
        self.seen: list[WorkflowEvent] = []
        self.fails: list[Exception] = []
        self.learned = Learned()

    def says(
        self,
        *planned: Planned,
        confidence: int = 100,
        evidence: Sequence[str] = (),
        ungrounded: Sequence[str] = (),
        findings: Sequence[ProposedFinding] = (),
    ) -> None:
        """What is proposed for the next event."""
        self._next.append(_speech(planned, confidence, evidence, ungrounded, findings))

    def says_always(self, *planned: Planned) -> None:
        """What is proposed for each event for which nothing else was said."""
        self.always = _speech(planned, 100, (), ())

    def run(
        self,
        event: WorkflowEvent,
        *,
        tenant: str,
        now: datetime,
        lookups: Lookups,
        journal: Journal,
        trust: Mapping[str, Trust],
        new_proposal_id: Callable[[], str],
        learned: Callable[[], Learned],
    ) -> Outcome:
        self.seen.append(event)
        self.learned = learned()
        if self.fails:
            raise self.fails.pop(0)
        speech = self._next.pop(0) if self._next else self.always
        if speech is None:
            assessment = Assessment(category=None, confidence=100, model="fake")
            return Outcome(assessment=assessment, nothing_because="nothing was said", summary="nothing")
        return speech(new_proposal_id)


def _speech(
    planned: Sequence[Planned],
    confidence: int,
    evidence: Sequence[str],
    ungrounded: Sequence[str],
    findings: Sequence[ProposedFinding] = (),
) -> Callable[[Callable[[], str]], Outcome]:
    def speak(new_proposal_id: Callable[[], str]) -> Outcome:
        ids: list[str] = []
        proposals: list[Proposal] = []
        for each in planned:
            action = each if isinstance(each, Action) else each(ids)
            ids.append(new_proposal_id())
            proposals.append(
                Proposal.model_validate(
                    {
                        "id": ids[-1], "action": action, "rationale": "because", "expected_effect": "it is done",
                        "undo": "by undo", "evidence": list(evidence), "ungrounded": list(ungrounded),
                        "findings": list(findings),
                    }
                )
            )  # fmt: skip
        assessment = Assessment(category="other", confidence=confidence, model="fake")
        return Outcome(assessment=assessment, proposals=proposals, summary="as told")

    return speak
