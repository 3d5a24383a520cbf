"""The firm's own kind of text: what a change request is, how urgent, how much is at stake; by the embedded reasoner.

Tested on texts that were written apart from those it learnt from. What it abstains on counts as wrong in every
figure but those of what was answered.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from agents.journal import ModelResponse, Spent
from agents.reasoners.base import Reading
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from evals.intervals import Estimate, bootstrap, calibration_error, macro_f1, share
from evals.prepared import Answer, Files, Prepared, SetUnusable

TEXTS = Path(__file__).parents[1] / "datasets" / "change_requests"
FIELDS = ("category", "urgency", "impact")
_COVERAGES = (0.25, 0.5, 0.75)
_NONE = "none"


class _NoCalls:
    """The journal of a reasoner that makes no call that costs anything."""

    def recorded(self, request_digest: str) -> None:
        return None

    def record(self, request_digest: str, response: ModelResponse) -> None:
        raise AssertionError("the embedded reasoner asks no model")

    def spent(self) -> Spent:
        return Spent()


def prepare(name: str, files: Files) -> Prepared:
    if files.train or files.test:
        raise SetUnusable("change_requests measures the shipped reasoner on the shipped texts; it takes no files")
    items = [item for path in sorted(TEXTS.glob("*.yaml")) for item in yaml.safe_load(path.read_text(encoding="utf-8"))]
    reasoner = EmbeddedReasoner(Encoder(files.cache))
    reasoner.load()

    def answer(places: Sequence[int]) -> list[Answer]:
        return [_answer(reasoner, items[place]) for place in places]

    return Prepared(items, answer, figures, None, None)


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Macro-F1 a field over all texts, accuracy by language, and the error where the surest share is answered."""
    found = {}
    for field in FIELDS:
        names = {name: place for place, name in enumerate(sorted({_NONE, *(one[field] for one in (*truths, *said))}))}
        truth, label = (np.array([names[one[field]] for one in both]) for both in (truths, said))
        figure = bootstrap(lambda rows, t=truth, s=label: macro_f1(t[rows], s[rows]), len(truth))  # type: ignore[misc]
        found["macro_f1" if field == "category" else f"macro_f1_{field}"] = figure
    right = np.array([one["category"] == two["category"] for one, two in zip(truths, said, strict=True)])
    taken = np.array([one["category"] != _NONE for one in said])
    confidence = np.array([one["confidence"] for one in said], np.float64)
    language = np.array([one["language"] for one in truths])
    found["accuracy"] = share(right)
    found |= {f"accuracy_{one}": share(right[language == one]) for one in sorted(set(language.tolist()))}
    found["coverage"] = share(taken)
    found["error_when_answered"] = share(~right[taken])
    sure, held = confidence[taken], right[taken]
    if len(held):
        found["ece"] = bootstrap(lambda rows: calibration_error(sure[rows], held[rows]), len(held))
    order = np.argsort(-confidence, kind="stable")
    for part in _COVERAGES:
        surest = order[: max(1, round(part * len(order)))]
        found[f"error_at_coverage_{round(part * 100)}"] = share(~right[surest])
    return found


def _answer(reasoner: EmbeddedReasoner, item: dict[str, Any]) -> Answer:
    reading = Reading(item["text"], "request", "evaluation", None, ())
    found = reasoner.assess(reading, _NoCalls())
    return {
        "category": found.category or _NONE, "urgency": found.urgency, "impact": found.impact,
        "confidence": found.confidence / 100,
    }  # fmt: skip
