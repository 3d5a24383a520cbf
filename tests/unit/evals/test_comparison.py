import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.comparison import compare
from evals.harness import Result
from evals.intervals import share
from evals.prepared import Row
from evals.runs import Earlier, RunUnusable, earlier, folder_of, keep
from tests.unit.evals import toy

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def rows(answers: list[str], truths: list[str] = toy.TRUTHS) -> list[Row]:
    pairs = zip(truths, answers, strict=True)
    return [Row(f"row-{place}", truth, {"label": said}) for place, (truth, said) in enumerate(pairs)]


def before(of: list[Row]) -> Earlier:
    return Earlier("toy", "abc", "embedded", list(of))


def test_a_run_against_itself_differs_in_nothing() -> None:
    (one,) = compare(rows(toy.RIGHT), before(rows(toy.RIGHT)), toy.figures)
    assert (one.change.value, one.change.low, one.change.high) == (0.0, 0.0, 0.0)
    assert one.paired
    assert not one.beyond_chance


def test_what_got_better_is_told_with_its_interval() -> None:
    (one,) = compare(rows(toy.RIGHT), before(rows(toy.WRONG)), toy.figures)
    assert (one.now.value, one.then.value, one.change.value) == (1.0, 0.0, 1.0)
    assert one.beyond_chance
    (back,) = compare(rows(toy.WRONG), before(rows(toy.RIGHT)), toy.figures)
    assert back.change.value == -1.0


def test_only_rows_that_both_answered_are_compared() -> None:
    others = [Row("row-2", "another truth now", {"label": "a"}), Row("gone", "a", {"label": "a"})]
    earlier_rows = [*rows(toy.WRONG)[:2], *others]
    (one,) = compare(rows(toy.RIGHT), before(earlier_rows), toy.figures)
    assert (one.n, one.paired) == (2, True)


def test_without_a_common_row_all_are_compared_unpaired() -> None:
    others = [Row(f"other-{place}", "a", {"label": "b"}) for place in range(3)]
    (one,) = compare(rows(toy.RIGHT), before(others), toy.figures)
    assert (one.paired, one.n, one.change.value) == (False, 4, 1.0)


def test_answers_of_another_form_are_refused() -> None:
    strange = [Row("row-0", "a", {"text": "a"})]
    with pytest.raises(RunUnusable, match="another form"):
        compare(rows(toy.RIGHT), before(strange), toy.figures)


def test_a_run_is_kept_and_read_again(tmp_path: Path) -> None:
    result = Result(
        "toy", 4, {"accuracy": share([True])}, 0.1, None, None, "abc", False, {}, (), rows=rows(toy.RIGHT)
    )  # fmt: skip
    folder = folder_of(tmp_path, NOW, "abcdef0123")
    assert folder.name == "2026-03-02T09-00-00-abcdef0"
    assert folder_of(tmp_path, NOW, "abcdef0123").name.endswith("-2")
    keep(folder, [result.whole()], NOW)
    for path in (folder, folder / "run.json"):
        found = earlier(path)["toy"]
        assert [(row.name, row.truth, row.answer) for row in found.rows] == [
            (row.name, row.truth, row.answer) for row in result.rows
        ]


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1}', json.dumps({"version": 9, "results": []}), "<html>"])
def test_what_is_no_run_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunUnusable, match=r"run\.json"):
        earlier(tmp_path)


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunUnusable, match="No such file"):
        earlier(tmp_path / "nowhere")
