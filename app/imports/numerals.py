"""Numerals as people write them: which sign stands before decimals is seen from the column, not guessed by a cell."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

Style = Literal["comma", "point"]
"""Which sign stands before the decimals."""

_BLANK = "[ \u00a0\u2009\u202f'’]"


def _form(grouped: str, decimal: str) -> re.Pattern[str]:
    whole = rf"\d{{1,3}}(?:{grouped}\d{{3}})+|\d{{1,3}}(?:{_BLANK}\d{{3}})+|\d+"
    return re.compile(rf"(?:{whole})(?:{decimal}(\d*))?", re.ASCII)


_FORMS: dict[Style, re.Pattern[str]] = {"comma": _form(r"\.", ","), "point": _form(",", r"\.")}


class NoNumber(ValueError):
    """The text is no number; the message completes "this cell ..."."""


def styles(text: str) -> set[Style]:
    """The styles in which the text is a number."""
    return {style for style, form in _FORMS.items() if form.fullmatch(_unsigned(text)[1])}


def style_of(texts: Iterable[str]) -> Style | None:
    """The one style that cells of a column show beyond doubt; None where none does, or both."""
    shown = {one for text in texts if len(found := styles(text)) == 1 for one in found}
    return shown.pop() if len(shown) == 1 else None


def number(text: str, style: Style | None, *, decimals: int | None = None) -> Decimal:
    """The number that the text is, in the column's style where the text alone leaves it open.

    `decimals`: most that its unit has; a text that fits only one way under it leaves nothing open. Raises NoNumber.
    """
    negative, digits = _unsigned(text)
    readings: dict[Style, Decimal] = {}
    for each, form in _FORMS.items():
        if form.fullmatch(digits):
            readings[each] = _read(digits, each)
    if not readings:
        raise NoNumber("is no number")
    if style in readings and len(set(readings.values())) > 1:
        readings = {style: readings[style]}
    elif decimals is not None and len(set(readings.values())) > 1:
        # As many as are written: 110.000 has three where a point stands before them.
        readings = {each: found for each, found in readings.items() if -int(found.as_tuple().exponent) <= decimals}
    values = set(readings.values())
    if len(values) != 1:
        raise NoNumber("may have its decimals after the comma or after the point; write it without thousands")
    value = values.pop()
    return -value if negative else value


def _unsigned(text: str) -> tuple[bool, str]:
    text = text.strip().replace("\u2212", "-")
    if text.startswith("(") and text.endswith(")"):
        return True, text[1:-1].strip()
    if text.startswith("-"):
        return True, text[1:].strip()
    return False, text.removeprefix("+").strip()


def _read(digits: str, style: Style) -> Decimal:
    whole, _, decimals = digits.partition("," if style == "comma" else ".")
    return Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{decimals}")
