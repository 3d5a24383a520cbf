"""Plan: what an import would do, worked out whole before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.actor import Actor
from app.imports.accounts import AccountChange, Accounts
from app.imports.book import Book
from app.imports.csv_file import read_csv
from app.imports.headings import Layout, Memory, folded, layout
from app.imports.kinds import ACCOUNTS, KINDS, SKILLS
from app.imports.records import Reader
from app.imports.rows import Table
from app.imports.sheet import MOST_BYTES, MOST_FILES, Fault, FileUnusable, Sheet, letter
from app.imports.workbook import read_workbook
from app.store.models import Principal
from tools.record import Record
from tools.values import digest

_WORKBOOKS = (".xlsx", ".xlsm")
_TEXTS = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class SheetRead:
    """How a sheet was read; `kind` None: not at all. `columns`: heading → field; `rows` with something in them."""

    file: str
    sheet: str
    kind: str | None
    rows: int
    columns: Mapping[str, str]
    ignored: Sequence[str]


@dataclass(frozen=True)
class Change:
    """A record that would be new (`before` None) or other than before."""

    before: Record | None
    after: Record

    @property
    def fields(self) -> list[str]:
        if self.before is None:
            return []
        names = type(self.after).model_fields.keys() - {"version", "authors"}
        return sorted(name for name in names if getattr(self.before, name) != getattr(self.after, name))


@dataclass(frozen=True)
class Plan:
    """`faults`: every bad cell, in order of place; while there is one, nothing can be applied.

    `learned`: what the sheets and headings were taken for, to be remembered with the import.
    """

    sheets: Sequence[SheetRead]
    records: Sequence[Change]
    accounts: Sequence[AccountChange]
    duplicates: int
    faults: Sequence[Fault]
    learned: Memory

    @property
    def empty(self) -> bool:
        return not self.records and not self.accounts

    @property
    def digest(self) -> str:
        """Of all that would be written: what somebody saw, and what runs, are the same under the same digest."""
        changes = [change.after.model_dump(mode="json") | {"kind": change.after.kind} for change in self.records]
        return digest({"records": changes, "accounts": [repr(each) for each in self.accounts]})

    def counts(self) -> dict[str, dict[str, int]]:
        """Kind of record (`account` too) → how many would be new, and how many changed."""
        found: dict[str, dict[str, int]] = {}
        marks = [(str(change.after.kind), change.before is None) for change in self.records]
        marks += [("account", each.principal_id is None) for each in self.accounts]
        for kind, new in marks:
            found.setdefault(kind, {"new": 0, "changed": 0})["new" if new else "changed"] += 1
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "sheets": [
                {"file": one.file, "sheet": one.sheet, "kind": one.kind, "rows": one.rows,
                 "columns": dict(one.columns), "ignored": list(one.ignored)}
                for one in self.sheets
            ],
            "counts": self.counts(), "duplicates": self.duplicates, "digest": self.digest,
            "errors": [
                {"file": one.file, "sheet": one.sheet, "row": one.row, "column": one.column, "heading": one.heading,
                 "detail": one.detail}
                for one in self.faults
            ],
        }  # fmt: skip


def read_file(name: str, raw: bytes) -> list[Sheet]:
    """The sheets of a CSV file or XLSX workbook. Raises FileUnusable."""
    if len(raw) > MOST_BYTES:
        raise FileUnusable(f"{name} is larger than {MOST_BYTES // 1024**2} MiB; import it in parts.")
    kind = name.lower()[name.rfind(".") :] if "." in name else ""
    if kind in _WORKBOOKS or raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        sheets = read_workbook(name, raw)
    elif kind in _TEXTS:
        sheets = read_csv(name, raw)
    else:
        raise FileUnusable(f"{name} is neither .csv nor .xlsx.")
    if not any(cell is not None for sheet in sheets for row in sheet.rows for cell in row):
        raise FileUnusable(f"{name} is empty.")
    return sheets


def make_plan(
    sheets: Sequence[Sheet], said: Memory, remembered: Memory, actor: Actor, base_currency: str, *,
    records: Sequence[Record], accounts: Sequence[Principal],
) -> Plan:  # fmt: skip
    """What importing the sheets over `records` and `accounts` would do.

    What is `said` of sheets and headings counts before what is `remembered` and what is guessed. Where no sheet is
    known for what it holds, each is at fault. Raises FileUnusable for too many files.
    """
    if len({sheet.file for sheet in sheets}) > MOST_FILES:
        raise FileUnusable(f"More than {MOST_FILES} files at once; import them in parts.")
    memory = said.over(remembered)
    layouts = [(sheet, layout(sheet, memory)) for sheet in sheets]
    tables = [Table.of(sheet, found) for sheet, found in layouts if found is not None]
    book = Book(records)
    reader = Reader(book, author_of(actor), base_currency, actor.record_id)
    people = Accounts(accounts, book, actor, base_currency)
    for kind in KINDS:
        of_kind = [table for table in tables if table.layout.kind is kind]
        if not of_kind:
            continue
        if kind is ACCOUNTS:
            people.read(of_kind)
        elif kind is SKILLS:
            reader.read_skills(kind, of_kind)
        else:
            reader.read(kind, of_kind)
    faults = [fault for table in tables for fault in _twice(table)] + reader.faults + people.faults
    if not tables:
        faults = [Fault(sheet.file, sheet.name, 1, "A", "", _unknown()) for sheet in sheets]
    return Plan(
        [_read(sheet, found) for sheet, found in layouts], [Change(*each) for each in book.changes()], people.changes,
        reader.duplicates + people.duplicates, sorted(set(faults), key=lambda one: _place(one, sheets)),
        _learned(layouts, said),
    )  # fmt: skip


def author_of(actor: Actor) -> str:
    """As whose word imported values count (tools/facts.py): the person's who imported them, or a system's."""
    return f"person/{actor.principal_id}" if actor.kind == "person" else "system/import"


def _unknown() -> str:
    kinds = ", ".join(kind.name for kind in KINDS)
    return f"no headings of {kinds} are found; say what the sheet holds and how its headings are read"


def _read(sheet: Sheet, found: Layout | None) -> SheetRead:
    if found is None:
        return SheetRead(sheet.file, sheet.name, None, 0, {}, [])
    columns = {found.heading(place): name for name, place in sorted(found.fields.items(), key=lambda each: each[1])}
    rows = sum(1 for _ in Table(sheet, found, {}).rows())
    return SheetRead(
        sheet.file, sheet.name, found.kind.name, rows, columns, [found.heading(place) for place in found.ignored]
    )


def _twice(table: Table) -> list[Fault]:
    found = table.layout
    return [
        Fault(
            table.sheet.file, table.sheet.name, found.row + 1, letter(place), found.heading(place),
            f"is the {name.replace('_', ' ')} too, as column {letter(found.fields[name])} is; say which one counts",
        )
        for place, name in found.twice.items()
    ]  # fmt: skip


def _place(fault: Fault, sheets: Sequence[Sheet]) -> tuple[int, int, int, str]:
    at = next((n for n, s in enumerate(sheets) if (s.file, s.name) == (fault.file, fault.sheet)), len(sheets))
    return at, fault.row, len(fault.column), fault.column


def _learned(layouts: Sequence[tuple[Sheet, Layout | None]], said: Memory) -> Memory:
    """What was said, and every heading that was read; a sheet's name is often `Sheet1`, and says nothing by itself."""
    fields = {
        (found.kind.name, folded(heading)): name
        for _, found in layouts
        if found is not None
        for name, place in found.fields.items()
        if folded(heading := found.headings[place])
    }
    return Memory(said.kinds, {**fields, **said.fields})
