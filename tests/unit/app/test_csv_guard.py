import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.csv_guard import csv_rows, guarded, unguarded

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
TEXTS = st.text(alphabet=st.sampled_from("=+-@\t\r\n' a1.\u00e9"), max_size=8) | st.text(max_size=20)


@pytest.mark.parametrize("text", ["=1+1", "+1 234", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "''-x", "\n=1"])
def test_what_a_program_would_compute_is_led_by_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "-5", "-5.25", "12", "Anna", "'quoted'", "1-2"])
def test_what_nobody_computes_stays(text: str) -> None:
    assert guarded(text) == text


@given(TEXTS)
def test_no_cell_begins_as_a_formula_and_each_is_had_back(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(FORMULAS) or cell.lstrip("-").replace(".", "", 1).isdigit()
    assert unguarded(cell) == text


@given(st.lists(st.lists(TEXTS | st.none(), min_size=2, max_size=2), max_size=5))
def test_rows_are_read_back_by_any_reader_of_csv(rows: list[list[str | None]]) -> None:
    raw = b"".join(csv_rows(["one", "two"], rows)).decode("utf-8-sig", "replace")
    read = list(csv.reader(io.StringIO(raw, newline="")))
    assert read[0] == ["one", "two"]
    wanted = [[("" if cell is None else cell).encode("utf-8", "replace").decode() for cell in row] for row in rows]
    assert [[unguarded(cell) for cell in row] for row in read[1:]] == wanted
