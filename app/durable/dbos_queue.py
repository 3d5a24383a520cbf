"""The work queue on DBOS, in the same database as everything else."""

import time
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from dbos import DBOS, EnqueueOptions
from sqlmodel import Session

from app.clock import Clock, system_clock
from app.durable import lanes
from app.durable.dbos_store import (
    SCHEDULE_KIND,
    SCHEMA,
    VERSION,
    WORKFLOW,
    DbosTable,
    arguments,
    make_client,
    write_sqlite,
)
from app.durable.lanes import Shares
from app.durable.port import Depth, WorkItem
from app.store.engine import begins_on_write, unit_of_work
from app.store.migrate import alone
from app.workflow.faults import fault_point

_LOOK_S = 1.0
_FOR_EVER_MS = 2**62


class DbosQueue:
    """Puts items and says how many there are. Any process may have one; `DbosWorker` does the work.

    `engine`: of `make_engine`, the one whose sessions are given to `put`. `shares`: what a tenant and a customer may
    put a second before others pass them. The tables must be there: `prepare` makes them.
    """

    def __init__(self, engine: sa.Engine, *, clock: Clock = system_clock, shares: Shares | None = None) -> None:
        self._engine = engine
        self.clock = clock
        self._shares = shares or Shares()
        self.durable_engine = begins_on_write(engine)
        self.client = make_client(self.durable_engine)
        self.table = DbosTable(self.durable_engine, self.client)
        self._heads: dict[str, int] = {}
        self._looked_at = -_LOOK_S

    def prepare(self) -> None:
        """Create or migrate the tables of the queue: DBOS's (PostgreSQL: in the schema `dbos`), lanes and executors."""
        with alone(self._engine):  # neither copes with another process that does the same
            lanes.metadata.create_all(self.durable_engine)
            DBOS.migrate(self._engine.url.render_as_string(hide_password=False), schema=SCHEMA)

    def put(self, session: Session, item: WorkItem, *, delay: timedelta | None = None) -> None:
        """See `WorkQueue.put`. Delays are observed to about a second."""
        now_ms = self.now_ms()
        start_ms = now_ms + (max(0, int(delay.total_seconds() * 1000)) if delay else 0)
        tag = start_ms if item.kind == SCHEDULE_KIND else self._tag(session, item, start_ms)
        priority = lanes.place(tag, item.priority)
        if session.get_bind().dialect.name == "sqlite":
            write_sqlite(session, item, priority, start_ms if start_ms > now_ms else None)
        else:
            self._enqueue(session, item, priority, (start_ms - now_ms) / 1000)
        fault_point("queue.put")

    def _tag(self, session: Session, item: WorkItem, start_ms: int) -> int:
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_S:
            self._looked_at = now
            # Where nothing waits the place that was served last still counts, so that nobody starts before the others.
            self._heads = self._heads | self.table.heads(session)
        head = self._heads.get(item.kind)
        floor_ms = start_ms if head is None else max(start_ms, lanes.level(head, item.priority))
        return lanes.advance(session, item, self._shares, floor_ms)

    def _enqueue(self, session: Session, item: WorkItem, priority: int, delay_s: float) -> None:
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": item.kind,
            "workflow_id": item.id,
            "app_version": VERSION,
            "priority": priority,
        }
        if delay_s > 0:
            options["delay_seconds"] = delay_s
        self.client.enqueue_in_transaction(session, options, *arguments(item))

    def put_again(self, session: Session, items: Iterable[WorkItem]) -> int:
        """See `WorkQueue.put_again`."""
        live: dict[str, set[str]] = {}
        generation = self.now_ms()
        count = 0
        for item in items:
            rows = live.get(item.kind)
            if rows is None:
                rows = live[item.kind] = self.table.live_rows(item.kind)
            if item.row in rows:
                continue
            rows.add(item.row)
            self.put(session, item.model_copy(update={"generation": max(generation, item.generation)}))
            count += 1
        return count

    def depth(self) -> dict[str, Depth]:
        """Items by kind; kinds without any are absent."""
        depth = self.table.depth()
        depth.pop(SCHEDULE_KIND, None)
        return depth

    def wait_idle(self, timeout: timedelta) -> bool:
        """Wait until nothing is queued or running and no delayed item falls due before the timeout; schedules do not
        count. False when the timeout passed first."""
        deadline = time.monotonic() + timeout.total_seconds()
        deadline_ms = self.now_ms() + int(timeout.total_seconds() * 1000)
        while True:
            depth = self.depth()
            if not any(d.queued or d.running for d in depth.values()):
                due = [each.next_due_ms for each in depth.values() if each.next_due_ms is not None]
                if min(due, default=deadline_ms + 1) > deadline_ms:
                    return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)

    def now_ms(self) -> int:
        return int(self.clock().timestamp() * 1000)

    def purge(self, older_than: timedelta) -> int:
        """Forget items finished longer ago than this, and idle lanes. A forgotten id could be put again, so this is
        the time within which `put` recognises a repetition. Answers how many items."""
        before = self.now_ms() - int(older_than.total_seconds() * 1000)
        count = 0
        while ids := self.table.finished_before(before):
            self.table.delete(ids)
            count += len(ids)
        with unit_of_work(self._engine) as session:
            if not self.table.heads(session):
                self._heads = {}
                lanes.forget_idle(session, _FOR_EVER_MS)  # nobody is ahead of anybody
            else:
                lanes.forget_idle(session, self.now_ms())
        return count
