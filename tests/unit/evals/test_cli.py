"""`countersign bench` and `countersign eval`."""

import gc
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evals import cli
from evals.bench.command import BENCHES
from evals.tasks import TASKS
from tests.unit.evals import toy

runner = CliRunner()
bench_app = typer.Typer(add_completion=False)
bench_app.command()(cli.bench)


def test_every_bench_is_a_module_that_measures() -> None:
    files = {
        path.stem for path in (Path(cli.__file__).parent / "bench").glob("*.py") if "def measure(" in path.read_text()
    }
    assert files == set(BENCHES)


def test_an_unknown_bench_is_refused_before_anything_is_measured() -> None:
    answer = runner.invoke(bench_app, ["help", "nothing"])
    assert answer.exit_code == 2
    assert "nothing is not one of" in " ".join(answer.output.split())
    assert "measuring" not in answer.output


@pytest.mark.slow
def test_a_bench_answers_as_documented() -> None:
    answer = runner.invoke(bench_app, ["help", "--json"])
    assert answer.exit_code == 0, answer.output
    (figure,) = json.loads(answer.stdout)
    assert list(figure) == ["name", "figure", "unit", "budget", "holds", "n"]
    assert (figure["name"], figure["unit"], figure["n"]) == ("help", "s", 7)
    assert figure["holds"] is (figure["figure"] <= 0.5)


def test_an_unknown_task_is_refused_and_files_are_for_one_task() -> None:
    assert runner.invoke(cli.eval_app, ["tickets"]).exit_code == 2
    assert runner.invoke(cli.eval_app, ["banking", "clinc", "--train", "x.csv", "--test", "y.csv"]).exit_code == 2
    assert runner.invoke(cli.eval_app, ["banking", "--train", "x.csv"]).exit_code == 2


def test_every_task_is_in_a_module_that_prepares_it() -> None:
    folder = Path(cli.__file__).parent / "tasks"
    assert {f"{module}.py" for module in TASKS.values()} == {
        path.name for path in folder.glob("*.py") if "def prepare(" in path.read_text()
    }


def test_a_set_that_is_absent_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "home"))
    answer = runner.invoke(cli.eval_app, ["banking"])
    assert answer.exit_code == 2
    assert "banking_train.csv.gz is not there" in answer.output


@pytest.fixture
def toyed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The task `toy`, answered wrongly at first and rightly then."""
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "home"))
    toy.install(monkeypatch, [toy.WRONG, toy.RIGHT])
    yield tmp_path
    gc.collect()


@pytest.mark.filterwarnings(f"ignore:{toy.LEFT_OPEN}:pytest.PytestUnraisableExceptionWarning")
def test_a_run_leaves_its_files_and_is_compared_with(toyed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = runner.invoke(cli.eval_app, ["toy", "--json"])
    assert first.exit_code == 0, first.output
    (told,) = json.loads(first.stdout)
    # Other programs read these.
    keys = ["task", "n", "figures", "seconds", "train_file", "test_file", "commit", "dirty", "notes", "under"]
    assert set(keys) <= set(told)
    assert told["figures"]["accuracy"]["value"] == 0.0
    (folder,) = (toyed / "home" / "evals").iterdir()
    assert f"written to {folder}" in first.stderr
    assert {path.name for path in folder.iterdir()} == {"run.json", "report.html", "inspect"}
    assert list((folder / "inspect").iterdir())

    toy.install(monkeypatch, [toy.RIGHT])
    second = runner.invoke(cli.eval_app, ["toy", "--json", "--compare", str(folder), "--out", str(toyed / "second")])
    assert second.exit_code == 0, second.output
    (told,) = json.loads(second.stdout)
    assert told["compared"]["accuracy"]["change"]["value"] == 1.0
    assert told["compared"]["accuracy"]["paired"] is True
    assert "Compared with" in (toyed / "second" / "report.html").read_text()


@pytest.mark.filterwarnings(f"ignore:{toy.LEFT_OPEN}:pytest.PytestUnraisableExceptionWarning")
def test_a_missed_baseline_is_said_and_fails(toyed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.harness.BASELINES", toyed)
    (toyed / "toy.json").write_text(json.dumps({"at_least": {"accuracy": 0.9}}))
    answer = runner.invoke(cli.eval_app, ["toy"])
    assert answer.exit_code == 1
    assert "toy: accuracy misses its baseline" in answer.stderr
    assert "MISSED" in answer.stdout


def test_a_run_to_compare_with_that_is_none_is_refused_before_anything_runs(toyed: Path) -> None:
    answer = runner.invoke(cli.eval_app, ["toy", "--compare", str(toyed)])
    assert answer.exit_code == 2
    assert "evaluating" not in answer.output
    assert runner.invoke(cli.eval_app, ["toy", "--reasoner", "oracle"]).exit_code == 2
