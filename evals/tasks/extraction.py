"""What a customer's text names: amounts, dates, effort, people, records; precision, recall and F1 of each kind.

Half of the texts, drawn, were there to develop with; the figures are of the others. The baseline is what the simplest
reading of each kind finds: digits beside a currency sign, ISO and dotted dates, two capitalised words, and so on.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from agents.extraction import extract
from evals.intervals import Estimate, Indexes, bootstrap
from evals.prepared import Answer, Files, Prepared

TEXTS = Path(__file__).parents[1] / "datasets" / "extraction.yaml"
SEED = 11
KINDS = ("amount", "date", "effort", "person", "record")
Counts = NDArray[np.int64]
"""(texts, 3): hits, what was said, what is true."""

_DAY = 480
_DOTTED = r"\b(\d\d?)[./](\d\d?)[./](\d{4})\b"


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "the shipped extraction on the shipped texts")
    items = drawn(test=True)

    def answer(places: Sequence[int]) -> list[Answer]:
        return [{"found": _found(items[place]), "baseline": _baseline(items[place])} for place in places]

    return Prepared(
        [_truth(item) for item in items], answer, figures, None, None, ids=[item["id"] for item in items],
        notes={"developed_on": len(drawn(test=False)), "seed": SEED},
        right=lambda truth, said: bool(Counter(map(tuple, truth)) == Counter(map(tuple, said["found"]))),
    )  # fmt: skip


def drawn(*, test: bool) -> list[dict[str, Any]]:
    """The texts to test on, or those to develop with."""
    items = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    order = np.random.default_rng(SEED).permutation(len(items))
    half = order[len(items) // 2 :] if test else order[: len(items) // 2]
    return [items[place] for place in sorted(half.tolist())]


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    rows = len(truths)
    for whose, prefix in (("found", ""), ("baseline", "baseline_")):
        counts = [
            np.array([_counts(truth, one[whose], kind) for truth, one in zip(truths, said, strict=True)])
            for kind in KINDS
        ]
        for kind, of_kind in zip(KINDS, counts, strict=True):
            found[f"{prefix}f1_{kind}"] = bootstrap(partial(_f1, of_kind), rows)
            if not prefix:
                found[f"precision_{kind}"] = bootstrap(partial(_part, of_kind, 1), rows)
                found[f"recall_{kind}"] = bootstrap(partial(_part, of_kind, 2), rows)
        found[f"{prefix}macro_f1"] = bootstrap(partial(_macro_f1, counts), rows)
    return found


def _counts(truth: Sequence[Any], said: Sequence[Any], kind: str) -> tuple[int, int, int]:
    """Hits, what was said, what is true, each counted as often as it occurs."""
    true, claimed = (Counter(tuple(one) for one in both if one[0] == kind) for both in (truth, said))
    return (true & claimed).total(), claimed.total(), true.total()


def _part(counts: Counts, whole: int, rows: Indexes) -> float:
    hits, total = counts[rows, 0].sum(), counts[rows, whole].sum()
    return float(hits / total) if total else math.nan


def _f1(counts: Counts, rows: Indexes) -> float:
    hits, claimed, true = counts[rows].sum(axis=0)
    return float(2 * hits / (claimed + true)) if claimed + true else math.nan


def _macro_f1(counts: Sequence[Counts], rows: Indexes) -> float:
    return float(np.nanmean([_f1(of_kind, rows) for of_kind in counts]))


def _truth(item: dict[str, Any]) -> list[list[Any]]:
    return [
        *(["amount", one["minor"], one["currency"]] for one in item["amounts"]),
        *(["date", str(one)] for one in item["dates"]),
        *([["effort", round(item["effort_days"] * _DAY)]] if item["effort_days"] is not None else []),
        *(["person", one.casefold()] for one in item["people"]),
        *(["record", one.casefold()] for one in item["records"]),
    ]  # fmt: skip


def _found(item: dict[str, Any]) -> list[list[Any]]:
    said = []
    for one in extract(item["text"], datetime.fromisoformat(item["sent"]), item["locale"]):
        value: list[Any] = (
            [one.minor, one.currency] if one.kind == "amount" else
            [one.minutes] if one.kind == "effort" else [str(one.value).casefold()]
        )  # fmt: skip
        said.append([one.kind, *value])
    # A day, a person or a record named twice is one.
    return [one for place, one in enumerate(said) if one[0] in ("amount", "effort") or one not in said[:place]]


def _baseline(item: dict[str, Any]) -> list[list[Any]]:
    text = item["text"]
    signs = {"€": "EUR", "$": "USD", "£": "GBP"}
    money = re.findall(r"([€$£])\s?(\d[\d,]*)(?:\.(\d\d))?", text)
    days = re.search(r"(\d+(?:\.\d+)?) (?:days|Tage)", text)
    return [
        *(["amount", int(whole.replace(",", "") + (rest or "00")), signs[sign]] for sign, whole, rest in money),
        *(["date", one] for one in re.findall(r"\b\d{4}-\d\d-\d\d\b", text)),
        *(["date", f"{y}-{int(m):02}-{int(d):02}"] for d, m, y in re.findall(_DOTTED, text)),
        *([["effort", round(float(days[1]) * _DAY)]] if days else []),
        *(["person", one.casefold()] for one in re.findall(r"\b[A-Z]\w+ [A-Z]\w+\b", text)),
        *(["record", one.casefold()] for one in re.findall(r"\b[A-Z]{2,4}-\d[\w-]*\b", text)),
    ]  # fmt: skip
