"""Sheets: what a file holds, cell by cell, and what is wrong with one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_BYTES = 10 * 1024 * 1024
"""Largest file that is read."""
MOST_ROWS = 50_000
MOST_COLUMNS = 200
MOST_FILES = 20


class FileUnusable(Exception):
    """The file cannot be read at all; the message is one sentence that names it."""


@dataclass(frozen=True)
class Broken:
    """A cell whose content cannot be used whatever it is for; `why` completes "this cell ..."."""

    why: str


Cell = str | Decimal | date | bool | Broken | None
"""Texts are stripped and never empty; numbers are exact as the program that wrote them shows them."""


@dataclass(frozen=True)
class Sheet:
    """One table of a file. `rows[0]` is row 1 as a spreadsheet program counts."""

    file: str
    name: str
    rows: Sequence[Sequence[Cell]]

    def cell(self, row: int, column: int) -> Cell:
        """Counted from 0; None beyond the row's end."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong with one cell. `row` counts from 1, as in the spreadsheet; `column` is its letter."""

    file: str
    sheet: str
    row: int
    column: str
    heading: str
    detail: str

    def __str__(self) -> str:
        heading = f" ({self.heading})" if self.heading else ""
        return f"{self.place} row {self.row}, column {self.column}{heading}: {self.detail}"

    @property
    def place(self) -> str:
        return self.file if self.sheet == self.file else f"{self.file}, sheet {self.sheet},"


def letter(column: int) -> str:
    """`A` of 0, `AA` of 26."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def shown(cell: Cell) -> str:
    """The cell as an error quotes it: at most 40 characters, printable."""
    if isinstance(cell, date):
        return cell.isoformat()
    text = "" if cell is None or isinstance(cell, Broken) else str(cell)
    cut = text if len(text) <= 40 else text[:39] + "…"
    return "".join(each if each.isprintable() else "�" for each in cut)
