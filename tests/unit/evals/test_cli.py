"""`countersign bench` and `countersign eval`."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evals import cli
from evals.tasks import TASKS

runner = CliRunner()
bench_app = typer.Typer(add_completion=False)
bench_app.command()(cli.bench)


def test_every_bench_is_a_module_that_measures() -> None:
    files = {
        path.stem for path in (Path(cli.__file__).parent / "bench").glob("*.py") if "def measure(" in path.read_text()
    }
    assert files == set(cli.BENCHES)


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
