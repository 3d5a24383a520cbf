"""Written: amounts and durations as people type them, to the whole numbers that arguments hold, and back."""

import re
from decimal import Decimal
from typing import Final

from tools.currency import exponent_of

_NUMBER: Final = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_LONGEST: Final = 24


def amount_in(minor: int, currency: str | None) -> str:
    """Minor units as they are typed: 120000 of EUR is `1200.00`."""
    exponent = exponent_of(currency or "")
    return f"{Decimal(minor).scaleb(-exponent):.{exponent}f}"


def amount_of(text: str, currency: str | None) -> int:
    """Minor units of `1200`, `1,200.00`. Raises ValueError saying what is wrong, in words for whoever typed it."""
    exponent = exponent_of(currency or "")
    return _whole(text, exponent, f"must be an amount like {amount_in(120_000, currency)}")


def hours_in(minutes: int) -> str:
    """450 minutes are `7.5`; at most two decimals, so a minute more or less may not show."""
    return f"{Decimal(minutes) / 60:.2f}".rstrip("0").rstrip(".")


def hours_of(text: str) -> int:
    """Minutes of `7.5` hours. Raises ValueError."""
    return round(Decimal(_whole(text, 2, "must be hours like 7.5")) * 60 / 100)


def written(argument: str, text: str, currency: str | None) -> str:
    """An argument's own text as people write it: minor units as an amount, minutes as hours, all else as it is."""
    if not text.lstrip("-").isdecimal():
        return text
    if argument.endswith("_minor"):
        return amount_in(int(text), currency)
    return hours_in(int(text)) if argument.endswith("minutes") else text


def read(argument: str, text: str, currency: str | None) -> str:
    """What people wrote as the argument's own text. Raises ValueError."""
    if not text.strip():
        return text
    if argument.endswith("_minor"):
        return str(amount_of(text, currency))
    return str(hours_of(text)) if argument.endswith("minutes") else text


def _whole(text: str, decimals: int, otherwise: str) -> int:
    bare = re.sub(r"[\s\u00a0\u202f']", "", text)
    if len(bare) > _LONGEST or not _NUMBER.fullmatch(bare):
        raise ValueError(otherwise)
    number = Decimal(bare.replace(",", "")).scaleb(decimals)
    if number != number.to_integral_value():
        raise ValueError(f"has more than {decimals} decimals" if decimals else otherwise)
    return int(number)
