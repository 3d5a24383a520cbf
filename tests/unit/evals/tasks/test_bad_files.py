"""Files that cannot be used: one clear line that names what is wrong and where, before anything is learnt."""

import gzip
import json
from pathlib import Path

import pytest

from evals.prepared import Files, SetUnusable
from evals.tasks import classification, clinc, incident_sla
from evals.tasks.incident_sla import _COLUMNS

HEAD = ",".join(_COLUMNS)


def row(number: str, made: str = "true", opened: str = "29/2/2016 01:16") -> str:
    return ",".join([number, made, opened, *["x"] * (len(_COLUMNS) - 3)])


def refusal(task: object, name: str, tmp_path: Path, train: Path, test: Path | None) -> str:
    with pytest.raises(SetUnusable) as raised:
        task.prepare(name, Files(tmp_path, tmp_path, train, test, lambda line: None))  # type: ignore[attr-defined]
    return str(raised.value)


def file(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column 'text'"),
        ("text,topic\na,b\n", "no column 'category'; there are 'text', 'topic'"),
        ("text,category\na,b,c\n", "row 1 (line 2): 3 cells under 2 headings"),
        ("text,category\n", "there are no rows"),
    ],
)
def test_tables_of_labels(tmp_path: Path, text: str, said: str) -> None:
    bad = file(tmp_path, "bad.csv", text)
    assert said in refusal(classification, "banking", tmp_path, bad, bad)


def test_of_two_files_one_is_missing(tmp_path: Path) -> None:
    bad = file(tmp_path, "bad.csv", "text,category\na,b\n")
    assert "--train and --test go together" in refusal(classification, "banking", tmp_path, bad, None)
    assert "nowhere.csv is not there" in refusal(classification, "banking", tmp_path, bad, tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([HEAD.replace("opened_at", "opened")], "no column 'opened_at'"),
        ([HEAD, row("1", "perhaps")], "row 1, column made_sla: 'perhaps' is neither true nor false"),
        ([HEAD, row("1"), row("2", opened="2016-02-29")], "row 2, column opened_at: '2016-02-29' is no day/month/year"),
        ([HEAD, row("1"), row("2")], "column made_sla: all 2 incidents say the same"),
    ],
)
def test_incidents(tmp_path: Path, lines: list[str], said: str) -> None:
    bad = file(tmp_path, "bad.csv", "\n".join(lines) + "\n")
    assert said in refusal(incident_sla, "incident_sla", tmp_path, bad, bad)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<html>", "not a CLINC150 file"),
        ([], "an object with a list for each part"),
        ({"valid": []}, "none of the parts train is in it; there are valid"),
        ({"train": {}}, "part train: not a list"),
        ({"train": [["a", "b"], ["a"]]}, "part train, row 2: not a pair of a text and a label"),
        ({"train": [["a", ""]]}, "part train, row 1"),
        ({"train": []}, "part train: there are no rows"),
    ],
)
def test_clinc(tmp_path: Path, content: object, said: str) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    bad = file(tmp_path, "bad.json", text)
    assert said in refusal(clinc, "clinc", tmp_path, bad, bad)
    packed = tmp_path / "bad.json.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert said in refusal(clinc, "clinc", tmp_path, packed, packed)
    packed.write_bytes(b"no gzip")
    assert "not a CLINC150 file" in refusal(clinc, "clinc", tmp_path, packed, packed)
