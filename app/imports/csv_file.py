"""CSV files as spreadsheet programs write them: UTF-8 with or without a mark, UTF-16 with one, or cp1252."""

import codecs
import csv
import io
from collections.abc import Iterator

from app.csv_guard import unguarded
from app.imports.sheet import MOST_COLUMNS, MOST_ROWS, Cell, FileUnusable, Sheet

_SEPARATORS = ";,\t|"
_SAMPLE_ROWS = 50
_FIELD_LIMIT = 100_000


def read_csv(name: str, raw: bytes) -> list[Sheet]:
    """The one sheet of the file, named after it. Raises FileUnusable."""
    text = _decoded(name, raw)
    rows: list[list[Cell]] = []
    try:
        for cells in _records(text, _separator(text)):
            if len(rows) >= MOST_ROWS or len(cells) > MOST_COLUMNS:
                limits = f"more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns"
                raise FileUnusable(f"{name} has {limits}; import it in parts.")
            rows.append([unguarded(cell.strip()) or None for cell in cells])
    except csv.Error as error:
        raise FileUnusable(f"{name}, after row {len(rows)}: {error}.") from error
    return [Sheet(name, name, rows)]


def _decoded(name: str, raw: bytes) -> str:
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # What is valid UTF-8 is hardly ever anything else; cp1252 has nearly every byte, so it comes last.
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "cp1252"]:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise FileUnusable(f"{name} is no text in UTF-8, UTF-16 with a byte order mark, or cp1252.")


def _records(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(_FIELD_LIMIT)
    # Strict: a quote that is never closed would otherwise swallow the rest of the file.
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _separator(text: str) -> str:
    """The separator under which the first rows have the most columns, the same number in most of them."""
    if text.startswith("sep=") and len(text) > 4 and text[4] in _SEPARATORS:
        return text[4]

    def score(separator: str) -> tuple[int, int]:
        widths: list[int] = []
        try:
            for cells in _records(text, separator):
                if any(cell.strip() for cell in cells):
                    widths.append(len(cells))
                if len(widths) == _SAMPLE_ROWS:
                    break
        except csv.Error:
            return 0, 0
        usual = max(set(widths), key=widths.count, default=0)
        return (widths.count(usual), usual) if usual > 1 else (0, 0)

    return max(_SEPARATORS, key=score)
