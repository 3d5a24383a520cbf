"""Files of rows that people bring: CSV or JSON Lines, in UTF-8, compressed by gzip or not."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

_FIELD_LIMIT = 64 * 1024 * 1024
_MAX_BYTES = 2 * 1024**3


class TableUnusable(Exception):
    """The file cannot be read as rows; the message names file, and row or column where one is at fault."""


@dataclass(frozen=True)
class Table:
    """The wanted columns of a file. `rows` are their texts, `numbers` the rows' places, counted from 1 without header.

    A value that is absent or null is an empty text. `sha256` is of the file's bytes as they are, in hex.
    """

    path: Path
    sha256: str
    rows: tuple[tuple[str, ...], ...]


def read_table(path: Path, columns: Sequence[str]) -> Table:
    """The rows of `path` (.csv, .jsonl, either with .gz), of each the columns asked for. Raises TableUnusable."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TableUnusable(f"{path}: {error.strerror}") from error
    text = _decoded(path, _unpacked(path, raw))
    kind = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if kind == "csv":
        rows = _csv_rows(path, text, columns)
    elif kind in ("jsonl", "ndjson"):
        rows = _json_rows(path, text, columns)
    else:
        raise TableUnusable(f"{path}: neither .csv nor .jsonl (nor either with .gz)")
    if not rows:
        raise TableUnusable(f"{path}: there are no rows")
    return Table(path, sha256(raw).hexdigest(), tuple(rows))


def _unpacked(path: Path, raw: bytes) -> bytes:
    if path.suffix.lower() != ".gz":
        if raw[:2] == b"\x1f\x8b":
            raise TableUnusable(f"{path}: this is gzip, but the name does not end in .gz")
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            text = file.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise TableUnusable(f"{path}: the gzip data is broken: {error}") from error
    if len(text) > _MAX_BYTES:
        raise TableUnusable(f"{path}: more than {_MAX_BYTES:,} bytes when unpacked")
    return text


def _decoded(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableUnusable(
            f"{path}, line {line}: byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8; "
            "is the file in another encoding, such as cp1252? Convert it to UTF-8 first"
        ) from error


def _csv_rows(path: Path, text: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        _all_there(path, columns, header)
        places = [header.index(column) for column in columns]
        rows = []
        for number, cells in enumerate(reader, 1):
            if not cells:
                continue
            if len(cells) != len(header):
                raise TableUnusable(
                    f"{path}, row {number} (line {reader.line_num}): {len(cells)} cells under {len(header)} headings"
                )
            rows.append(tuple(cells[place] for place in places))
    except csv.Error as error:
        raise TableUnusable(f"{path}, line {reader.line_num}: {error}") from error
    return rows


def _json_rows(path: Path, text: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
    rows = []
    # Not splitlines: a text may hold a line separator of another kind.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TableUnusable(f"{path}, line {number}: not JSON: {error}") from error
        if not isinstance(found, dict):
            raise TableUnusable(f"{path}, line {number}: not a JSON object")
        _all_there(f"{path}, line {number}", columns, list(found))
        for column in columns:
            if not isinstance(found[column], str | int | float | None):
                raise TableUnusable(f"{path}, line {number}, column {column}: neither a text nor a number")
        rows.append(tuple("" if found[column] is None else str(found[column]) for column in columns))
    return rows


def _all_there(where: Path | str, columns: Sequence[str], found: Sequence[str]) -> None:
    missing = [column for column in columns if column not in found]
    if missing:
        there = ", ".join(repr(one[:60]) for one in found[:20]) or "none"
        raise TableUnusable(f"{where}: there is no column {missing[0]!r}; there are {there}")
