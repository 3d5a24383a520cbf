"""What is read from DBOS's own table, and how it writes. Everything that depends on the inside of `dbos` is here and in
`dbos_worker`; the version is pinned, and tests/integration/durable fails if these words change their meaning.

Read directly because the calls it offers load every row to count them. The statuses are literal so that SQLite can use
its partial indexes.
"""

import json
import logging
import uuid
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from dbos import DBOSClient
from dbos import Serializer as DbosSerializer
from sqlmodel import Session

from app.durable.port import Depth, WorkItem

APPLICATION: Final = "countersign"
VERSION: Final = "work-1"
"""Items of another version are never taken: raise it only when the wire form of an item changes, and convert."""
WORKFLOW: Final = "work"
SCHEMA: Final = "dbos"
SCHEDULE_KIND: Final = "schedule"


class JsonSerializer(DbosSerializer):
    """JSON instead of pickle: what is in the database can be read by people and cannot run code."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=repr, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


def make_client(engine: sa.Engine) -> DBOSClient:
    _quiet_dbos()
    return DBOSClient(
        system_database_engine=engine,
        dbos_system_schema=SCHEMA,
        serializer=JsonSerializer(),
        application_name=APPLICATION,
        lazy=True,
    )


def _quiet_dbos() -> None:
    # With a handler present DBOS adds none of its own to the console, and its warnings go where ours go.
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.WARNING)


def arguments(item: WorkItem) -> tuple[str, str, int, str, int, int]:
    """How an item is written; `item_of` reads it."""
    return (item.kind, item.row, item.generation, item.partition, item.priority, item.attempt)


def item_of(kind: str, row: str, generation: int, partition: str, priority: int, attempt: int) -> WorkItem:
    return WorkItem(kind=kind, row=row, generation=generation, partition=partition, priority=priority, attempt=attempt)


def write_sqlite(session: Session, item: WorkItem, priority: int, delay_until_ms: int | None) -> None:
    """What DBOS's `enqueue_in_transaction` writes; an item whose id is known already is left as it is.

    On SQLite DBOS puts both statements together anew for every item, which costs several times what they do.
    """
    row = {
        "id": item.id, "status": "ENQUEUED" if delay_until_ms is None else "DELAYED", "name": WORKFLOW,
        "version": VERSION, "queue": item.kind, "priority": priority, "delay_until": delay_until_ms,
        "application": APPLICATION, "creator": str(uuid.uuid4()),
    }  # fmt: skip
    connection = session.connection()
    if connection.execute(_ADD_STATUS, row).rowcount == 1:
        inputs = {"args": arguments(item), "kwargs": {}}
        connection.execute(_ADD_INPUT, {"id": item.id, "inputs": JsonSerializer().serialize(inputs)})


_STATES: Final = {"ENQUEUED": "queued", "PENDING": "running", "DELAYED": "delayed"}
_ADD_STATUS: Final = sa.text(
    "INSERT INTO workflow_status (workflow_uuid, status, name, application_version, recovery_attempts, queue_name, "
    "priority, serialization, attributes, application_name, creator_xid, delay_until_epoch_ms) VALUES (:id, :status, "
    ":name, :version, 0, :queue, :priority, 'json', 'null', :application, :creator, :delay_until) "
    "ON CONFLICT (workflow_uuid) DO NOTHING"
)
_ADD_INPUT: Final = sa.text(
    "INSERT INTO workflow_input (workflow_uuid, inputs) VALUES (:id, :inputs) ON CONFLICT (workflow_uuid) DO NOTHING"
)


class Letter(NamedTuple):
    """An item that DBOS gave up: its workflow raised (`crashed` false) or its process died too often."""

    id: str
    item: WorkItem
    crashed: bool


class DbosTable:
    """`workflow_status`, for reading."""

    def __init__(self, engine: sa.Engine, client: DBOSClient) -> None:
        self._engine = engine
        self._client = client
        table = "workflow_status" if engine.dialect.name == "sqlite" else f"{SCHEMA}.workflow_status"
        # One statement, so that an item that falls due meanwhile is seen once and not missed.
        active = (
            f"SELECT queue_name, status, count(*), NULL FROM {table} "  # noqa: S608
            "WHERE status IN ('ENQUEUED', 'PENDING') AND queue_name IS NOT NULL GROUP BY queue_name, status"
        )
        delayed = (
            f"SELECT queue_name, 'DELAYED', count(*), min(delay_until_epoch_ms) FROM {table} "  # noqa: S608
            "WHERE status = 'DELAYED' GROUP BY queue_name"
        )
        self._counts = sa.text(f"{active} UNION ALL {delayed}")
        self._heads = sa.text(
            f"SELECT queue_name, min(priority) FROM {table} "  # noqa: S608
            "WHERE status = 'ENQUEUED' AND queue_name IS NOT NULL AND queue_name <> :schedules GROUP BY queue_name"
        )
        self._holders = sa.text(
            f"SELECT DISTINCT executor_id FROM {table} WHERE status = 'PENDING' AND executor_id IS NOT NULL"  # noqa: S608
        )
        self._held = sa.text(
            f"SELECT workflow_uuid FROM {table} WHERE status = 'PENDING' AND executor_id = :executor"  # noqa: S608
        )
        self._acquit = sa.text(
            f"UPDATE {table} SET recovery_attempts = recovery_attempts - 1 "  # noqa: S608
            "WHERE workflow_uuid = :id AND recovery_attempts > 0"
        )
        self._live = sa.text(
            f"SELECT workflow_uuid FROM {table} WHERE status IN ('ENQUEUED', 'PENDING') AND queue_name = :kind "  # noqa: S608
            f"UNION ALL SELECT workflow_uuid FROM {table} WHERE status = 'DELAYED' AND queue_name = :kind"
        )
        self._letters = sa.text(
            f"SELECT workflow_uuid FROM {table} "  # noqa: S608
            "WHERE status IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED') AND status <> 'CANCELLED' "
            "AND name = :name LIMIT 100"
        )
        self._finished = sa.text(
            f"SELECT workflow_uuid FROM {table} "  # noqa: S608
            "WHERE completed_at IS NOT NULL AND completed_at < :before AND status = 'SUCCESS' LIMIT 1000"
        )

    def depth(self) -> dict[str, Depth]:
        with self._engine.connect() as connection:
            counted = connection.execute(self._counts).all()
        counts: dict[str, dict[str, int]] = {}
        for kind, status, count, due_ms in counted:
            states = counts.setdefault(kind, {})
            states[_STATES[status]] = count
            if due_ms is not None:
                states["next_due_ms"] = due_ms
        return {kind: Depth(**states) for kind, states in counts.items()}

    def heads(self, session: Session) -> dict[str, int]:
        """Place of the first item that waits, by kind; kinds without any are absent."""
        found = session.connection().execute(self._heads, {"schedules": SCHEDULE_KIND})
        return {kind: int(place) for kind, place in found}

    def holders(self) -> list[str]:
        """Executors that have claimed something."""
        with self._engine.connect() as connection:
            return list(connection.execute(self._holders).scalars())

    def held_by(self, executor_id: str) -> set[str]:
        """Ids of the items that this executor has claimed and not ended."""
        with self._engine.connect() as connection:
            return set(connection.execute(self._held, {"executor": executor_id}).scalars())

    def acquit(self, ids: set[str]) -> None:
        """The last death of a process that had claimed these items does not count against them."""
        if ids:
            with self._engine.begin() as connection:
                connection.execute(self._acquit, [{"id": ident} for ident in sorted(ids)])

    def live_rows(self, kind: str) -> set[str]:
        """Rows with an item of this kind waiting, delayed or running."""
        with self._engine.connect() as connection:
            ids = connection.execute(self._live, {"kind": kind}).scalars()
            return {id_.removeprefix(f"{kind}:").rpartition(":")[0] for id_ in ids}

    def has_later(self, item: WorkItem) -> bool:
        """Whether an item of this row and a later generation is waiting, delayed or running."""
        with self._engine.connect() as connection:
            ids = [id_.rpartition(":") for id_ in connection.execute(self._live, {"kind": item.kind}).scalars()]
        own, _, _ = item.id.rpartition(":")
        return any(row == own and int(generation) > item.generation for row, _, generation in ids)

    def letters(self) -> list[Letter]:
        with self._engine.connect() as connection:
            ids = list(connection.execute(self._letters, {"name": WORKFLOW}).scalars())
        if not ids:
            return []
        found = self._client.list_workflows(workflow_ids=ids, load_output=False)
        return [
            Letter(
                status.workflow_id,
                item_of(*status.input["args"]),
                crashed=status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED",
            )
            for status in found
            if status.input is not None
        ]

    def delete(self, ids: list[str]) -> None:
        self._client.delete_workflows(ids)

    def finished_before(self, unix_ms: int) -> list[str]:
        """Up to 1,000 finished items."""
        with self._engine.connect() as connection:
            return list(connection.execute(self._finished, {"before": unix_ms}).scalars())
