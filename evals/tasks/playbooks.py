"""Playbooks: whole cases of the five stages on the real service, and cases of which a step in the middle is refused.

The end state of the firm's records is compared with what was written down for each scene; `done_<stage>` is the share
of that stage's cases whose end state is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared
from evals.scenes.judging import judge
from evals.tasks import end_to_end

SCENES = Path(__file__).parents[1] / "datasets" / "playbooks"


def prepare(name: str, files: Files) -> Prepared:
    """Raises SetUnusable where a scene cannot be read or played."""
    made = end_to_end.of_scenes(name, files, SCENES)
    return replace(made, figures=figures)


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> Mapping[str, Estimate]:
    found = dict(end_to_end.figures(truths, said))
    stages = [one["stage"] for one in said]
    right = [judge(truth, one["seen"]).right_state for truth, one in zip(truths, said, strict=True)]
    for stage in sorted(set(stages)):
        found[f"done_{stage}"] = share([fine for fine, of in zip(right, stages, strict=True) if of == stage])
    return found
