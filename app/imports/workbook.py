"""XLSX workbooks (ECMA-376), read by openpyxl as a stream: values as they are shown, formulas by their stored value."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from app.imports.sheet import MOST_COLUMNS, MOST_ROWS, Broken, Cell, FileUnusable, Sheet

MOST_UNPACKED = 64 * 1024 * 1024
"""All parts of a workbook together, unpacked; a part is never read beyond the size that the archive says it has."""
_MOST_PARTS = 2_000
_MOST_EMPTY = 1_000  # rows without a value after which a sheet is over: formatting reaches further than content
_UNUSABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, ParseError, DefusedXmlException, KeyError, ValueError, TypeError,
    IndexError, AttributeError, EOFError, NotImplementedError, OSError, RuntimeError,
)  # fmt: skip


def read_workbook(name: str, raw: bytes) -> list[Sheet]:
    """Its sheets with anything in them, hidden ones too. Raises FileUnusable."""
    # Imported here: most processes never read a workbook, and it would stay in the memory of each.
    import openpyxl

    _require_small(name, raw)
    try:
        # The second reading tells a formula without a stored value from an empty cell.
        values = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        formulas = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
        sheets = [Sheet(name, sheet.title, _rows(name, sheet, formulas[sheet.title])) for sheet in values.worksheets]
    except _UNUSABLE as error:
        raise FileUnusable(f"{name} is damaged, or no workbook in the format XLSX.") from error
    return [sheet for sheet in sheets if sheet.rows]


def _require_small(name: str, raw: bytes) -> None:
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileUnusable(
            f"{name} is a workbook of the old format XLS, or has a password; save it as XLSX without one."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FileUnusable(f"{name} is damaged, or no workbook in the format XLSX.") from error
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        limit = MOST_UNPACKED // 1024**2
        raise FileUnusable(f"{name} holds more than {limit} MiB when it is unpacked; import it in parts.")


def _rows(name: str, sheet: Any, formulas: Any) -> Sequence[Sequence[Cell]]:
    # What a file says of its own size may be wrong, or all of the grid.
    sheet.reset_dimensions()
    formulas.reset_dimensions()
    rows: list[list[Cell]] = []
    filled = 0
    for cells, written in zip(sheet.iter_rows(), formulas.iter_rows(), strict=True):
        if len(rows) - filled > _MOST_EMPTY:
            break
        rows.append(list(_cells(cells, written)))
        if any(cell is not None for cell in rows[-1]):
            filled = len(rows)
        if filled > MOST_ROWS or len(rows[-1]) > MOST_COLUMNS:
            limits = f"more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns"
            raise FileUnusable(f"Sheet {sheet.title} of {name} has {limits}; import it in parts.")
    return rows[:filled]


def _cells(cells: Sequence[Any], written: Sequence[Any]) -> Iterator[Cell]:
    last = max((at for at, cell in enumerate(written, 1) if cell.value is not None), default=0)
    for cell, formula in zip(cells[:last], written[:last], strict=False):
        if cell.value is None and formula.value is not None:
            yield Broken("holds a formula without a stored value; open the file in the spreadsheet program and save it")
        else:
            yield _value(cell)


def _value(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "e":
        return Broken(f"holds the error {value}")
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else Broken("holds a time of day where a day is needed")
    if isinstance(value, date):
        return value
    if isinstance(value, time | timedelta):
        return Broken("holds a time of day or a duration; write a number")
    return re.sub(r"_x000[dD]_", "", str(value)).strip() or None if value is not None else None


def _number(value: float, number_format: str) -> Cell:
    # Spreadsheet programs compute in binary and show 15 digits; what lies behind them nobody has seen.
    exact = Decimal(f"{value:.15g}")
    return f"{_plain(exact * 100)}%" if "%" in number_format else exact


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
