"""Runs a task on Inspect and makes its result: figures with intervals, stamped with files, commit and time."""

import json
import math
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from evals.comparison import Difference, compare
from evals.intervals import Estimate, averaged, bootstrap
from evals.prepared import Answer, Files, Prepared, Row, SetUnusable, Shown
from evals.runs import Earlier
from evals.tasks import QUICK, READ_BY_MODEL, SEED, TASKS

BASELINES = Path(__file__).parent / "baselines"
_ROOT = Path(__file__).resolve().parents[1]
_PAGE = 64
"""Rows of one Inspect sample: a sample each would cost more than the classifying."""

_PARTS = ("value", "low", "high")


class EvaluationFailed(Exception):
    """Inspect ended a task with an error; the message is its own."""


@dataclass(frozen=True)
class Result:
    """`seconds` is wall time of preparing, answering and scoring, `cpu_seconds` what all cores did meanwhile for this
    process and the ones it waited for; `under` names figures that miss the baseline.

    `repeat` is how often every row was answered: figures are means over the repetitions. `rows` are for the run's
    file; what `failed` of them, what is `shown` and how they differ from an earlier run's are for its report. `listed`:
    whether the rows are what is asked of the task. All of it is plain data, made where the task ran.
    """

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
    cpu_seconds: float = 0.0
    reasoner: str = "embedded"
    repeat: int = 1
    rows: Sequence[Row] = field(default=(), repr=False)
    failed: Sequence[Row] = field(default=(), repr=False)
    shown: Shown | None = field(default=None, repr=False)
    differences: Sequence[Difference] = field(default=(), repr=False)
    listed: bool = False

    def document(self) -> dict[str, Any]:
        left_out = ("figures", "rows", "failed", "shown", "differences", "listed")
        plain = {name: value for name, value in vars(self).items() if name not in left_out}
        return plain | {
            "figures": {name: one.plain() for name, one in self.figures.items()},
            "compared": {one.figure: one.plain() for one in self.differences},
        }  # fmt: skip

    def whole(self) -> dict[str, Any]:
        """The document with every row, for the run's file."""
        return self.document() | {"rows": [asdict(row) for row in self.rows]}


def run(name: str, files: Files, repeat: int = 1, logs: Path | None = None, before: Earlier | None = None) -> Result:
    """Prepares, answers and scores one task. `logs`: the folder that gets Inspect's own logs; `before`: an earlier
    result to compare with.

    Raises SetUnusable, EncoderUnavailable, EvaluationFailed, RunUnusable.
    """
    if files.reasoner == "model" and name not in READ_BY_MODEL:
        raise SetUnusable("no reasoner takes part in this task, so there is nothing for a model to answer")
    started, worked = time.monotonic(), _worked()
    prepared: Prepared = import_module(f"evals.tasks.{TASKS[name]}").prepare(name, files)
    if files.quick and name in QUICK:
        prepared = prepared.sampled(QUICK[name], SEED)
    files.told(f"{name}: {len(prepared.truths):,} rows to answer")
    turns = [_scored(name, prepared, logs) for _ in range(repeat)]
    figures = {one: averaged([found[one] for found, _ in turns]) for one in turns[0][0]}
    if repeat > 1 and prepared.right is not None:
        figures |= passed_each_time(prepared, [said for _, said in turns])
    rows = [Row(*row) for row in zip(prepared.names(), _plain(prepared.truths), _plain(turns[0][1]), strict=True)]
    right, shown = prepared.right, prepared.shown
    commit, dirty = stamp()
    return Result(
        name, len(prepared.truths), figures, round(time.monotonic() - started, 2), prepared.train_file,
        prepared.test_file, commit, dirty, prepared.notes, under_baseline(name, figures, files.reasoner),
        round(_worked() - worked, 2), files.reasoner, repeat, rows,
        failed=[row for row in rows if right is not None and not right(row.truth, row.answer)],
        shown=shown([row.truth for row in rows], [row.answer for row in rows]) if shown is not None else None,
        differences=compare(rows, before, prepared.figures) if before is not None else (), listed=prepared.listed,
    )  # fmt: skip


