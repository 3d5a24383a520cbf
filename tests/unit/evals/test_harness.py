import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals import harness
from evals.harness import Result, passed_each_time, run, under_baseline
from evals.intervals import Estimate
from evals.prepared import Files, SetUnusable
from evals.running import _one_thread_each, each
from evals.tasks import ALONE, LONGEST, QUICK, READ_BY_MODEL, TASKS
from tests.unit.evals import toy

pytestmark = pytest.mark.filterwarnings(f"ignore:{toy.LEFT_OPEN}:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()  # here, where it is expected, and not in whatever test comes next


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, tmp_path, None, None, lambda line: None)


@pytest.mark.parametrize(("answers", "figure"), [(toy.RIGHT, 1.0), (toy.WRONG, 0.0), (["a", "b", "b", "a"], 0.5)])
def test_a_figure_is_what_the_answers_are_worth(
    monkeypatch: pytest.MonkeyPatch, files: Files, answers: list[str], figure: float
) -> None:
    toy.install(monkeypatch, [answers])
    result = run("toy", files)
    assert result.figures["accuracy"].value == figure
    assert [row.answer["label"] for row in result.rows] == answers
    assert result.document()["figures"]["accuracy"] == result.figures["accuracy"].plain()
    assert "rows" not in result.document()
    assert len(result.whole()["rows"]) == 4


def test_repeated_runs_are_averaged_and_give_pass_k(monkeypatch: pytest.MonkeyPatch, files: Files) -> None:
    toy.install(monkeypatch, [toy.RIGHT, ["a", "b", "b", "a"], ["a", "a", "b", "a"]])
    result = run("toy", files, repeat=3)
    assert result.figures["accuracy"].value == pytest.approx((1 + 0.5 + 0.25) / 3)
    # Right in 3, 2, 1 and 1 of 3 tries.
    assert result.figures["pass^1"].value == pytest.approx(7 / 12)
    assert result.figures["pass^2"].value == pytest.approx((1 + 1 / 3) / 4)
    assert result.figures["pass^3"].value == pytest.approx(1 / 4)


def test_pass_k_falls_with_k() -> None:
    made = toy.prepared([])
    turns = [[{"label": label} for label in turn] for turn in (toy.RIGHT, toy.RIGHT, ["a", "b", "b", "b"])]
    found = passed_each_time(made, turns)
    values = [found[f"pass^{k}"].value for k in (1, 2, 3)]
    assert values == sorted(values, reverse=True)
    assert values[2] == 0.75


def test_a_task_without_a_reasoner_is_not_run_with_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    toy.install(monkeypatch, [toy.RIGHT])
    with pytest.raises(SetUnusable, match="no reasoner takes part"):
        run("toy", Files(tmp_path, tmp_path, None, None, lambda line: None, reasoner="model"))


def test_a_figure_misses_its_baseline_only_with_its_whole_interval(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(harness, "BASELINES", tmp_path)
    (tmp_path / "toy.json").write_text(
        json.dumps({"at_least": {"f1": 0.7}, "at_most": {"dangerous": 0.0, "cost": 5.0}})
    )
    good = {"f1": Estimate(0.68, 0.6, 0.72), "dangerous": Estimate(0.0, 0.0, 0.1), "cost": Estimate(9.0, 4.0, 11.0)}
    assert under_baseline("toy", good) == ()
    bad = {"f1": Estimate(0.6, 0.5, 0.69), "dangerous": Estimate(0.1, 0.01, 0.2), "cost": Estimate(9.0, 6.0, 11.0)}
    assert under_baseline("toy", bad) == ("f1", "dangerous", "cost")
    assert under_baseline("another", bad) == ()
    (tmp_path / "toy.model.json").write_text(json.dumps({"at_most": {"cost": 100.0}, "at_least": {"f1": 0.9}}))
    assert under_baseline("toy", bad, "model") == ("f1", "dangerous")
    assert under_baseline("toy", bad) == ("f1", "dangerous", "cost")


def test_a_sample_is_drawn_by_its_seed_and_told() -> None:
    made = toy.prepared([toy.RIGHT, toy.RIGHT])
    sampled = made.sampled(2, 11)
    assert len(sampled.truths) == 2
    assert sampled.names() == made.sampled(2, 11).names()
    assert set(sampled.names()) < set(made.names())
    assert sampled.notes["sampled"] == {"rows": 2, "of": 4, "seed": 11}
    places = [int(name.rpartition("/")[2]) for name in sampled.names()]
    assert [one["label"] for one in sampled.answer([0, 1])] == [toy.RIGHT[place] for place in places]
    assert made.sampled(4, 11) is made


@pytest.mark.slow
def test_tasks_run_in_processes_of_their_own_with_the_same_result(tmp_path: Path) -> None:
    files = Files(tmp_path, tmp_path, None, None, print)
    apart = dict(each(["grounding", "banking"], files, 1, tmp_path / "apart", {}, 2))
    here = dict(each(["grounding"], files, 1, tmp_path / "here", {}, 1))
    assert isinstance(apart["banking"], SetUnusable), "what a task raises comes back as it is"
    assert isinstance(apart["grounding"], Result)
    assert isinstance(here["grounding"], Result)
    assert apart["grounding"].figures == here["grounding"].figures
    assert [row.answer for row in apart["grounding"].rows] == [row.answer for row in here["grounding"].rows]


def test_what_is_said_of_tasks_names_tasks() -> None:
    assert {*QUICK, *ALONE, *LONGEST, *READ_BY_MODEL} <= TASKS.keys()


def test_several_processes_multiply_in_one_thread_each_and_what_was_set_before_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with _one_thread_each():
        assert (os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"]) == ("1", "1")
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
