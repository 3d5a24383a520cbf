"""How a customer's message sounds towards the firm: negative, neutral or positive.

Read by the embedded reasoner whichever reads the rest. The texts were written apart from those it learnt from.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from agents.reasoners.base import Reading
from evals.intervals import Estimate, bootstrap, macro_f1, share
from evals.ledger import Ledger
from evals.prepared import Answer, Files, Prepared, Shown

TEXTS = Path(__file__).parents[1] / "datasets" / "sentiment.yaml"
LABELS = ("negative", "neutral", "positive")
_UNREAD = "none"


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "the shipped texts")
    items: list[dict[str, Any]] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    reasoner = files.embedded

    def answer(places: Sequence[int]) -> list[Answer]:
        readings = [Reading(items[place]["text"], "request", "evaluation", None, ()) for place in places]
        return [{"sentiment": reasoner.assess(one, Ledger()).sentiment or _UNREAD} for one in readings]

    return Prepared(
        [{field: item[field] for field in ("sentiment", "language")} for item in items], answer, figures, None, None,
        {"languages": dict(Counter(item["language"] for item in items))}, ids=[item["id"] for item in items],
        shown=_shown, right=lambda truth, said: bool(truth["sentiment"] == said["sentiment"]),
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Macro-F1, accuracy in all and by language, and `displeasure_missed`: of the negative texts those read as better.

    A text that is not read counts as wrong.
    """
    names = {name: place for place, name in enumerate((_UNREAD, *LABELS))}
    truth, label = (np.array([names[one["sentiment"]] for one in both]) for both in (truths, said))
    language = np.array([one["language"] for one in truths])
    found = {
        "macro_f1": bootstrap(lambda rows: macro_f1(truth[rows], label[rows]), len(truth)),
        "accuracy": share(truth == label),
        "displeasure_missed": share(label != names["negative"], among=truth == names["negative"]),
    }
    return found | {f"accuracy_{one}": share(truth == label, among=language == one) for one in sorted(set(language))}


def _shown(truths: Sequence[Any], said: Sequence[Answer]) -> Shown:
    return Shown({"sentiment": [(one["sentiment"], two["sentiment"]) for one, two in zip(truths, said, strict=True)]})
