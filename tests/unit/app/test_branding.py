"""Contrast as WCAG 2.2 counts it, and an ink that can be read on whatever accent is let through."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import app.web
from app.branding import GROUNDS, contrast, style

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#abcdef", "#abcdef", 1),
    ],
)
def test_known_contrasts(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)


@given(COLOURS, COLOURS)
def test_contrast_is_mutual_and_bounded(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21


@given(COLOURS, st.sampled_from(["light", "dark"]))
def test_the_ink_on_an_accent_can_be_read(colour: str, theme: str) -> None:
    assume(contrast(colour, GROUNDS[theme]) >= 4.5)  # others are refused
    sheet = style({theme: colour})
    (ink,) = re.findall(rf"--on-accent-{theme}: (#\w+);", sheet)
    assert contrast(ink, colour) >= 4.5
    assert sheet.count(";") == 2


def test_without_colours_there_is_no_style() -> None:
    assert style(None) == style({"name": "x", "light": ""}) == ""


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    """The one of each theme on which an accent is seen worst."""
    sheet = (Path(app.web.__file__).parent / "static" / "countersign.css").read_text()
    pairs = dict(re.findall(r"--(paper|card|sunk): light-dark\((#\w+, #\w+)\)", sheet))
    assert pairs.keys() == {"paper", "card", "sunk"}
    for place, theme in enumerate(GROUNDS):
        shown = [_long(pair.split(", ")[place]) for pair in pairs.values()]
        accent = "#000000" if theme == "light" else "#ffffff"
        assert GROUNDS[theme] == min(shown, key=lambda ground: contrast(accent, ground))


def _long(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(each * 2 for each in colour[1:])
