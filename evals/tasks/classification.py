"""Tasks that ask for one label of a text: issue reports, service tickets, banking requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from agents.reasoners.embedded.classifier import Classifier
from agents.reasoners.embedded.reading import encoded, prepared
from agents.reasoners.embedded.training import TrainingRefused, train
from app.tables import TableUnusable, read_table
from evals.intervals import Estimate, bootstrap, calibration_error, macro_f1, share
from evals.prepared import Answer, Files, Prepared, SetUnusable, Shown, digest_of

ERROR_TARGET = 0.05
HELD_OUT, SEED = 0.25, 11
"""Share of each label's rows that is tested on where no test file is named, and the seed of the draw."""


@dataclass(frozen=True)
class Set:
    file: str
    text: tuple[str, ...]
    label: str


SETS: Mapping[str, Set] = {
    "issue_types": Set("tickets/issue_types_train.csv.gz", ("title", "body"), "label"),
    "service_tickets": Set("tickets/service_tickets_train.csv.gz", ("Document",), "Topic_group"),
    "banking": Set("intents/banking_train.csv.gz", ("text",), "category"),
}

Row = tuple[tuple[str, ...], str]


def prepare(name: str, files: Files) -> Prepared:
    one = SETS[name]
    train_file, test_file = files.given(one.file)
    rows = _rows(files, train_file, one)
    if test_file is None:
        learnt, tested = split(rows)
    else:
        learnt, tested = rows, _rows(files, test_file, one)
    made = fitted(files, [row for row, _ in learnt], [label for _, label in learnt])
    return Prepared(
        truths=[label for _, label in tested],
        answer=partial(answers, files, made, [row for row, _ in tested]),
        figures=figures,
        train_file=digest_of(train_file),
        test_file=digest_of(test_file) if test_file else None,
        notes={"trained_on": len(learnt)},
        right=lambda truth, said: bool(truth == said["label"]),
        shown=shown,
    )


def shown(truths: Sequence[Any], said: Sequence[Answer]) -> Shown:
    """Labels, and how sure each answer was, abstentions left out."""
    pairs = list(zip(truths, said, strict=True))
    return Shown(
        {"label": [(truth, one["label"]) for truth, one in pairs]},
        [(one["confidence"], truth == one["label"]) for truth, one in pairs if not one["abstained"]],
    )


def split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to learn from and rows to test on: a quarter of each label's, drawn."""
    draw = np.random.default_rng(SEED)
    by_label: dict[str, list[Row]] = {}
    for row in rows:
        by_label.setdefault(row[1], []).append(row)
    learnt, tested = [], []
    for label in sorted(by_label):
        order = draw.permutation(len(by_label[label])).tolist()
        cut = round(HELD_OUT * len(order))
        tested += [by_label[label][place] for place in order[:cut]]
        learnt += [by_label[label][place] for place in order[cut:]]
    return learnt, tested


def fitted(files: Files, texts: Sequence[tuple[str, ...]], labels: Sequence[str | None]) -> Classifier:
    columns = [prepared(column) for column in zip(*texts, strict=True)]
    features = [encoded(files.encoder, column, files.told) for column in columns]
    try:
        return train(columns, features, labels, ERROR_TARGET, files.told)[0]
    except TrainingRefused as refusal:
        raise SetUnusable(str(refusal)) from refusal


def answers(files: Files, made: Classifier, texts: Sequence[tuple[str, ...]], places: Sequence[int]) -> list[Answer]:
    columns = [prepared(column) for column in zip(*(texts[place] for place in places), strict=True)]
    features = [encoded(files.encoder, column, files.told) for column in columns]
    return [
        {
            "label": said.label,
            "confidence": said.confidence,
            "abstained": said.abstained,
            "strangeness": said.strangeness,
        }
        for said in made.say(columns, features)
    ]


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Macro-F1, accuracy, calibration, and how much is answered with how much error, at an error target of 5 %."""
    names = {name: place for place, name in enumerate(sorted({*truths, *(one["label"] for one in said)}))}
    truth, label = (np.array([names[name] for name in both]) for both in (truths, [one["label"] for one in said]))
    right = truth == label
    confidence = np.array([one["confidence"] for one in said], np.float64)
    taken = np.array([not one["abstained"] for one in said])
    return {
        "macro_f1": bootstrap(lambda rows: macro_f1(truth[rows], label[rows]), len(truth)),
        "accuracy": share(right),
        "ece": bootstrap(lambda rows: calibration_error(confidence[rows], right[rows]), len(truth)),
        "coverage": share(taken),
        "error_when_answered": share(~right, among=taken),
    }


def _rows(files: Files, path: Path, one: Set) -> list[Row]:
    """Rows with a text and a label; how many lack either is said."""
    try:
        table = read_table(path, [*one.text, one.label])
    except TableUnusable as error:
        raise SetUnusable(str(error)) from error
    rows = [(row[:-1], row[-1]) for row in table.rows if row[-1].strip() and any(text.strip() for text in row[:-1])]
    if len(rows) < len(table.rows):
        files.told(f"{path}: {len(table.rows) - len(rows)} rows without text or label left out")
    return rows
