"""The firm's own text classifiers: trained from a file, kept in the home folder, used on a file."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.reasoners.embedded.artefact import Artefact, ArtefactUnusable, load, save
from agents.reasoners.embedded.encoder import Encoder, EncoderUnavailable
from agents.reasoners.embedded.reading import encoded, prepared, readable
from app import heaps
from app.errors import Problem
from app.tables import Table, TableUnusable, read_table

FOLDER = "classifiers"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TOLD_ROWS = 5


@dataclass(frozen=True)
class Trained:
    path: Path
    document: dict[str, Any]


@dataclass(frozen=True)
class Labelled:
    """Rows that can be learnt from: prepared texts by column, labels, and how many rows had no text or no label."""

    columns: tuple[tuple[str, ...], ...]
    labels: tuple[str | None, ...]
    without_text: int
    without_label: int


def learn(
    home: Path, name: str, file: Path, text: Sequence[str], label: str, outside: str | None, error_target: float,
    told: Callable[[str], None],
) -> Trained:  # fmt: skip
    """Trains and saves a classifier. Raises Problem where name, file or rows do not make one: then nothing changes."""
    path = path_of(home, name)
    columns = _columns(text)
    table = _table(file, [*columns, label])
    rows = labelled(table, columns, label, outside, told)
    cache = home / "cache"
    document = {
        "name": name, "rows": len(rows.labels), "skipped": rows.without_text + rows.without_label,
        "data_sha256": table.sha256, "text": columns, "label": label, "outside": outside,
        "error_target": error_target, "encoder": Encoder.version, "trained_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    made = fit(cache, rows, error_target, told)
    try:
        save(path, Artefact(made[0], {**document, "report": made[1]}))
    except OSError as error:
        raise Problem("unavailable", f"{path} cannot be written: {error.strerror}") from error
    return Trained(path, {**document, "labels": list(made[0].labels), "report": made[1]})


def fit(cache: Path, rows: Labelled, error_target: float, told: Callable[[str], None]) -> tuple[Any, dict[str, Any]]:
    """The classifier of the rows, and its report. Raises Problem."""
    from agents.reasoners.embedded.training import TrainingRefused, check, train

    try:
        # Before minutes of encoding, what no vector can mend.
        check(rows.labels)
        told(f"encoding {len(rows.labels):,} rows")
        features = _features(cache, rows.columns, told)
        # The encoder has done its part, and the rows may need the room.
        heaps.give_back()
        made, quality = train(rows.columns, features, rows.labels, error_target, told)
    except TrainingRefused as refusal:
        raise Problem("invalid_body", str(refusal)) from refusal
    return made, quality.document()


def label_rows(
    home: Path, name: str, file: Path, text: Sequence[str], told: Callable[[str], None]
) -> tuple[list[dict[str, Any]], int]:
    """An answer a row in order, and how many rows had nothing to read. Raises Problem."""
    columns = _columns(text)
    try:
        found = load(path_of(home, name), Encoder.version)
    except ArtefactUnusable as error:
        raise Problem("invalid_body", str(error)) from error
    if len(columns) != len(found.document["text"]):
        raise Problem(
            "invalid_query",
            f"{name} was trained on {len(found.document['text'])} columns ({', '.join(found.document['text'])}), "
            f"and {len(columns)} are given ({', '.join(columns)})",
        )
    table = _table(file, columns)
    texts = [prepared(column) for column in zip(*table.rows, strict=True)]
    answers: list[dict[str, Any]] = []
    features = _features(home / "cache", texts, told)
    for one, row in zip(found.classifier.say(texts, features), zip(*texts, strict=True), strict=True):
        label = one.label if readable(row) else None
        answers.append({"label": label, "confidence": round(one.confidence, 4), "abstained": one.abstained})
    return answers, sum(one["label"] is None for one in answers)


def labelled(
    table: Table, columns: Sequence[str], label: str, outside: str | None, told: Callable[[str], None]
) -> Labelled:
    """The rows with a text and a label. Raises Problem where one text stands under two labels."""
    texts = [prepared(column) for column in zip(*(row[:-1] for row in table.rows), strict=True)]
    wanted: list[int] = []
    first: dict[tuple[str, ...], int] = {}
    without_text = without_label = 0
    for place, (row, cells) in enumerate(zip(zip(*texts, strict=True), table.rows, strict=True)):
        if not readable(row):
            without_text += 1
            if without_text <= _TOLD_ROWS:
                told(f"{table.path}, row {place + 1}: nothing to read in {', '.join(columns)}; left out")
        elif not cells[-1].strip():
            without_label += 1
            if without_label <= _TOLD_ROWS:
                told(f"{table.path}, row {place + 1}: no label in {label}; left out")
        else:
            earlier = first.setdefault(row, place)
            if table.rows[earlier][-1].strip() != cells[-1].strip():
                raise Problem(
                    "invalid_body",
                    f"{table.path}, row {place + 1}: the same text as row {earlier + 1}, but column {label} says "
                    f"{cells[-1].strip()[:60]!r} here and {table.rows[earlier][-1].strip()[:60]!r} there",
                )
            wanted.append(place)
    if without_text + without_label > _TOLD_ROWS:
        told(f"{without_text:,} rows without text and {without_label:,} without label left out")
    marks = [table.rows[place][-1].strip() for place in wanted]
    return Labelled(
        tuple(tuple(column[place] for place in wanted) for column in texts),
        tuple(None if mark == outside else mark for mark in marks), without_text, without_label,
    )  # fmt: skip


def path_of(home: Path, name: str) -> Path:
    """Where the classifier of that name is kept. Raises Problem for what is no name."""
    if not _NAME.fullmatch(name):
        raise Problem("invalid_query", f"{name[:80]!r} is no name: letters, digits, - and _, at most 64")
    return home / FOLDER / f"{name}.npz"


def _columns(text: Sequence[str]) -> list[str]:
    columns = [column.strip() for column in text if column.strip()]
    if not columns or len(set(columns)) != len(columns):
        raise Problem("invalid_query", "--text names one column or several different ones, separated by commas")
    return columns


def _table(file: Path, columns: Sequence[str]) -> Table:
    try:
        return read_table(file, columns)
    except TableUnusable as error:
        raise Problem("invalid_body", str(error)) from error


def _features(cache: Path, columns: Sequence[Sequence[str]], told: Callable[[str], None]) -> list[Any]:
    encoder = Encoder(cache)
    try:
        return [encoded(encoder, column, told) for column in columns]
    except EncoderUnavailable as error:
        raise Problem("unavailable", f"the sentence encoder is not available: {error}") from error
