"""Reach: the records that a case's subject leads to, the only ones that may support an action's arguments.

Forward links (`Record.links`) are followed as far as they go; backward ones (whose records point here) one step, and
only along the pairs listed, so that a case about one customer never wanders into another's records.
"""

from collections.abc import Iterable
from datetime import datetime

from tools.facts import Fact
from tools.ports import ReadPort
from tools.records import RECORDS, Record
from tools.values import Moment, RecordKey, RecordKind, Value

# subject kind → (kind of the records that point at it, the field by which they do)
_POINTING: dict[RecordKind, tuple[tuple[RecordKind, str], ...]] = {
    "customer": (("contact", "customer_id"),),
    "opportunity": (("assignment", "opportunity_id"),),
    "contract": (("project", "contract_id"), ("renewal", "contract_id")),
    "project": (
        ("milestone", "project_id"), ("assignment", "project_id"), ("change_request", "project_id"),
        ("change_order", "project_id"), ("invoice", "project_id"), ("forecast", "id"),
    ),
    "person": (("assignment", "person_id"), ("time_entry", "person_id"), ("leave", "person_id")),
}  # fmt: skip


class Reach(Value):
    """Records by key, as read at `read_at`. `subject` is None where the event named no known record."""

    subject: RecordKey | None
    read_at: Moment
    records: dict[str, Record]

    def get(self, kind: RecordKind, ident: object) -> Record | None:
        return self.records.get(f"{kind}/{ident}")

    def of_kind(self, kind: RecordKind) -> list[Record]:
        return [record for record in self.records.values() if record.kind == kind]

    def customers(self) -> set[str]:
        """Ids of the customers that the subject leads to: one in a customer's case, none or many in a person's."""
        return {record.id for record in self.of_kind("customer")}

    def versions(self) -> dict[str, int]:
        """Record key → version; what a reviewer saw, compared again before execution."""
        return {key: record.version for key, record in self.records.items()}

    def customer_of(self, record: Record) -> str | None:
        """The customer a record belongs to, through its links; None for what is the firm's own."""
        if record.kind == "customer":
            return record.id
        for field, kind in type(record).links.items():
            ident = getattr(record, field)
            if kind == "customer" and ident:
                return str(ident)
            linked = self.get(kind, ident)
            if linked is not None and kind in ("project", "contract") and (found := self.customer_of(linked)):
                return found
        return None


def reach(read: ReadPort, subject: RecordKey | None, now: datetime, *, also: Iterable[RecordKey] = ()) -> Reach:
    """Reads everything in reach of `subject` (and of `also`). Raises SourceUnavailable."""
    found: dict[str, Record] = {}
    starts = [(key.kind, key.id) for key in (subject, *also) if key is not None]
    _follow(read, starts, found)
    pointing: list[Record] = []
    named = {f"{kind}/{ident}" for kind, ident in starts}
    for key, record in found.items():
        # Of people only the subject's own rows are followed: a colleague's assignments lead to other customers.
        if record.kind == "person" and key not in named:
            continue
        for kind, field in _POINTING.get(record.kind, ()):
            pointing.extend(read.find(RECORDS[kind], {field: record.id}))
    for row in pointing:
        if found.setdefault(f"{row.kind}/{row.id}", row) is row:
            _follow(read, _links(row), found)
    return Reach(subject=subject, read_at=now, records=found)


def linked(read: ReadPort, keys: Iterable[RecordKey], now: datetime, known: Reach | None = None) -> Reach:
    """The named records and what they link to, forward only. What `known` holds is not read again.

    Raises SourceUnavailable.
    """
    found: dict[str, Record] = {}
    wanted = list(keys)
    if known is not None:
        for key in wanted:
            _copy(known, key.kind, key.id, found)
    _follow(read, [(key.kind, key.id) for key in wanted], found)
    return Reach(subject=None, read_at=now, records=found)


def _copy(known: Reach, kind: RecordKind, ident: str, found: dict[str, Record]) -> None:
    key = f"{kind}/{ident}"
    record = known.records.get(key)
    if record is None or key in found:
        return
    found[key] = record
    for linked_kind, linked_id in _links(record):
        _copy(known, linked_kind, linked_id, found)


def _follow(read: ReadPort, keys: Iterable[tuple[RecordKind, str]], found: dict[str, Record]) -> None:
    waiting = list(keys)
    while waiting:
        kind, ident = waiting.pop()
        key = f"{kind}/{ident}"
        if key in found or (record := read.get(RECORDS[kind], ident)) is None:
            continue
        found[key] = record
        waiting.extend(_links(record))


def _links(record: Record) -> list[tuple[RecordKind, str]]:
    links = type(record).links.items()
    return [(kind, str(ident)) for field, kind in links if (ident := getattr(record, field))]


def facts_named(reached: Reach, idents: Iterable[str]) -> list[Fact]:
    """The single-valued fields named `<kind>/<id>#<field>` as facts; an id that names none is left out."""
    facts: list[Fact] = []
    for ident in idents:
        key, _, field = ident.partition("#")
        record = reached.records.get(key)
        if record is None or field in ("authors", "version"):
            continue
        try:
            value = record.value(field)
        except KeyError:
            continue
        if value is not None:
            facts.append(Fact(
                id=ident, record=record.key, field=field, value=value, author=record.author(field),
                read_at=reached.read_at, trust=record.trust(field), customer=reached.customer_of(record),
            ))  # fmt: skip
    return facts
