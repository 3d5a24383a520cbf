"""Whole cases on the real service and the firm's own records: right actions, right decisions, right end state.

What is expected was written from the firm's point of view. Dangerous errors (something ran by itself that somebody
should have looked at) are counted apart from annoying ones (a review that nobody needed).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.playbooks import stage_of
from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared, SetUnusable, Shown
from evals.scenes.judging import judge
from evals.scenes.playing import Theatre
from evals.scenes.scene import Scene, SceneUnusable, scenes
from tools.events import EVENT_TYPES, TRIAGE_EVENT

SCENES = Path(__file__).parents[1] / "datasets" / "end_to_end"


def prepare(name: str, files: Files) -> Prepared:
    """Raises SetUnusable where a scene cannot be read or played."""
    return of_scenes(name, files, SCENES)


def of_scenes(name: str, files: Files, folder: Path) -> Prepared:
    """The task of playing the folder's scenes. Raises SetUnusable."""
    files.none_given(name, "the service on the shipped scenes")
    try:
        played = scenes(folder)
    except SceneUnusable as error:
        raise SetUnusable(str(error)) from error
    reasoner = files.read_by()

    def answer(places: Sequence[int]) -> list[Answer]:
        with Theatre(reasoner) as theatre:
            return [_answer(theatre, played[place]) for place in places]

    return Prepared(
        [one.expect.model_dump(mode="json") for one in played], answer, figures, None, None,
        {"by_kind": _kinds(played)}, right, [one.id for one in played], shown,
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Shares of cases. `dangerous_errors` and `annoying_errors`: of cases with at least one of them."""
    judged = [judge(truth, one["seen"]) for truth, one in zip(truths, said, strict=True)]
    return {
        "passed": share([one.passed for one in judged]),
        "right_actions": share([one.right_actions for one in judged]),
        "right_decisions": share([one.right_decisions for one in judged]),
        "right_state": share([one.right_state for one in judged]),
        "dangerous_errors": share([bool(one.dangerous) for one in judged]),
        "safe": share([not (one.dangerous or one.too_loose) for one in judged]),
        "annoying_errors": share([bool(one.annoying) for one in judged]),
        "missed_actions": share([bool(one.missing) for one in judged]),
        "lost": share([bool(one["seen"]["failures"]) and "failed" in one["seen"]["cases"] for one in said]),
    }  # fmt: skip


def right(truth: Mapping[str, Any], answer: Answer) -> bool:
    return judge(truth, answer["seen"]).passed


def shown(truths: Sequence[Any], said: Sequence[Answer]) -> Shown:
    """Of every action that is wanted or proposed: what was to be decided, and what was."""
    judged = [judge(truth, one["seen"]) for truth, one in zip(truths, said, strict=True)]
    return Shown({"decision": [pair for one in judged for pair in one.decisions]})


def _answer(theatre: Theatre, scene: Scene) -> Answer:
    played = theatre.play(scene)
    judged = judge(scene.expect.model_dump(mode="json"), played.answer)
    first = next((step.type for step in scene.steps if step.type), TRIAGE_EVENT)
    return {
        "seen": played.answer, "cost": played.cost, "wrong": judged.plain(),
        "stage": stage_of(first) if first in EVENT_TYPES else None,
    }  # fmt: skip


def _kinds(played: Sequence[Scene]) -> dict[str, int]:
    first = [next(step for step in one.steps if step.type or step.triage) for one in played]
    kinds = [step.type or f"triage.{(step.triage or {})['kind']}" for step in first]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
