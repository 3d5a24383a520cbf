"""Book: the firm's records inside one transaction, for whatever changes them."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from tools.connectors.sandbox.store import find_statement
from tools.record_index import index_rows, parse
from tools.records import Record
from tools.values import RecordKind
from tools.write_port import Refused

R = TypeVar("R", bound=Record)

_IDS: Mapping[RecordKind, tuple[str, int]] = {
    "customer": ("cus", 2), "contact": ("cnt", 2), "contract": ("ctr", 2), "rate_card": ("rat", 2),
    "project": ("prj", 2), "milestone": ("mst", 3), "person": ("per", 2), "assignment": ("asg", 3),
    "time_entry": ("tim", 5), "expense": ("exp", 3), "invoice": ("inv", 3), "opportunity": ("opp", 2),
    "change_request": ("crq", 3), "vendor": ("ven", 2), "ticket": ("tic", 3), "leave": ("lea", 3),
    "change_order": ("cho", 3), "workspace": ("wsp", 3), "task": ("tsk", 3), "message": ("msg", 3),
    "notice": ("ntc", 3), "renewal": ("ren", 3), "discount_rule": ("dsc", 2),
    "purchase_order": ("puo", 3),
}  # fmt: skip


def make_id(kind: RecordKind, number: int) -> str:
    """`prj-07`: kinds whose ids are counted. Forecasts, rates and periods have natural ids."""
    prefix, width = _IDS[kind]
    return f"{prefix}-{number:0{width}d}"


class Book:
    """Reads and writes on a connection that somebody else has begun a transaction on, and will end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.versions: dict[str, int] = {}
        """Of what was added or changed: the version at which it stands now, by `<kind>/<id>`."""

    def get(self, model: type[R], ident: str) -> R | None:
        row = self.connection.execute(
            "SELECT body FROM record WHERE kind = ? AND id = ?", (model.kind, ident)
        ).fetchone()
        return parse(model, row[0]) if row else None

    def require(self, model: type[R], ident: object) -> R:
        """The record. Raises Refused where there is none."""
        record = self.get(model, str(ident))
        if record is None:
            raise Refused(f"there is no {model.kind.replace('_', ' ')} {ident}")
        return record

    def find(self, model: type[R], where: Mapping[str, str], limit: int = 10_000) -> list[R]:
        return [parse(model, body) for (body,) in self.connection.execute(*find_statement(model, where, limit))]

    def new_id(self, kind: RecordKind) -> str:
        (number,) = self.connection.execute(
            "INSERT INTO counter (kind, last) VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET last = last + 1"
            " RETURNING last",
            (kind,),
        ).fetchone()
        return make_id(kind, number)

    def remember(self, record: Record, field: str) -> None:
        """Keeps what `field` holds now, for `recollect`."""
        self.connection.execute(
            "INSERT OR REPLACE INTO former (kind, id, field, value) VALUES (?, ?, ?, ?)",
            (record.kind, record.id, field, str(record.value(field))),
        )

    def recollect(self, record: Record, field: str) -> str | None:
        """What was remembered of `field`, None if nothing was; it is forgotten by this."""
        row = self.connection.execute(
            "DELETE FROM former WHERE kind = ? AND id = ? AND field = ? RETURNING value",
            (record.kind, record.id, field),
        ).fetchone()
        return str(row[0]) if row else None

    def start_counting(self) -> None:
        """Sets each kind's counter to the number of its records, as they were numbered from one."""
        self.connection.execute("DELETE FROM counter")
        self.connection.execute("INSERT INTO counter (kind, last) SELECT kind, count(*) FROM record GROUP BY kind")

    def add(self, records: Iterable[Record]) -> None:
        rows: list[tuple[str, str, str]] = []
        links: list[tuple[str, str, str, str]] = []
        for record in records:
            self.versions[f"{record.kind}/{record.id}"] = record.version
            rows.append((record.kind, record.id, record.model_dump_json(exclude_none=True)))
            links.extend(index_rows(record))
        self.connection.executemany("INSERT INTO record (kind, id, body) VALUES (?, ?, ?)", rows)
        self.connection.executemany("INSERT INTO link (kind, field, value, id) VALUES (?, ?, ?, ?)", links)

    def change(self, record: R, author: Callable[[str], str], **fields: object) -> R:
        """Writes new values, raises the version, and names the author of each field whose value really changed."""
        moved = {field: value for field, value in fields.items() if getattr(record, field) != value}
        changed = type(record).model_validate(
            record.model_dump() | moved
            | {
                "version": record.version + 1,
                "authors": record.authors | {field: author(field) for field in moved},
            }
        )  # fmt: skip
        self.versions[f"{record.kind}/{record.id}"] = changed.version
        self.connection.execute(
            "UPDATE record SET body = ? WHERE kind = ? AND id = ?",
            (changed.model_dump_json(exclude_none=True), record.kind, record.id),
        )
        before, after = index_rows(record), index_rows(changed)
        self.connection.executemany(
            "DELETE FROM link WHERE kind = ? AND field = ? AND value = ? AND id = ?", before - after
        )
        self.connection.executemany("INSERT INTO link (kind, field, value, id) VALUES (?, ?, ?, ?)", after - before)
        return changed
