import gc
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals import cli
from evals.prepared import Answer
from evals.tasks.mspsp import figures
from tests.unit.evals import toy
from tests.unit.evals.staffing.test_dzn import WHOLE

runner = CliRunner()


@pytest.mark.slow
@pytest.mark.filterwarnings(f"ignore:{toy.LEFT_OPEN}:pytest.PytestUnraisableExceptionWarning")
def test_a_folder_s_instances_are_answered_a_row_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "home"))
    folder = tmp_path / "instances"
    folder.mkdir()
    (folder / "one.dzn").write_text(WHOLE)
    (folder / "two.dzn").write_text(WHOLE.replace("dur = [0,4,0]", "dur = [0,6,0]"))
    arguments = ["mspsp", "--test", str(folder), "--limit", "20", "--json", "--out", str(tmp_path / "out")]
    answer = runner.invoke(cli.eval_app, arguments)
    rows = json.loads(answer.stdout)
    assert [(row["instance"], row["makespan"], row["optimal"]) for row in rows] == [
        ("one.dzn", 4, True), ("two.dzn", 6, True),
    ]  # fmt: skip
    assert all(0 < row["seconds"] < 20 for row in rows)
    assert answer.exit_code == 0
    (folder / "optima.csv").write_text("instance,optimal_makespan\none.dzn,4\ntwo.dzn,5\n")
    answer = runner.invoke(cli.eval_app, arguments)
    # A proof of 6 where 5 is known to be possible is told.
    assert "wrong_proofs misses its baseline" in answer.stderr
    gc.collect()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [("x.txt", "", "holds no .dzn files"), ("x.dzn", "nActs = 1;", "x.dzn: nSkills: it is not there")],
)
def test_a_folder_that_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, told: str
) -> None:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "home"))
    (tmp_path / name).write_text(text)
    answer = runner.invoke(cli.eval_app, ["mspsp", "--test", str(tmp_path), "--json"])
    assert answer.exit_code == 2
    assert told in answer.stderr


def test_figures_tell_proofs_from_luck() -> None:
    said: list[Answer] = [
        {"makespan": 10, "bound": 10, "optimal": True, "seconds": 1.0},
        {"makespan": 12, "bound": 9, "optimal": False, "seconds": 10.0},
        {"makespan": None, "bound": None, "optimal": False, "seconds": 10.0},
    ]
    found = figures([{"optimum": 10}, {"optimum": 12}, {"optimum": 7}], said)
    assert [round(found[key].value, 3) for key in ("solved", "equal", "wrong_proofs")] == [0.333, 0.667, 0.0]
    assert round(found["mean_gap"].value, 3) == round((0 + 0.25 + 1) / 3, 3)
