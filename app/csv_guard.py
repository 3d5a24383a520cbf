"""CSV that goes out: no cell is a formula to a spreadsheet program, and what it held can be had back.

A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is led by an apostrophe (OWASP, "CSV Injection").
So is one that begins with apostrophes before one of these, so that taking one away always gives the text back.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from csv import QUOTE_ALL, writer
from itertools import chain

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def guarded(text: str) -> str:
    """The text as a cell that no program computes. A plain number is one already, a negative one too."""
    if _NUMBER.fullmatch(text):
        return text
    # Blanks before a formula are dropped by some programs.
    return f"'{text}" if text.lstrip(" ").lstrip("'").lstrip(" ").startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """What `guarded` was given, for everything that it answers."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def csv_rows(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The lines of a CSV file in UTF-8 with a byte order mark, by which spreadsheet programs know it.

    None is an empty cell, everything else its text.
    """
    yield "\ufeff".encode()
    for cells in chain([headings], rows):
        line = io.StringIO(newline="")
        writer(line, quoting=QUOTE_ALL).writerow(["" if cell is None else guarded(str(cell)) for cell in cells])
        yield line.getvalue().encode("utf-8", "replace")
