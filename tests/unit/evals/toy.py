"""A task of four rows whose answers a test gives: `answers[turn][row]`."""

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

from evals import tasks
from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared, Shown

TRUTHS = ["a", "b", "a", "b"]
LEFT_OPEN = "Exception ignored in.*MemoryObject"
"""What is said of a stream that Inspect leaves to the garbage collector."""

RIGHT, WRONG = TRUTHS, ["b", "a", "b", "a"]


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    return {"accuracy": share([truth == one["label"] for truth, one in zip(truths, said, strict=True)])}


def shown(truths: Sequence[Any], said: Sequence[Answer]) -> Shown:
    pairs = list(zip(truths, said, strict=True))
    return Shown(
        {"label": [(truth, one["label"]) for truth, one in pairs]},
        [(0.9, truth == one["label"]) for truth, one in pairs],
    )


def prepared(answers: Sequence[Sequence[str]]) -> Prepared:
    turns = iter(list(turn) for turn in answers)

    def answer(places: Sequence[int]) -> list[Answer]:
        turn = next(turns)
        return [{"label": turn[place]} for place in places]

    return Prepared(
        TRUTHS, answer, figures, None, None, {"note": "<b>bold</b>"}, shown=shown,
        right=lambda truth, said: bool(truth == said["label"]),
    )  # fmt: skip


def install(patch: pytest.MonkeyPatch, answers: Sequence[Sequence[str]]) -> None:
    """Makes `toy` a task whose turns are answered so."""
    module = ModuleType("evals.tasks.toy")

    def prepare(name: str, files: Files) -> Prepared:
        return prepared(answers)

    module.prepare = prepare  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "evals.tasks.toy", module)
    patch.setitem(tasks.TASKS, "toy", "toy")
