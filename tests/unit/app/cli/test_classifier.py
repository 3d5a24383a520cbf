"""`train` and `classify`, as a person runs them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from agents.reasoners.embedded.encoder import Encoder
from tests.unit.app.cli.runner import Cli

KINDS = {
    "bill": ["The invoice {} is too high", "Please correct the bill {}", "We paid {} twice, we want a refund"],
    "fault": ["The page {} crashes", "Export {} fails with an error", "Nothing loads since update {}"],
}


@pytest.fixture
def desk(cli: Cli, encoder: Encoder) -> Cli:
    """A home whose cache already holds the encoder's model."""
    encoder.load()
    (cli.home / "cache").mkdir(parents=True)
    for model in encoder.cache_dir.glob("minilm-*.onnx"):
        (cli.home / "cache" / model.name).symlink_to(model)
    return cli


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return written(
        tmp_path / "history.csv",
        [(text.format(n), kind) for kind, texts in KINDS.items() for text in texts for n in range(5)],
    )


def written(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "kind"), *rows])
    return path


def train(cli: Cli, path: Path, *more: str) -> tuple[int, str, str]:
    ran = cli("train", str(path), "--text", "text", "--label", "kind", "--name", "mine", *more)
    return ran.code, ran.out, ran.err


def test_what_was_trained_labels_rows_in_their_order(desk: Cli, history: Path, tmp_path: Path) -> None:
    code, out, err = train(desk, history, "--json")
    assert code == 0, err
    made = json.loads(out)
    assert (made["rows"], made["skipped"], made["labels"]) == (30, 0, ["bill", "fault"])
    assert made["report"]["macro_f1"] > 0.8
    assert len(made["data_sha256"]) == 64
    texts = ["The invoice 77 is too high", "", "Export 9 fails with an error", "🙂🙂", "\x00\x01\x02",
             "x" * 1_000_000, "Die Rechnung ist zu hoch"]  # fmt: skip
    asked, answers = written(tmp_path / "asked.csv", [(text, "") for text in texts]), tmp_path / "answers.jsonl"
    ran = desk.done("classify", "mine", str(asked), "--text", "text", "--out", str(answers), "--json")
    assert (ran["rows"], ran["unreadable"]) == (7, 3)
    lines = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert all(list(line) == ["label", "confidence", "abstained"] for line in lines)
    assert [line["label"] for line in lines[:5]] == ["bill", None, "fault", None, None]
    assert [line["abstained"] for line in (lines[1], lines[3], lines[4])] == [True] * 3
    assert all(0 <= line["confidence"] <= 1 for line in lines)


def test_the_artefact_holds_none_of_the_words_and_nothing_that_could_run(desk: Cli, history: Path) -> None:
    assert train(desk, history)[0] == 0
    path = desk.home / "classifiers" / "mine.npz"
    assert b"invoice" not in path.read_bytes()
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "x"), ("b", "x"), ("c", "x")], "two labels or more: all 3 rows say 'x'"),
        ([("a", "x"), ("b", "x"), ("c", "y"), ("d", "y"), ("e", "y")], "10 rows or more, and there are 5"),
        ([(f"text {n}", "x") for n in range(12)] + [("lone", "y")], "the label 'y' has one row"),
        ([(f"text {n}", "xy"[n % 2]) for n in range(12)] + [("text 3", "x")], "row 13: the same text as row 4"),
        ([("🙂", "x")] * 12, "two labels or more"),
    ],
)
def test_what_makes_no_classifier_is_refused_and_the_former_stays(
    desk: Cli, history: Path, tmp_path: Path, rows: list[tuple[str, str]], said: str
) -> None:
    kept = desk.home / "classifiers" / "mine.npz"
    kept.parent.mkdir()
    kept.write_bytes(b"the former one")
    code, _, err = train(desk, written(tmp_path / "bad.csv", rows))
    assert code == 2
    assert said in err
    assert kept.read_bytes() == b"the former one"
    assert [path.name for path in kept.parent.iterdir()] == ["mine.npz"]


def test_what_cannot_classify_is_said_and_nothing_is_written(desk: Cli, history: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"

    def refused(name: str, *more: str) -> str:
        ran = desk("classify", name, str(history), "--out", str(out), *more)
        assert ran.code == 2, ran.err
        assert not out.exists()
        return ran.err

    assert "there is no classifier other" in refused("other", "--text", "text")
    assert "is no name" in refused("../other", "--text", "text")
    assert train(desk, history)[0] == 0
    assert "trained on 1 columns" in refused("mine", "--text", "text,kind")
    assert "there is no column 'body'" in refused("mine", "--text", "body")
    path = desk.home / "classifiers" / "mine.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "is not a whole classifier" in refused("mine", "--text", "text")
    path.write_bytes(whole.replace(Encoder.version.encode(), Encoder.version.encode()[::-1]))
    assert "is not a whole classifier" in refused("mine", "--text", "text")  # the archive's checksum tells
