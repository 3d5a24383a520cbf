"""Which executors are alive. An executor is one process; what a dead one was doing is given back to the queue.

On SQLite all processes are on one machine, so each holds a lock on a file of its own beside the database: the kernel
drops it the instant the process dies, however it dies. On PostgreSQL each beats a row, by the database's clock.
"""

import contextlib
import fcntl
import os
import threading
from pathlib import Path
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.durable.lanes import metadata

BEAT_S: Final = 5.0
SILENT_S: Final = 30.0
"""A PostgreSQL executor that has not beaten for this long is dead. One that wakes up again finds its claims gone."""

executor_table: Final = sa.Table(
    "work_executor",
    metadata,
    sa.Column("executor_id", sa.String(80), primary_key=True),
    sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
)


class Liveness(Protocol):
    def join(self, executor_id: str) -> None:
        """Be alive, from before the first item is claimed. Called once."""
        ...

    def alive(self, executor_id: str) -> bool:
        """Whether that executor, of this process or another, may still be working."""
        ...

    def leave(self) -> None:
        """Be dead: what is still claimed may be taken over."""
        ...


class FileLocks:
    """Liveness on one machine: `<folder>/<executor id>` is locked while its process lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: tuple[Path, int] | None = None

    def join(self, executor_id: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / executor_id
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._own = (path, descriptor)

    def alive(self, executor_id: str) -> bool:
        path = self._folder / executor_id
        if self._own is not None and self._own[0] == path:
            return True
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            # Ids are never used twice, so nobody can be about to lock this file.
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)

    def leave(self) -> None:
        if self._own is not None:
            path, descriptor = self._own
            self._own = None
            path.unlink(missing_ok=True)
            os.close(descriptor)


class Heartbeats:
    """Liveness across machines: a row in `work_executor`, beaten by a thread."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._own: str | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def join(self, executor_id: str) -> None:
        self._own = executor_id
        with self._engine.begin() as connection:
            connection.execute(
                sa.insert(executor_table).values(executor_id=executor_id, beat_at=sa.func.clock_timestamp())
            )
        self._thread = threading.Thread(target=self._beat, name="work-heartbeat", daemon=True)
        self._thread.start()

    def alive(self, executor_id: str) -> bool:
        silent = sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, SILENT_S)
        with self._engine.begin() as connection:
            fresh = connection.execute(
                sa.select(executor_table.c.executor_id).where(
                    executor_table.c.executor_id == executor_id, executor_table.c.beat_at > silent
                )
            ).first()
            if fresh is None:
                connection.execute(
                    sa.delete(executor_table).where(
                        executor_table.c.executor_id == executor_id, executor_table.c.beat_at <= silent
                    )
                )
        return fresh is not None

    def leave(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=BEAT_S)
        if self._own is not None:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(executor_table).where(executor_table.c.executor_id == self._own))
            self._own = None

    def _beat(self) -> None:
        # The database being away for a moment must not end the beating; if it stays away, silence is the right message.
        while not self._stop.wait(BEAT_S):
            with contextlib.suppress(sa.exc.DBAPIError), self._engine.begin() as connection:
                # A process that was stopped for long finds its row gone, and is alive again.
                beat = postgresql.insert(executor_table).values(
                    executor_id=self._own, beat_at=sa.func.clock_timestamp()
                )
                connection.execute(
                    beat.on_conflict_do_update(
                        index_elements=["executor_id"], set_={"beat_at": sa.func.clock_timestamp()}
                    )
                )
