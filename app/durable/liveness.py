"""Which executors are alive. An executor is one process; what a dead one was doing is given back to the queue.

On SQLite all processes are on one machine, so each holds a lock on a file of its own beside the database: the kernel
drops it the instant the process dies, however it dies. On PostgreSQL each beats a row, by the database's clock.

An executor also notes which items it has begun: a process that dies holds many more that it only claimed, and only
what was under way can be what it died of. The notes need to outlive the process, not the machine.
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
begun_table: Final = sa.Table(
    "work_begun",
    metadata,
    sa.Column("executor_id", sa.String(80), primary_key=True),
    sa.Column("item_id", sa.String(400), primary_key=True),
)
_SILENT: Final = sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, SILENT_S)
_FRESH: Final = sa.select(executor_table.c.executor_id).where(executor_table.c.beat_at > _SILENT).limit(1)
_NO_WAIT_FOR_DISK: Final = sa.text("SET LOCAL synchronous_commit = off")
_MOST_NOTED: Final = 256 * 1024
"""Bytes of notes after which a file is begun anew with what is under way."""


class Liveness(Protocol):
    def join(self, executor_id: str) -> None:
        """Be alive, from before the first item is claimed. Called once."""
        ...

    def alive(self, executor_id: str) -> bool:
        """Whether that executor, of this process or another, may still be working."""
        ...

    def anyone(self) -> bool:
        """Whether any executor is alive, here or elsewhere."""
        ...

    def leave(self) -> None:
        """Be dead: what is still claimed may be taken over."""
        ...

    def begin(self, item_id: str) -> None:
        """Note that an item is under way here."""
        ...

    def end(self, item_id: str) -> None:
        """It is not any more, or will not be in a moment."""
        ...

    def begun_by(self, executor_id: str) -> set[str] | None:
        """All that a dead executor had under way, and perhaps what it had ended; None where it left no notes."""
        ...

    def bury(self, executor_id: str) -> None:
        """Forget a dead executor, whose items have been given back."""
        ...


class FileLocks:
    """Liveness on one machine: `<folder>/<executor id>` is locked while its process lives, and holds its notes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: tuple[Path, int] | None = None
        self._doing: set[str] = set()
        self._noted = 0
        self._lock = threading.Lock()

    def join(self, executor_id: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / executor_id
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # the file is its own: others hold it only while they look
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
            return False
        finally:
            os.close(descriptor)

    def anyone(self) -> bool:
        return self._folder.exists() and any(self.alive(path.name) for path in self._folder.iterdir())

    def leave(self) -> None:
        if self._own is not None:
            path, descriptor = self._own
            self._own = None
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def begin(self, item_id: str) -> None:
        # On a full disk an item is only not blamed.
        with self._lock, contextlib.suppress(OSError):
            self._doing.add(item_id)
            if self._own is None:
                return
            _, descriptor = self._own
            noted = {item_id}
            if self._noted > _MOST_NOTED:
                os.ftruncate(descriptor, 0)
                self._noted, noted = 0, self._doing
            self._noted += os.write(descriptor, "".join(f"{item}\n" for item in noted).encode())

    def end(self, item_id: str) -> None:
        with self._lock:
            self._doing.discard(item_id)

    def begun_by(self, executor_id: str) -> set[str] | None:
        try:
            return set((self._folder / executor_id).read_text().splitlines())
        except FileNotFoundError:
            return None

    def bury(self, executor_id: str) -> None:
        # Ids are never used twice, so nobody can be about to lock this file.
        (self._folder / executor_id).unlink(missing_ok=True)


class Heartbeats:
    """Liveness across machines: a row in `work_executor`, beaten by a thread; its notes are rows in `work_begun`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._ended: list[str] = []
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
        with self._engine.begin() as connection:
            fresh = connection.execute(
                sa.select(executor_table.c.executor_id).where(
                    executor_table.c.executor_id == executor_id, executor_table.c.beat_at > _SILENT
                )
            ).first()
            if fresh is None:
                connection.execute(
                    sa.delete(executor_table).where(
                        executor_table.c.executor_id == executor_id, executor_table.c.beat_at <= _SILENT
                    )
                )
        return fresh is not None

    def anyone(self) -> bool:
        with self._engine.connect() as connection:
            return connection.execute(_FRESH).first() is not None

    def begin(self, item_id: str) -> None:
        # Without the note the item is only not blamed, and a machine that fails takes nobody's process with it.
        with contextlib.suppress(sa.exc.DBAPIError), self._engine.begin() as connection:
            connection.execute(_NO_WAIT_FOR_DISK)
            connection.execute(
                postgresql.insert(begun_table)
                .values(executor_id=self._own, item_id=item_id)
                .on_conflict_do_nothing()
            )  # fmt: skip

    def end(self, item_id: str) -> None:
        self._ended.append(item_id)

    def begun_by(self, executor_id: str) -> set[str] | None:
        query = sa.select(begun_table.c.item_id).where(begun_table.c.executor_id == executor_id)
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def bury(self, executor_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(begun_table).where(begun_table.c.executor_id == executor_id))

    def leave(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=BEAT_S)
        if self._own is not None:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(executor_table).where(executor_table.c.executor_id == self._own))
            self.bury(self._own)
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
                self._forget_ended(connection)

    def _forget_ended(self, connection: sa.Connection) -> None:
        ended, self._ended = self._ended, []
        if ended:
            connection.execute(
                sa.delete(begun_table).where(
                    begun_table.c.executor_id == self._own, begun_table.c.item_id.in_(ended)
                )
            )  # fmt: skip
