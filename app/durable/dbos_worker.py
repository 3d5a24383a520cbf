"""Does the work: one DBOS executor in this process, the reaper of dead ones, retries, poison, schedules, drain."""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig

from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_store import APPLICATION, SCHEDULE_KIND, SCHEMA, VERSION, WORKFLOW, JsonSerializer, item_of
from app.durable.gate import Gate
from app.durable.liveness import FileLocks, Heartbeats, Liveness
from app.durable.outage import is_outage
from app.durable.port import Crashed, Schedule, TryLater, Work, WorkItem
from app.ids import new_id
from app.store.engine import unit_of_work
from app.workflow.faults import fault_point

_log = logging.getLogger(__name__)

CRASHES: Final = 5
"""An item during which the process died this often has failed an attempt. Not given up at once: it may only have been
under way beside the one that the process dies of."""
HOUSEKEEPING_S: Final = 10.0
KEEP_FINISHED: Final = timedelta(hours=1)
_OUTAGE_RETRY: Final = timedelta(seconds=2)


class _Refused(BaseException):
    """Not an Exception, so that DBOS leaves the item claimed: the reaper gives it back once this process is gone."""


class DbosWorker:
    """`start` it once; one a process, for DBOS is a singleton. `works`: one for each kind this process takes."""

    def __init__(
        self, engine: sa.Engine, queue: DbosQueue, works: Sequence[Work], schedules: Sequence[Schedule] = ()
    ) -> None:
        self._engine = engine
        self._queue = queue
        upkeep = Schedule("work-upkeep", timedelta(seconds=30), self._upkeep)
        self._schedules = {schedule.name: schedule for schedule in (*schedules, upkeep)}
        # A schedule retries by being due again, so it is never poison.
        tick = Work(SCHEDULE_KIND, self._tick, _never_poison, concurrency=4, ahead=0, poll_s=1.0)
        self._works = {work.kind: work for work in (*works, tick)}
        if len(self._works) != len(works) + 1 or len(self._schedules) != len(schedules) + 1:
            raise ValueError("two handlers for one kind of work, or two schedules of one name")
        self._running = {kind: Gate(work.concurrency) for kind, work in self._works.items()}
        self._liveness: Liveness = (
            FileLocks(Path(f"{engine.url.database}.executors"))
            if engine.dialect.name == "sqlite"
            else Heartbeats(engine)
        )
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._active = 0
        self._suspects: set[str] = set()
        self._housekeeper: threading.Thread | None = None
        self._dbos: DBOS | None = None
        self.executor_id = new_id("wrk", queue.clock())

    def start(self) -> None:
        """Begin taking items: first those that dead executors held. Creates what tables are missing.

        Raises: RuntimeError when started before, or when this process already runs a worker.
        """
        global _worker_of_process
        with _process_guard:
            if _worker_of_process is not None or self._stopping.is_set():
                raise RuntimeError("a worker was already started in this process, and cannot be started twice")
            _worker_of_process = self
        try:
            self._launch()
        except BaseException:
            self._stopping.set()
            DBOS.destroy(destroy_registry=True)
            self._liveness.leave()
            _worker_of_process = None
            raise

    @property
    def alive(self) -> bool:
        """Whether this process takes items."""
        housekeeper = self._housekeeper
        return housekeeper is not None and housekeeper.is_alive() and not self._stopping.is_set()

    def anyone(self) -> bool:
        """Whether any process takes items of this database."""
        return self._liveness.anyone()

    def _launch(self) -> None:
        self._queue.prepare()
        self._liveness.join(self.executor_id)
        for kind in self._works.values():
            self._queue.client.register_queue(
                kind.kind,
                worker_concurrency=kind.concurrency + kind.ahead,
                polling_interval_sec=kind.poll_s,
                application_name=APPLICATION,
            )
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._engine.url.render_as_string(hide_password=False),
            "system_database_engine": self._queue.durable_engine,
            "dbos_system_schema": SCHEMA,
            "serializer": JsonSerializer(),
            "application_version": VERSION,
            "executor_id": self.executor_id,
            "log_level": "WARNING",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": 0.5,
        }
        self._dbos = DBOS(config=config)
        DBOS.listen_queues(list(self._works))

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=CRASHES)
        def work(*wire: Any) -> None:
            self._work(item_of(*wire))

        DBOS.launch()
        self._keep_house()
        self._housekeeper = threading.Thread(target=self._housekeeping, name="work-housekeeping", daemon=True)
        self._housekeeper.start()

    def drain(self, timeout: timedelta) -> int:
        """Take no more items, wait for the running ones, stop. Answers how many still run when the time is up.

        What was claimed and not begun is taken by the next process to start (SQLite) or another one (PostgreSQL).
        """
        global _worker_of_process
        dbos, self._dbos = self._dbos, None
        if dbos is None:
            return 0
        self._stopping.set()
        for event in dbos.background_thread_stop_events:
            event.set()
        deadline = time.monotonic() + timeout.total_seconds()
        with self._idle:
            while self._active and (left := deadline - time.monotonic()) > 0:
                self._idle.wait(left)
            remaining = self._active
        # The handlers are done; their outcomes are written by DBOS a moment later.
        settled = min(deadline, time.monotonic() + 2.0) if not remaining else time.monotonic()
        while dbos._active_workflows_set.activeList() and time.monotonic() < settled:  # noqa: SLF001
            time.sleep(0.005)
        DBOS.destroy(destroy_registry=True)
        if self._housekeeper is not None:
            self._housekeeper.join(timeout=5.0)
        if not remaining:
            self._liveness.leave()
        with _process_guard:
            _worker_of_process = None
        return remaining

    def _work(self, item: WorkItem) -> None:
        work = self._works[item.kind]
        with self._running[item.kind].passed(item.lanes[0]):
            with self._idle:
                if self._stopping.is_set():
                    raise _Refused
                self._active += 1
            self._liveness.begin(item.id)
            try:
                self._attempt(work, item)
            finally:
                self._liveness.end(item.id)
                with self._idle:
                    self._active -= 1
                    self._idle.notify_all()
        fault_point("worker.handled")

    def _attempt(self, work: Work, item: WorkItem) -> None:
        try:
            work.handler(item)
        except TryLater as later:
            following = partial(self._again, item, later.after, attempt=item.attempt)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failed attempt
            following = partial(self._failed, work, item, error)
            if is_outage(error):  # no fault of the item, so no attempt of it
                _log.warning("%s: the database is not available (%s); again later", item.id, type(error).__name__)
                following = partial(self._again, item, _OUTAGE_RETRY, attempt=item.attempt)
        else:
            return
        while True:
            try:
                following()
            except Exception as error:
                # While the database is away the item keeps its place among those under way.
                if not is_outage(error):
                    raise
                if self._stopping.wait(_OUTAGE_RETRY.total_seconds()):
                    raise _Refused from None
            else:
                return

    def _failed(self, work: Work, item: WorkItem, error: Exception) -> None:
        if item.attempt >= work.attempts:
            _log.error("%s: attempt %d failed, giving up", item.id, item.attempt, exc_info=error)
            work.on_poison(item, error)
            return
        delay = work.delay_before(item.attempt + 1)
        _log.warning(
            "%s: attempt %d failed, again in %g s", item.id, item.attempt, delay.total_seconds(), exc_info=error
        )
        self._again(item, delay, attempt=item.attempt + 1)

    def _again(self, item: WorkItem, after: timedelta, *, attempt: int) -> None:
        following = item.model_copy(update={"generation": item.generation + 1, "attempt": attempt})
        with unit_of_work(self._engine) as session:
            self._queue.put(session, following, delay=after)
        fault_point("worker.put_again")

    def _tick(self, item: WorkItem) -> None:
        schedule = self._schedules.get(item.row)
        if schedule is None:
            return  # removed in this version
        # One was missed and put again that the process then turned out to have died of, or two processes missed it.
        if self._queue.table.has_later(item):
            return
        try:
            schedule.run()
        except Exception as error:  # noqa: BLE001 - the next run is the retry
            _log.error("schedule %s failed", schedule.name, exc_info=error)
        self._again(item, schedule.every, attempt=1)

    def _housekeeping(self) -> None:
        while not self._stopping.wait(HOUSEKEEPING_S):
            try:
                self._keep_house()
            except Exception as error:  # noqa: BLE001 - the database may be back by the next round
                _log.error("housekeeping failed", exc_info=error)

    def _keep_house(self) -> None:
        dead = [holder for holder in self._queue.table.holders() if not self._liveness.alive(holder)]
        if dead:
            unbegun = set().union(*(self._unbegun(holder) for holder in dead))
            # DBOS keeps this call for its paid conductor; a row goes back only while it is claimed by one of the dead.
            recovered = {handle.get_workflow_id() for handle in DBOS._recover_pending_workflows(dead)}  # noqa: SLF001
            self._queue.table.acquit(recovered & unbegun)
            for holder in dead:
                self._liveness.bury(holder)
            _log.warning("took over %d items of %s", len(recovered), ", ".join(dead))
            fault_point("worker.took_over")
        self._take_up_stranded()
        ticks = [WorkItem(kind=SCHEDULE_KIND, row=name, partition=SCHEDULE_KIND) for name in self._schedules]
        missing = {tick.row for tick in ticks} - self._queue.table.live_rows(SCHEDULE_KIND)
        if missing:
            with unit_of_work(self._engine) as session:
                self._queue.put_again(session, [tick for tick in ticks if tick.row in missing])

    def _unbegun(self, dead: str) -> set[str]:
        """What a dead executor had claimed and not begun: it cannot have died of that."""
        begun = self._liveness.begun_by(dead)
        return set() if begun is None else self._queue.table.held_by(dead) - begun

    def _take_up_stranded(self) -> None:
        """Gives back what this process claimed and does not run: the database failed between the claim and the start,
        or at the very end. Seen twice, so that nothing is taken that is just about to begin or to end."""
        dbos = self._dbos
        if dbos is None:
            return
        idle = self._queue.table.held_by(self.executor_id)
        idle -= set(dbos._active_workflows_set.activeList())  # noqa: SLF001
        stranded, self._suspects = idle & self._suspects, idle
        for ident in sorted(stranded):
            dbos._sys_db.reenqueue_for_recovery(ident, [self.executor_id], ident.partition(":")[0])  # noqa: SLF001
        if stranded:
            _log.warning("took up %d items again that were claimed and not at work", len(stranded))

    def _upkeep(self) -> None:
        for letter in self._queue.table.letters():
            work = self._works.get(letter.item.kind)
            if work is None:
                continue
            died = Crashed(f"the process died {CRASHES} times during {letter.id}")
            why = died if letter.crashed else RuntimeError("the outcome of an attempt could not be recorded")
            try:
                self._failed(work, letter.item, why)
            except Exception as error:  # noqa: BLE001 - it stays a letter; the others must not wait for it
                _log.error("%s could not be given up", letter.id, exc_info=error)
            else:
                fault_point("worker.gave_up")
                self._queue.table.delete([letter.id])
        self._queue.purge(KEEP_FINISHED)


def _never_poison(item: WorkItem, error: Exception) -> None:
    _log.error("schedule %s could not be continued", item.row, exc_info=error)


_process_guard = threading.Lock()
_worker_of_process: DbosWorker | None = None
