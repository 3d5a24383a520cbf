"""CLINC150: one-line requests of 150 kinds, and others that fit none. What fits none must not be forced into a kind."""

import gzip
import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from evals.intervals import Estimate, bootstrap, calibration_error, macro_f1, share
from evals.prepared import Answer, Files, Prepared, SetUnusable, digest_of
from evals.tasks.classification import answers, fitted, shown

STANDARD = "intents/clinc_train_val.json.gz"
OUTSIDE = "oos"
_REJECTED = 0.05


def prepare(name: str, files: Files) -> Prepared:
    """Trained on the file's `train` parts; tested on the other file's `test` parts, or else its `val` parts."""
    train_file, test_file = files.given(STANDARD)
    learnt = _parts(train_file, ("train",))
    tested = _parts(test_file or train_file, ("test", "val", "train") if test_file else ("val",))
    made = fitted(files, [(text,) for text, _ in learnt], [None if label == OUTSIDE else label for _, label in learnt])
    return Prepared(
        truths=[label for _, label in tested],
        answer=partial(answers, files, made, [(text,) for text, _ in tested]),
        figures=figures,
        train_file=digest_of(train_file),
        test_file=digest_of(test_file) if test_file else None,
        notes={"trained_on": len(learnt)},
        right=lambda truth, said: bool(said["abstained"] if truth == OUTSIDE else truth == said["label"]),
        shown=shown,
    )


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """In-scope accuracy with nothing rejected; the share of out-of-scope texts found where 5 % of in-scope are."""
    outside = np.array([truth == OUTSIDE for truth in truths])
    right = np.array([truth == one["label"] for truth, one in zip(truths, said, strict=True)])
    strange = np.array([one["strangeness"] for one in said], np.float64)
    confidence = np.array([one["confidence"] for one in said], np.float64)
    abstained = np.array([one["abstained"] for one in said])
    names = {name: place for place, name in enumerate(sorted({*truths, *(one["label"] for one in said)}))}
    truth, label = (np.array([names[name] for name in both]) for both in (truths, [one["label"] for one in said]))
    inside = ~outside
    kept, scope = int(inside.sum()), (truth[inside], label[inside], confidence[inside], right[inside])
    found = {
        "in_scope_accuracy": share(right, among=inside),
        "macro_f1": bootstrap(lambda rows: macro_f1(scope[0][rows], scope[1][rows]), kept),
        "ece": bootstrap(lambda rows: calibration_error(scope[2][rows], scope[3][rows]), kept),
        "in_scope_abstained": share(abstained, among=inside),
    }  # fmt: skip
    if outside.any():
        bound = np.quantile(strange[inside], 1.0 - _REJECTED)
        found["oos_recall_at_5"] = share(strange > bound, among=outside)
        found["oos_abstained"] = share(abstained, among=outside)
    return found


def _parts(path: Path, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """The first of the wanted parts that the file has, with its out-of-scope texts (`oos_…`).

    Raises SetUnusable naming part and row.
    """
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        whole = json.loads(raw)
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise SetUnusable(f"{path}: not a CLINC150 file: {error}") from error
    if not isinstance(whole, dict):
        raise SetUnusable(f"{path}: not a CLINC150 file: an object with a list for each part is needed")
    part = next((one for one in wanted if one in whole), None)
    if part is None:
        raise SetUnusable(f"{path}: none of the parts {', '.join(wanted)} is in it; there are {', '.join(whole)}")
    found = [pair for name in (part, f"oos_{part}") for pair in _pairs(path, name, whole.get(name, []))]
    if not found:
        raise SetUnusable(f"{path}, part {part}: there are no rows")
    return found


def _pairs(path: Path, part: str, rows: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(rows, list):
        raise SetUnusable(f"{path}, part {part}: not a list of [text, label]")
    for number, row in enumerate(rows, 1):
        if not (isinstance(row, list) and len(row) == 2 and all(isinstance(one, str) and one.strip() for one in row)):
            raise SetUnusable(f"{path}, part {part}, row {number}: not a pair of a text and a label")
        yield row[0], row[1]
