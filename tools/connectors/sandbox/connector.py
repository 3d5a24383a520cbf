"""Sandbox: the embedded firm as the product meets it, through the read and write ports, and as its owner runs it."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from tools.actions import Action
from tools.connectors.sandbox import faults, ledger, life
from tools.connectors.sandbox.book import Book
from tools.connectors.sandbox.firm import generate
from tools.connectors.sandbox.pen import FIRM, Pen
from tools.connectors.sandbox.planting import planted_firm
from tools.connectors.sandbox.sending import Delivery, Sender
from tools.connectors.sandbox.store import Store
from tools.ports import SourceUnavailable
from tools.receipt import Receipt
from tools.records import RECORDS, Message, Record
from tools.values import RecordKey
from tools.write_port import Refused, Uncertain

R = TypeVar("R", bound=Record)
Clock = Callable[[], datetime]


class Sandbox:
    """One firm in one SQLite file. Any number of threads and processes may open the same file."""

    def __init__(self, path: Path, clock: Clock, pause: Callable[[float], None] = time.sleep) -> None:
        self._store, self._clock, self._pause = Store(path), clock, pause

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def get(self, model: type[R], ident: str) -> R | None:
        """ReadPort. Raises SourceUnavailable."""
        record, faulty = self._store.get(model, ident)
        if faulty:
            self._meet_read_faults()
        return record

    def find(self, model: type[R], where: Mapping[str, str], limit: int = 200) -> list[R]:
        """ReadPort. Raises SourceUnavailable; KeyError for a field that is unknown or no single value."""
        self._meet_read_faults()
        return self._store.find(model, where, limit)

    def _meet_read_faults(self) -> None:
        met = faults.take(self._store, faults.READ)
        if "slow" in met:
            self._pause(met["slow"])
        if "unavailable" in met:
            raise SourceUnavailable("the sandbox firm's system does not answer")

    def apply(self, action: Action, key: str) -> Receipt:
        """WritePort: one effect a key. Raises Refused, Uncertain."""
        if waiting := action.refs():
            raise Refused(f"{', '.join(waiting)} still waits for the result of an earlier action")
        met = faults.take(self._store, action.tool)
        self._pause(met.get("slow", 0.0))
        if "unavailable" in met or "timeout_before_apply" in met:
            raise Uncertain("the sandbox firm's system did not answer")
        pen = Pen(action, key, self._clock())
        with self._store.transaction() as connection:
            receipt = ledger.settled(connection, action, key)
            if receipt is None and "refuse" in met:
                raise Refused("the sandbox firm's system refuses this at the moment")
            if receipt is None:
                receipt = (ledger.pretend if "lie" in met else ledger.take_effect)(connection, pen)
        if "timeout_after_apply" in met:
            raise Uncertain("the sandbox firm's system did not answer in time")
        return receipt

    def lookup(self, key: str) -> Receipt | None:
        """WritePort. Raises Uncertain while the read side is unavailable."""
        try:
            self._meet_read_faults()
        except SourceUnavailable as error:
            raise Uncertain(str(error)) from error
        return ledger.receipt_of(self._store, key)

    def send_due(self) -> list[str]:
        """Lets every scheduled message leave whose time has come; answers their ids."""
        now = self._clock()
        with self._store.transaction() as connection:
            book = Book(connection)
            due = [message for message in book.find(Message, {"status": "scheduled"}) if message.send_at <= now]
            for message in due:
                book.change(message, lambda _field: FIRM, status="sent")
        return [message.id for message in due]

    def seed(self) -> int | None:
        """The seed that the firm was generated from; None for a file without a firm."""
        rows = self._store.rows("SELECT value FROM meta WHERE name = 'seed'")
        return int(str(rows[0][0])) if rows else None

    def reset(self, seed: int, today: date | None = None) -> int:
        """Replaces everything in the file by the firm of (seed, today); answers the number of records."""
        return self._replace(seed, generate(seed, today or self._clock().date()))

    def plant(self, seed: int, today: date, each: int) -> list[tuple[str, RecordKey]]:
        """Replaces everything by the tidy firm of (seed, today) with every mistake made `each` times in it.

        Answers the truth: kind of finding and the record that it is about.
        """
        records, planted = planted_firm(seed, today, each)
        self._replace(seed, records)
        return planted

    def _replace(self, seed: int, records: list[Record]) -> int:
        with self._store.transaction() as connection:
            generation = connection.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
            for table in ("record", "link", "counter", "meta", "effect", "application", "former", "fault", "outbox"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand in the line above
            meta = {"seed": seed, "generation": int(generation[0]) + 1 if generation else 1}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", [(name, str(held)) for name, held in meta.items()])
            book = Book(connection)
            book.add(records)
            book.start_counting()
        return len(records)

    def enter(self, records: Iterable[Record]) -> None:
        """Records that somebody enters in the firm's own systems. Raises sqlite3.IntegrityError where one exists."""
        with self._store.transaction() as connection:
            Book(connection).add(records)

    def show(self, kind: str, ident: str) -> dict[str, Any] | None:
        """One record as JSON, past every fault. Raises ValueError where kind or id is not of its form."""
        key = RecordKey.model_validate({"kind": kind, "id": ident})
        record, _faulty = self._store.get(RECORDS[key.kind], key.id)
        return None if record is None else record.model_dump(mode="json")

    def ledger(self) -> list[dict[str, object]]:
        """`key`, `tool`, `count`, `calls`, `at`, `args_digest` of each key, oldest first."""
        return ledger.entries(self._store)

    def fault(
        self, fault: faults.FaultName, scope: str = faults.ALL, count: int | None = None, seconds: float = 0.0
    ) -> None:
        """See `faults.tell`. Raises ValueError."""
        faults.tell(self._store, fault, scope, count, seconds)

    def clear_faults(self) -> None:
        faults.clear(self._store)

    def due_faults(self) -> list[dict[str, object]]:
        return faults.listed(self._store)

    def emit(self, event_type: str | None = None, count: int = 1) -> list[dict[str, Any]]:
        """Something happens, `count` times: see `life.emit`. Raises ValueError, life.NoFirm."""
        return life.emit(self._store, event_type, count, self._clock())

    def deliver(self, url: str, secret: str, copies: int = 1) -> Delivery:
        """Posts what waits in the outbox to `url`, signed: see `sending.Sender`. Raises ValueError."""
        return Sender(url, secret, self._clock, self._pause, copies).drain(self._store)

    def waiting(self) -> list[str]:
        """Ids of the events that have not been delivered, oldest first."""
        return [
            str(ident) for (ident,) in self._store.rows("SELECT id FROM outbox WHERE state = 'waiting' ORDER BY seq")
        ]
