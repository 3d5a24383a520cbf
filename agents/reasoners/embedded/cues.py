"""Cues: words that speak for a label. They shift a head's odds, or say a level outright; they decide nothing alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

CUES = Path(__file__).parent / "cues.yaml"
_READ_AT_MOST = 5_000


@dataclass(frozen=True)
class Cue:
    pattern: re.Pattern[str]
    odds: float


def shifted(task: str, probabilities: Mapping[str, float], text: str) -> dict[str, float]:
    """The probabilities with each label's odds shifted by the cues found in `text`; they sum to 1 again."""
    cues, read = _cues()[task], text[:_READ_AT_MOST]
    weighed = {
        label: share * (cues[label].odds if label in cues and cues[label].pattern.search(read) else 1.0)
        for label, share in probabilities.items()
    }
    total = sum(weighed.values())
    return {label: share / total for label, share in weighed.items()}


def said(task: str, text: str) -> str | None:
    """The level that the text states in so many words, the first of the table's order; None where it states none."""
    return next((level for level, cue in _cues()[task].items() if cue.pattern.search(text[:_READ_AT_MOST])), None)


@lru_cache(maxsize=1)
def _cues() -> dict[str, dict[str, Cue]]:
    tables = yaml.safe_load(CUES.read_text(encoding="utf-8"))
    return {
        task: {
            label: Cue(re.compile(rf"\b(?:{'|'.join(cue['words'])})(?!\w)", re.IGNORECASE), float(cue.get("odds", 1)))
            for label, cue in labels.items()
        }
        for task, labels in tables.items()
    }
