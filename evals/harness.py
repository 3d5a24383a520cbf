"""Runs a task on Inspect and makes its result: figures with intervals, stamped with files, commit and time."""

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from evals.intervals import Estimate
from evals.prepared import Files, Prepared
from evals.tasks import TASKS

BASELINES = Path(__file__).parent / "baselines"
_ROOT = Path(__file__).resolve().parents[1]
_PAGE = 64
"""Rows of one Inspect sample: a sample each would cost more than the classifying."""

_PARTS = ("value", "low", "high")


class EvaluationFailed(Exception):
    """Inspect ended a task with an error; the message is its own."""


@dataclass(frozen=True)
class Result:
    """`seconds` is wall time of preparing, answering and scoring; `under` names figures under the baseline."""

    task: str
    n: int
    figures: Mapping[str, Estimate]
    seconds: float
    train_file: str | None
    test_file: str | None
    commit: str | None
    dirty: bool | None
    notes: Mapping[str, Any]
    under: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "figures": {name: asdict(one) for name, one in self.figures.items()}}


def run(name: str, files: Files) -> Result:
    """Prepares, answers and scores one task. Raises SetUnusable, EncoderUnavailable, EvaluationFailed."""
    started = time.monotonic()
    prepared: Prepared = import_module(f"evals.tasks.{TASKS[name]}").prepare(name, files)
    files.told(f"{name}: {len(prepared.truths):,} rows to answer")
    figures = _scored(name, prepared)
    commit, dirty = _stamp()
    return Result(
        name, len(prepared.truths), figures, round(time.monotonic() - started, 2), prepared.train_file,
        prepared.test_file, commit, dirty, prepared.notes, under_baseline(name, figures),
    )  # fmt: skip


def under_baseline(name: str, figures: Mapping[str, Estimate]) -> tuple[str, ...]:
    """Figures whose whole interval lies on the wrong side of the baseline: chance alone does not explain them."""
    path = BASELINES / f"{name}.json"
    if not path.exists():
        return ()
    floors: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))["at_least"]
    return tuple(figure for figure, floor in floors.items() if figure in figures and figures[figure].high < floor)


def _scored(name: str, prepared: Prepared) -> dict[str, Estimate]:
    rows = range(len(prepared.truths))
    pages = [list(rows[start : start + _PAGE]) for start in range(0, len(rows), _PAGE)]
    samples = [Sample(input=f"{name} rows {page[0]}-{page[-1]}", id=place, metadata={"rows": page})
               for place, page in enumerate(pages)]  # fmt: skip
    task = Task(dataset=MemoryDataset(samples), solver=_answering(prepared), scorer=_scoring(prepared), name=name)
    # Nothing is asked of a model, and nothing is sent anywhere or left behind.
    with tempfile.TemporaryDirectory(prefix="countersign-eval-") as folder:
        log = inspect_eval(
            task, model=None, display="none", log_dir=folder, log_samples=False, log_realtime=False,
            score_display=False, max_samples=1,
        )[0]  # fmt: skip
    if log.status != "success" or log.results is None:
        raise EvaluationFailed(f"{name}: {log.error.message if log.error else log.status}")
    flat = {name: one.value for score in log.results.scores for name, one in score.metrics.items()}
    names = dict.fromkeys(key.rpartition("/")[0] for key in flat)
    return {one: Estimate(*(float(flat[f"{one}/{part}"]) for part in _PARTS)) for one in names}


@solver
def _answering(prepared: Prepared) -> Solver:
    """Answers a page of rows with the embedded reasoner or a classifier; no model is called."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.metadata["answers"] = prepared.answer(state.metadata["rows"])
        return state

    return solve


def _scoring(prepared: Prepared) -> Scorer:
    @metric(name="figures")
    def figures() -> Metric:
        def compute(scores: list[SampleScore]) -> dict[str, float]:
            pages = sorted((one.score.metadata or {} for one in scores), key=lambda page: page["rows"][0])
            truths = [prepared.truths[row] for page in pages for row in page["rows"]]
            found = prepared.figures(truths, [answer for page in pages for answer in page["answers"]])
            return {f"{name}/{part}": getattr(one, part) for name, one in found.items() for part in _PARTS}

        return compute

    @scorer(metrics=[figures()], name="rows")
    def rows() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return Score(value=len(state.metadata["rows"]), metadata=dict(state.metadata))

        return score

    return rows()


def _stamp() -> tuple[str | None, bool | None]:
    """The commit of the code that ran, and whether files differ from it; None where this is no checkout."""
    try:
        commit, changed = (
            subprocess.run(["git", "-C", str(_ROOT), *command], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit.strip(), bool(changed.strip())
