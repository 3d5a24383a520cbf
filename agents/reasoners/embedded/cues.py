"""Cues: words that speak for a label. They shift a head's odds, or say a level outright; they decide nothing alone."""

import re
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


def odds(task: str, text: str) -> dict[str, float]:
    """Label → factor on its odds, for each label with a cue in `text`."""
    return {label: cue.odds for label, cue in _found(task, text) if cue.odds != 1}


def said(task: str, text: str) -> str | None:
    """The level that the text states in so many words, the first of the table's order; None where it states none."""
    return next((level for level, _ in _found(task, text)), None)


def _found(task: str, text: str) -> list[tuple[str, Cue]]:
    read = text[:_READ_AT_MOST]
    return [(label, cue) for label, cue in _cues().get(task, {}).items() if cue.pattern.search(read)]


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
