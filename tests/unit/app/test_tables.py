import gzip
from pathlib import Path

import pytest

from app.tables import TableUnusable, read_table


def test_csv_and_json_lines_compressed_or_not_read_alike(tmp_path: Path) -> None:
    comma = 'id,text,kind\n1,"two\nlines, and ""quotes""",a\n2,Grüße 🙂,b\n'.encode()
    lines = '{"text":"two\\nlines, and \\"quotes\\"","kind":"a"}\n\n{"kind":"b","text":"Grüße 🙂"}\n'.encode()
    for name, raw in {"a.csv": comma, "b.jsonl": lines}.items():
        (tmp_path / name).write_bytes(raw)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(raw))
        for each in (name, f"{name}.gz"):
            rows = read_table(tmp_path / each, ["text", "kind"]).rows
            assert rows == (('two\nlines, and "quotes"', "a"), ("Grüße 🙂", "b"))


def test_a_megabyte_and_a_null_byte_are_texts_too(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text(f"text,kind\n{'x' * 1_000_000},a\n\x00\x01,b\n", encoding="utf-8")
    assert [len(text) for text, _ in read_table(path, ["text", "kind"]).rows] == [1_000_000, 2]


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("a.csv", b"text,kind\nx,a\n", "there is no column 'label'; there are 'text', 'kind'"),
        ("a.csv", b"text,label\nx,a\ny,a,b\n", "row 2 (line 3): 3 cells under 2 headings"),
        ("a.csv", b'text,label\n"x,a\n', "line 2: unexpected end of data"),
        ("a.csv", "text,label\nx,a\nGrüße,b\n".encode("cp1252"), "line 3: byte 17 (0xfc) is not UTF-8"),
        ("a.csv", b"text,label\n", "there are no rows"),
        ("a.csv", b"", "there is no column"),
        ("a.csv", gzip.compress(b"text,label\nx,a\n", mtime=0), "this is gzip"),
        ("a.csv.gz", b"text,label\nx,a\n", "the gzip data is broken"),
        ("a.csv.gz", gzip.compress(b"text,label\n" + b"x,a\n" * 500, mtime=0)[:-9], "the gzip data is broken"),
        ("a.jsonl", b'{"text":"x","label":"a"}\n{"text":', "line 2: not JSON"),
        ("a.jsonl", b'{"text":"x","label":"a"}\n[1]\n', "line 2: not a JSON object"),
        ("a.jsonl", b'{"text":"x"}\n', "line 1: there is no column 'label'"),
        ("a.jsonl", b'{"text":["x"],"label":"a"}\n', "line 1, column text: neither"),
        ("a.xlsx", b"PK", "neither .csv nor .jsonl"),
    ],
)
def test_what_cannot_be_read_is_said_with_file_and_place(tmp_path: Path, name: str, raw: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(TableUnusable) as refusal:
        read_table(path, ["text", "label"])
    assert str(path) in str(refusal.value)
    assert said in str(refusal.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableUnusable, match="No such file"):
        read_table(tmp_path / "none.csv", ["text"])