def _worked() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def bounds(name: str, reasoner: str) -> dict[str, tuple[str, float]]:
    """Figure → (`at_least` or `at_most`, the bound) of a task; `<task>.<reasoner>.json` are of that reasoner alone."""
    found: dict[str, tuple[str, float]] = {}
    for path in (BASELINES / f"{name}.json", BASELINES / f"{name}.{reasoner}.json"):
        if path.exists():
            baseline: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
            found |= {figure: (kind, bound) for kind, several in baseline.items() for figure, bound in several.items()}
    return found


def under_baseline(name: str, figures: Mapping[str, Estimate], reasoner: str = "embedded") -> tuple[str, ...]:
    """Figures whose whole interval lies on the wrong side of the baseline: chance alone does not explain them."""
    return tuple(
        figure
        for figure, (kind, bound) in bounds(name, reasoner).items()
        if figure in figures and (figures[figure].high < bound if kind == "at_least" else figures[figure].low > bound)
    )


def passed_each_time(prepared: Prepared, turns: Sequence[Sequence[Answer]]) -> dict[str, Estimate]:
    """`pass^k` for k up to the repetitions: how likely a row is to be answered well in each of k tries.

    By the unbiased estimate C(c, k) / C(n, k) of Yao et al. 2024 (tau-bench), the rows resampled.
    """
    assert prepared.right is not None
    tries = len(turns)
    good = [
        sum(prepared.right(truth, said) for said in answers)
        for truth, *answers in zip(prepared.truths, *turns, strict=True)
    ]
    found = {}
    for k in range(1, tries + 1):
        each = np.array([math.comb(count, k) / math.comb(tries, k) for count in good])
        found[f"pass^{k}"] = bootstrap(lambda rows, of=each: float(of[rows].mean()), len(each))  # type: ignore[misc]
    return found


def _plain(values: Sequence[Any]) -> list[Any]:
    """As they come back from a run's file, so that a row is equal to itself."""
    found: list[Any] = json.loads(json.dumps(list(values)))
    return found


def _scored(name: str, prepared: Prepared, logs: Path | None) -> tuple[dict[str, Estimate], list[Answer]]:
    rows = range(len(prepared.truths))
    pages = [list(rows[start : start + _PAGE]) for start in range(0, len(rows), _PAGE)]
    samples = [Sample(input=f"{name} rows {page[0]}-{page[-1]}", id=place, metadata={"rows": page})
               for place, page in enumerate(pages)]  # fmt: skip
    found: dict[str, Estimate] = {}
    answered: list[Answer] = []
    task = Task(
        dataset=MemoryDataset(samples), solver=_answering(prepared), scorer=_scoring(prepared, found, answered),
        name=name,
    )  # fmt: skip
    # What asks a model does so through the product's own client; Inspect asks nothing and sends nothing anywhere.
    with tempfile.TemporaryDirectory(prefix="countersign-eval-") as folder:
        log = inspect_eval(
            task, model=None, display="none", log_dir=str(logs or folder), log_samples=False, log_realtime=False,
            score_display=False, max_samples=1,
        )[0]  # fmt: skip
    if log.status != "success" or log.results is None:
        raise EvaluationFailed(f"{name}: {log.error.message if log.error else log.status}")
    return found, answered


@solver
def _answering(prepared: Prepared) -> Solver:
    """Answers a page of rows."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.metadata["answers"] = prepared.answer(state.metadata["rows"])
        return state

    return solve


def _scoring(prepared: Prepared, found: dict[str, Estimate], answered: list[Answer]) -> Scorer:
    """A scorer whose one metric makes all figures; they and the answers are kept, as Inspect keeps numbers only."""

    @metric(name="figures")
    def figures() -> Metric:
        def compute(scores: list[SampleScore]) -> dict[str, float]:
            pages = sorted((one.score.metadata or {} for one in scores), key=lambda page: page["rows"][0])
            answered[:] = [answer for page in pages for answer in page["answers"]]
            found.update(prepared.figures(prepared.truths, answered))
            return {f"{name}/{part}": getattr(one, part) for name, one in found.items() for part in _PARTS}

        return compute

    @scorer(metrics=[figures()], name="rows")
    def rows() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return Score(value=len(state.metadata["rows"]), metadata=dict(state.metadata))

        return score

    return rows()


def stamp() -> tuple[str | None, bool | None]:
    """The commit of the code that ran, and whether files differ from it; None where this is no checkout."""
    try:
        commit, changed = (
            subprocess.run(["git", "-C", str(_ROOT), *command], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit.strip(), bool(changed.strip())
