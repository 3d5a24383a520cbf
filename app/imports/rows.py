"""Rows of sheets as typed values; whatever is wrong is noted by its cell, and reading goes on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.imports.cells import Manner, Unreadable, currency_of_cell, currency_of_heading, manner, read
from app.imports.headings import Layout
from app.imports.kinds import Column
from app.imports.sheet import Cell, Fault, Sheet, letter, shown

_NOTHING = ("-", "–", "—")


@dataclass(frozen=True)
class Table:
    """A sheet with its layout, and how each of its columns writes numbers and days."""

    sheet: Sheet
    layout: Layout
    manners: Mapping[str, Manner]

    @classmethod
    def of(cls, sheet: Sheet, layout: Layout) -> "Table":
        manners: dict[str, Manner] = {}
        below = range(layout.row + 1, len(sheet.rows))
        for name, place in layout.fields.items():
            if (column := layout.kind.column(name)) is not None:
                manners[name] = manner([sheet.cell(row, place) for row in below], column)
        shown = {one.style for one in manners.values() if one.style is not None}
        if len(shown) == 1:
            # A column that shows nothing by itself is written as the others of its sheet are.
            style = shown.pop()
            manners = {name: Manner(one.style or style, one.order) for name, one in manners.items()}
        return cls(sheet, layout, manners)

    def rows(self) -> "Iterator[Row]":
        """Those below the headings that hold anything in a column that is read."""
        for number in range(self.layout.row + 1, len(self.sheet.rows)):
            row = Row(self, number)
            if any(self.sheet.cell(number, place) is not None for place in self.layout.fields.values()):
                yield row

    def fault(self, row: int, field: str, detail: str) -> Fault:
        """`row` counts from 0; a field without a column is told of the first one."""
        column = self.layout.fields.get(field, 0)
        heading = self.layout.headings.get(column, "") if field in self.layout.fields else ""
        return Fault(self.sheet.file, self.sheet.name, row + 1, letter(column), heading, detail)


@dataclass(frozen=True)
class Row:
    """One row. `number` counts from 0."""

    table: Table
    number: int
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def cell(self, field: str) -> Cell:
        place = self.table.layout.fields.get(field)
        return None if place is None else self.table.sheet.cell(self.number, place)

    def refuse(self, field: str, detail: str) -> None:
        self.faults.append(self.table.fault(self.number, field, detail))

    def take(self, column: Column, currency: str = "EUR") -> Any:
        """The column's value, kept in `values`; None where the cell is empty or not readable, which is noted."""
        cell = self.cell(column.field)
        if cell is None:
            return None
        if isinstance(cell, str) and cell in _NOTHING:
            if column.needed:
                self.refuse(column.field, f"is empty ({cell}), and it is needed")
            else:
                self.values[column.field] = None
            return None
        how = self.table.manners.get(column.field, Manner())
        try:
            value = read(cell, column, how, currency)
        except Unreadable as error:
            self.refuse(column.field, str(error))
            return None
        self.values[column.field] = value
        return value

    def currency(self, columns: Sequence[Column], usual: str) -> str:
        """The currency of the row's amounts: its own column's, else what headings and cells say, else `usual`.

        Where a heading says another one, it is noted by the cell; what cells say is compared when they are read.
        """
        filled = [column.field for column in columns if self.cell(column.field) is not None]
        above = {name: code for name in filled if (code := currency_of_heading(self._heading(name)))}
        beside = [code for name in filled if (code := currency_of_cell(self.cell(name)))]
        wanted = str(self.values.get("currency") or next(iter([*beside, *above.values()]), usual))
        for name, code in above.items():
            if code != wanted and currency_of_cell(self.cell(name)) is None:
                self.refuse(name, f"is in {code} by its heading, and the row is in {wanted}: {shown(self.cell(name))}")
        return wanted

    def _heading(self, field: str) -> str:
        return self.table.layout.headings.get(self.table.layout.fields.get(field, -1), "")
