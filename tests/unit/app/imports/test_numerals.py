from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.numerals import NoNumber, Style, number, style_of

STYLES = st.sampled_from(["comma", "point"])
GROUPS = st.sampled_from(["", "usual", " ", "\u00a0", "\u202f", "'", "’"])


def written(value: Decimal, style: Style, grouping: str) -> str:
    """The number as people write it."""
    text = f"{value:,f}" if grouping else f"{value:f}"
    whole, _, decimals = text.partition(".")
    usual = "." if style == "comma" else ","
    whole = whole.replace(",", usual if grouping == "usual" else grouping)
    return whole + (("," if style == "comma" else ".") + decimals if decimals else "")


@given(st.decimals(0, 10**9, places=2), STYLES, GROUPS)
def test_what_is_written_in_a_columns_style_is_read_as_it_was_meant(value: Decimal, style: Style, by: str) -> None:
    assert number(written(value, style, by), style, decimals=2) == value
    assert number("-" + written(value, style, by), style, decimals=2) == -value


@given(st.decimals(0, 10**9, places=2), STYLES, GROUPS)
def test_two_decimals_need_no_column(value: Decimal, style: Style, grouping: str) -> None:
    assert number(written(value, style, grouping), None, decimals=2) == value


@pytest.mark.parametrize(
    ("text", "style", "decimals", "value"),
    [
        ("1.234", None, 2, "1234"), ("1,234", None, 2, "1234"), ("1.234", "comma", 2, "1234"),
        ("1,234", "comma", 2, "1.234"), ("1.234.567", None, 2, "1234567"), ("1,5", "point", 2, "1.5"),
        ("(12,50)", None, 2, "-12.5"), ("\u22123", None, 2, "-3"), ("+7", None, 0, "7"), ("1.234", None, 0, "1234"),
        ("110.000", None, 2, "110000"), ("45.500", "point", 2, "45.5"),
    ],
)  # fmt: skip
def test_examples(text: str, style: Style | None, decimals: int, value: str) -> None:
    assert number(text, style, decimals=decimals) == Decimal(value)


@pytest.mark.parametrize("text", ["", "abc", "1.23.4", "12,34,5", "1e5", "0x10", "--1", "1 23", "٣", "NaN", "inf"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NoNumber):
        number(text, None, decimals=2)


def test_what_may_be_either_is_refused() -> None:
    with pytest.raises(NoNumber, match="comma or after the point"):
        number("1.234", None)


def test_the_column_shows_its_style() -> None:
    assert style_of(["1.234", "95,5", "12"]) == "comma"
    assert style_of(["1.234", "12"]) is None
    assert style_of(["1,5", "1.5"]) is None
