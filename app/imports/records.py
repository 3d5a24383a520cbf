"""Rows into canonical records: known again by id or by what they are called, merged over what the firm has."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from app.imports.book import Book
from app.imports.cells import Unreadable
from app.imports.kinds import Column, Kind
from app.imports.rows import Row, Table
from app.imports.sheet import Fault
from tools.record import Record
from tools.records import Contract, ExchangeRate, Person, Project, Skill

_SPANS = (("start_on", "end_on"), ("starts_on", "ends_on"))


class Reader:
    """Reads tables of one kind after another into the book; `duplicates` are rows that repeat an earlier one.

    `own` is the record of who imports: whose line manager they are is for somebody else to say.
    """

    def __init__(self, book: Book, author: str, base_currency: str, own: str | None) -> None:
        self._book, self._author, self._base, self._own = book, author, base_currency, own
        self.duplicates = 0
        self.faults: list[Fault] = []
        self._ids: dict[tuple[str, tuple[str, ...]], str] = {}

    def read(self, kind: Kind, tables: Sequence[Table]) -> None:
        """All tables of the kind, which may name records of kinds that were read before, and each other's."""
        assert kind.model is not None
        for record in self._book.stored(kind.model):
            if (key := self._key(kind, record.__dict__)) is not None:
                self._ids.setdefault((kind.name, key), record.id)
        rows = [row for table in tables for row in table.rows()]
        for row in rows:
            self._read_cells(kind, row)
        first: dict[str, Row] = {}
        own = [column for column in kind.columns if column.content == "record" and column.of == kind.model.kind]
        for row, ident in [(row, self._identify(kind, row)) for row in rows]:
            for column in own:
                self._refer(row, column)
            if ident in first:
                self._compare(row, first[ident])
            else:
                first[ident] = row
                self._put(kind, row, ident)
        self.faults += [*self._lacking(kind, tables, first), *(fault for row in rows for fault in row.faults)]

    def read_skills(self, kind: Kind, tables: Sequence[Table]) -> None:
        """Each row gives a person a skill, or changes its level."""
        rows = [row for table in tables for row in table.rows()]
        first: dict[str, Row] = {}
        for row in rows:
            for column in kind.columns:
                row.take(column)
                if column.content == "record":
                    self._refer(row, column)
                _require(row, column)
            if not 1 <= row.values.get("level", 1) <= 5:
                row.refuse("level", f"is no level of 1 to 5: {row.values['level']}")
            if row.faults:
                continue
            ident = f"{row.values['person_id']}/{row.values['skill'].casefold()}"
            if ident in first:
                self._compare(row, first[ident])
            else:
                first[ident] = row
                self._give(row)
        self.faults += [*self._lacking(kind, tables, first), *(fault for row in rows for fault in row.faults)]

    def _give(self, row: Row) -> None:
        person = self._book.get(Person, row.values["person_id"])
        if person is None:
            return  # that person's own row is at fault, which is told there
        name, level = row.values["skill"], row.values["level"]
        skills = list(person.skills)
        known = next((place for place, each in enumerate(skills) if each.name.casefold() == name.casefold()), None)
        if known is None:
            skills.append(Skill(name=name, level=level))
        else:
            skills[known] = Skill(name=skills[known].name, level=level)
        self._merge(row, Person, person.id, {"skills": skills})

    def _read_cells(self, kind: Kind, row: Row) -> None:
        amounts = [column for column in kind.columns if column.content == "amount"]
        for column in kind.columns:
            if column.content != "amount":
                row.take(column)
            if column.content == "record" and (kind.model is None or column.of != kind.model.kind):
                self._refer(row, column)
        if kind.model is Project:
            self._under_contract(row)
        currency = row.currency(amounts, self._usual_currency(kind, row))
        for column in amounts:
            row.take(column, currency)
        if kind.column("currency") is not None:
            row.values["currency"] = currency
        elif currency != self._base:
            for column in amounts:
                if column.field in row.values:
                    row.refuse(column.field, f"is in {currency}, and this is in {self._base}: {row.cell(column.field)}")
        for start, end in _SPANS:
            begins, ends = row.values.get(start), row.values.get(end)
            if isinstance(begins, date) and isinstance(ends, date) and ends < begins:
                row.refuse(end, f"lies before the start, {begins.isoformat()}: {ends.isoformat()}")

    def _usual_currency(self, kind: Kind, row: Row) -> str:
        """Of amounts beside which none stands: the record's own, a project's contract's, the firm's."""
        if kind.model is None:
            return self._base
        known = self._known(kind, row)
        if known is not None and isinstance(found := getattr(known, "currency", None), str):
            return found
        contract = self._book.get(Contract, row.values.get("contract_id") or "")
        return contract.currency if contract is not None else self._base

    def _known(self, kind: Kind, row: Row) -> Record | None:
        if kind.model is None:
            return None
        if ident := row.values.get("id"):
            return self._book.before(kind.model, ident)
        key = self._key(kind, row.values)
        return None if key is None else self._book.before(kind.model, self._ids.get((kind.name, key), ""))

    def _key(self, kind: Kind, values: dict[str, Any]) -> tuple[str, ...] | None:
        needed = [name for name in kind.key if (column := kind.column(name)) is not None and column.needed]
        if any(values.get(name) is None for name in needed):
            return None
        return tuple(" ".join(str(values.get(name) or "").split()).casefold() for name in kind.key)

    def _under_contract(self, row: Row) -> None:
        """A project's customer is its contract's."""
        contract = self._book.get(Contract, row.values.get("contract_id") or "")
        if contract is None:
            return
        said = row.values.setdefault("customer_id", contract.customer_id)
        if said != contract.customer_id:
            row.refuse("customer_id", f"is another customer than the contract's, {contract.customer_id}")

    def _refer(self, row: Row, column: Column) -> None:
        text = row.values.get(column.field)
        if text is None or column.of is None:
            return
        try:
            row.values[column.field] = self._book.find(column.of, text)
        except Unreadable as error:
            del row.values[column.field]
            row.refuse(column.field, str(error))

    def _identify(self, kind: Kind, row: Row) -> str:
        """The id of the record that the row is about; rows that cannot be told apart get one of their own."""
        assert kind.model is not None
        ident: str = row.values.get("id") or ""
        key = self._key(kind, row.values)
        if not ident and key is not None:
            ident = self._ids.get((kind.name, key), "")
        if not ident:
            ident = self._book.new_id(kind.prefix)
        if key is not None and (other := self._ids.setdefault((kind.name, key), ident)) != ident:
            row.refuse("id", f"is {ident}, and the same one is {other} elsewhere")
        called = [row.values.get(name) for name in ("email", "name", "title")]
        self._book.announce(kind.model.kind, ident, called)
        return ident

    def _compare(self, row: Row, earlier: Row) -> None:
        other = [name for name in row.table.layout.fields if row.values.get(name) != earlier.values.get(name)]
        if not other:
            self.duplicates += 1
        elif not row.faults and not earlier.faults:
            where = f"row {earlier.number + 1}"
            if row.table.sheet != earlier.table.sheet:
                where += f" of {earlier.table.sheet.name}"
            for name in other:
                row.refuse(name, f"differs from {where}, which is about the same one")

    def _put(self, kind: Kind, row: Row, ident: str) -> None:
        assert kind.model is not None
        values = {name: value for name, value in row.values.items() if name in kind.model.model_fields and name != "id"}
        if self._book.get(kind.model, ident) is None:
            values = dict(kind.defaults) | values
            if kind.model is ExchangeRate:
                values["base_currency"] = self._base
            for column in kind.columns:
                if column.field in row.table.layout.fields:
                    _require(row, column)
        elif row.cell("currency") is None and not any(
            row.cell(column.field) is not None for column in kind.columns if column.content == "amount"
        ):
            values.pop("currency", None)
        self._merge(row, kind.model, ident, values)

    def _merge(self, row: Row, model: type[Record], ident: str, values: dict[str, Any]) -> None:
        present = self._book.get(model, ident)
        base: dict[str, Any] = {"id": ident, "authors": {"*": self._author}}
        kept = {name: value for name, value in values.items() if value is not None or _optional(model, name)}
        if present is not None:
            base = {name: getattr(present, name) for name in model.model_fields}
            kept = {name: value for name, value in kept.items() if base[name] != value}
            base["authors"] = present.authors | dict.fromkeys(kept, self._author)
            before = self._book.before(model, ident)
            base["version"] = before.version + 1 if before else 1
        told = {fault.column for fault in row.faults}
        try:
            merged = model.model_validate(base | kept)
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False, include_input=False):
                # What could not even be read is missing here, and was told already.
                if error["type"] != "missing" or not told:
                    row.refuse(str(error["loc"][0]) if error["loc"] else "", f"is not valid: {error['msg']}")
            return
        if self._own is not None and kept.get("manager_id") == self._own:
            row.refuse("manager_id", "is yourself; another admin says whose line manager you are")
        if kept and not row.faults:
            self._book.put(merged)

    def _lacking(self, kind: Kind, tables: Sequence[Table], first: dict[str, Row]) -> Iterator[Fault]:
        """Columns that a sheet with new records has not; told once, at its headings."""
        for table in tables:
            lacking = [c for c in kind.columns if c.needed and c.field not in table.layout.fields]
            new = kind.model is None or any(
                row.table is table and self._book.before(kind.model, ident) is None for ident, row in first.items()
            )
            for column in lacking if new else ():
                yield table.fault(table.layout.row, "", f"no column here is the {column.name}, which is needed")


def _require(row: Row, column: Column) -> None:
    if column.needed and row.cell(column.field) is None:
        row.refuse(column.field, "is empty, and it is needed")


def _optional(model: type[Record], field: str) -> bool:
    return model.model_fields[field].default is None
