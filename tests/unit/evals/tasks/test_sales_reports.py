"""The sales reports task: halves that share no product, files that say what is wrong with them."""

import gzip
from pathlib import Path

import pytest

from evals.prepared import Files, SetUnusable
from evals.tasks import sales_reports

HEADER = "ID,Prod,Quant,Val,Insp"


def _file(folder: Path, name: str, lines: list[str]) -> Path:
    path = folder / f"{name}.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def _product(name: str) -> list[str]:
    usual = [f"v{one % 4},{name},{100 + one},{(100 + one) * 10},{'ok' if one % 2 else 'unkn'}" for one in range(30)]
    return [*usual, f"v1,{name},100,90000,fraud", f"v2,{name},NA,800,fraud", f"v2,{name},120,,unkn"]


def _files(data: Path, train: Path | None = None, test: Path | None = None) -> Files:
    return Files(data, data, train, test, lambda line: None)


def test_only_inspected_transactions_of_the_test_file_count(tmp_path: Path) -> None:
    train = _file(tmp_path, "train", [line for one in range(6) for line in _product(f"a{one}")])
    test = _file(tmp_path, "test", [line for one in range(4) for line in _product(f"b{one}")])
    prepared = sales_reports.prepare("sales_reports", _files(tmp_path, train, test))
    assert len(prepared.truths) == 4 * 17
    assert sum(wrong for _, wrong in prepared.truths) == 8
    said = prepared.answer(range(len(prepared.truths)))
    figures = prepared.figures(prepared.truths, said)
    assert list(figures) == [
        "average_precision", "average_precision_unsupervised", "average_precision_robust_z", "auc", "ece",
    ]  # fmt: skip
    assert figures["average_precision"].value > 0.9
    assert figures["average_precision"].low <= figures["average_precision"].value <= figures["average_precision"].high


def test_labels_of_the_test_file_change_no_answer(tmp_path: Path) -> None:
    train = _file(tmp_path, "train", [line for one in range(6) for line in _product(f"a{one}")])
    lines = [line for one in range(4) for line in _product(f"b{one}")]
    other = [line.replace("fraud", "ok") if place % 2 else line for place, line in enumerate(lines)]
    answers = [
        sales_reports.prepare("", _files(tmp_path, train, _file(tmp_path, name, written))).answer(range(60))
        for name, written in (("test", lines), ("other", other))
    ]
    assert answers[0] == answers[1]


def test_without_files_each_product_is_answered_by_the_other_half(tmp_path: Path) -> None:
    folder = tmp_path / "billing"
    folder.mkdir()
    whole = _file(folder, "sales_reports_a", [line for one in range(8) for line in _product(f"a{one}")])
    (folder / "sales_reports_a.csv.gz").write_bytes(gzip.compress(whole.read_bytes()))
    prepared = sales_reports.prepare("sales_reports", _files(tmp_path))
    assert len(prepared.truths) == 8 * 17
    assert prepared.notes == {"seed": sales_reports.SEED}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("v1,p1,ten,100,ok", "row 2: Quant is no number: 'ten'"),
        ("v1,p1,10,1e,ok", "row 2: Val is no number: '1e'"),
        ("v1,p1,10,100,maybe", "row 2: Insp is one of ok, fraud, unkn, not 'maybe'"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, line: str, said: str) -> None:
    bad = _file(tmp_path, "bad", ["v1,p1,10,100,ok", line])
    with pytest.raises(SetUnusable, match=said):
        sales_reports.prepare("", _files(tmp_path, bad, bad))


def test_files_that_teach_or_ask_nothing_are_refused(tmp_path: Path) -> None:
    untold = _file(tmp_path, "untold", ["v1,p1,10,100,unkn"])
    fine = _file(tmp_path, "fine", ["v1,p1,10,100,ok", "v1,p1,10,101,ok"])
    with pytest.raises(SetUnusable, match="no transaction was inspected"):
        sales_reports.prepare("", _files(tmp_path, untold, fine))
    with pytest.raises(SetUnusable, match="both wrong and right"):
        sales_reports.prepare("", _files(tmp_path, fine, fine))
