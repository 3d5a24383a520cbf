"""A worker process for the tests that kill it: `python worker.py <database url> <seconds an item takes>`.

Every item is two: `triage` claims its row and puts `execute` in the same transaction, `execute` claims it in its turn.
"""

import sys
import time
from datetime import timedelta

import sqlalchemy as sa

from app.durable import dbos_worker, liveness
from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_worker import DbosWorker
from app.durable.port import Work, WorkItem
from app.store.engine import make_engine, unit_of_work


def main(url: str, seconds: float) -> None:
    # A test cannot wait for the silence that production allows an executor on PostgreSQL.
    liveness.BEAT_S, liveness.SILENT_S, dbos_worker.HOUSEKEEPING_S = 0.3, 1.5, 0.5  # type: ignore[misc]
    engine = make_engine(url)
    queue = DbosQueue(engine)

    def handle(item: WorkItem) -> None:
        step = ("triage", "execute").index(item.kind)
        time.sleep(seconds)
        with unit_of_work(engine) as session:
            claimed = session.connection().execute(
                sa.text("UPDATE job SET step = step + 1 WHERE id = :id AND step = :step"),
                {"id": item.row, "step": step},
            )
            if claimed.rowcount != 1:
                return
            session.connection().execute(
                sa.text("INSERT INTO effect VALUES (:id, :step)"), {"id": item.row, "step": step}
            )
            if step == 0:
                queue.put(session, item.model_copy(update={"kind": "execute"}))

    def poison(item: WorkItem, error: Exception) -> None:
        raise AssertionError(f"{item.id} was given up") from error

    worker = DbosWorker(engine, queue, [Work(kind, handle, poison) for kind in ("triage", "execute")])
    worker.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    running = worker.drain(timedelta(seconds=20))
    engine.dispose()
    sys.exit(running)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
