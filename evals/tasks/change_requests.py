"""The firm's own kind of text: what a change request is, how urgent, how much is at stake.

Tested on texts that were written apart from those it learnt from. What it abstains on counts as wrong in every
figure but those of what was answered.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from agents.reasoners.base import Reading, Reasoner
from agents.reasoners.embedded.language import language_of
from app.cli_commands.local import open_ground
from evals.harvest import HarvestUnusable, taken, text_of
from evals.intervals import Estimate, bootstrap, calibration_error, macro_f1, share
from evals.ledger import Ledger
from evals.prepared import Answer, Files, Prepared, SetUnusable, Shown, digest_of

TEXTS = Path(__file__).parents[1] / "datasets" / "change_requests"
FIELDS = ("category", "urgency", "impact")
_LEVELS = {"low": 0, "medium": 1, "high": 2}
_COVERAGES = (0.25, 0.5, 0.75)
_NONE = "none"


def prepare(name: str, files: Files) -> Prepared:
    """The shipped texts, or with `--test` the accepted candidates of a harvest, whose texts are opened in the store."""
    if files.train:
        raise SetUnusable("change_requests measures the shipped reasoner; it learns from no file")
    items = _harvested(files, files.test) if files.test else shipped()
    reasoner = files.read_by()

    def answer(places: Sequence[int]) -> list[Answer]:
        return [_answer(reasoner, items[place]) for place in places]

    # Of a run everything is kept but what anybody wrote.
    truths = [{name: value for name, value in item.items() if name != "text"} for item in items]
    return Prepared(
        truths, answer, figures, None, digest_of(files.test) if files.test else None,
        {"languages": dict(Counter(item["language"] for item in items))}, ids=[item["id"] for item in items],
        shown=shown, right=lambda truth, said: bool(truth["category"] == said["category"]),
    )  # fmt: skip


def shipped() -> list[dict[str, Any]]:
    return [item for path in sorted(TEXTS.glob("*.yaml")) for item in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _harvested(files: Files, path: Path) -> list[dict[str, Any]]:
    try:
        candidates = taken(path)
    except HarvestUnusable as error:
        raise SetUnusable(str(error)) from error
    items = []
    with open_ground() as ground:
        for one in candidates:
            if (text := text_of(ground, one)) is None:
                files.told(f"{one['id']} is left out: what it was about was erased, or it has no text")
                continue
            read = one.get("read_as") or {}
            items.append({
                "id": one["id"], "text": text, "language": language_of(text, None),
                "category": one["suggests"]["category"], "urgency": one["suggests"].get("urgency", read.get("urgency")),
                "impact": one["suggests"].get("impact", read.get("impact")),
            })  # fmt: skip
    if not items:
        raise SetUnusable(f"{path}: no candidate with status `take`, a category and a text that is still there")
    return items


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Macro-F1 and accuracy a field over all texts, accuracy by language, and the error where the surest are answered.

    `urgency_too_low`: of the urgent texts those read as less; the error that hurts, as nobody hurries. `aurc`: the
    area under the curve of error by coverage (Geifman and El-Yaniv 2017), the mean error over all coverages.
    """
    found = {}
    for field in FIELDS:
        names = {name: place for place, name in enumerate(sorted({_NONE, *(one[field] for one in (*truths, *said))}))}
        truth, label = (np.array([names[one[field]] for one in both]) for both in (truths, said))
        figure = bootstrap(lambda rows, t=truth, s=label: macro_f1(t[rows], s[rows]), len(truth))  # type: ignore[misc]
        found["macro_f1" if field == "category" else f"macro_f1_{field}"] = figure
        found["accuracy" if field == "category" else f"accuracy_{field}"] = share(truth == label)
    right = np.array([one["category"] == two["category"] for one, two in zip(truths, said, strict=True)])
    taken = np.array([one["category"] != _NONE for one in said])
    confidence = np.array([one["confidence"] for one in said], np.float64)
    language = np.array([one["language"] for one in truths])
    urgent = np.array([one["urgency"] == "high" for one in truths])
    found["urgency_too_low"] = share([_LEVELS[one["urgency"]] < 2 for one in said], among=urgent)
    found |= {f"accuracy_{one}": share(right, among=language == one) for one in sorted(set(language.tolist()))}
    found["coverage"] = share(taken)
    found["error_when_answered"] = share(~right, among=taken)
    sure, held = confidence[taken], right[taken]
    if len(held):
        found["ece"] = bootstrap(lambda rows: calibration_error(sure[rows], held[rows]), len(held))
    order = np.argsort(-confidence, kind="stable")
    for part in _COVERAGES:
        surest = np.isin(np.arange(len(order)), order[: max(1, round(part * len(order)))])
        found[f"error_at_coverage_{round(part * 100)}"] = share(~right, among=surest)
    found["aurc"] = bootstrap(lambda rows: _area(confidence[rows], right[rows]), len(right))
    return found


def shown(truths: Sequence[Any], said: Sequence[Answer]) -> Shown:
    pairs = list(zip(truths, said, strict=True))
    return Shown(
        {field: [(truth[field], one[field]) for truth, one in pairs] for field in FIELDS},
        [(one["confidence"], truth["category"] == one["category"]) for truth, one in pairs if one["category"] != _NONE],
    )


def _area(confidence: "np.ndarray[Any, Any]", right: "np.ndarray[Any, Any]") -> float:
    wrong = np.cumsum(~right[np.argsort(-confidence, kind="stable")])
    return float(np.mean(wrong / np.arange(1, len(wrong) + 1)))


def _answer(reasoner: Reasoner, item: dict[str, Any]) -> Answer:
    reading, ledger = Reading(item["text"], "request", "evaluation", None, ()), Ledger()
    found = reasoner.assess(reading, ledger)
    return {
        "category": found.category or _NONE, "urgency": found.urgency, "impact": found.impact,
        "confidence": found.confidence / 100, "model": found.model, "usage": ledger.used(),
    }  # fmt: skip
