"""Amounts of money: digits beside a currency, in minor units."""

import re
from collections.abc import Iterator
from decimal import Decimal

from agents.extraction.mention import Mention
from agents.extraction.numbers import DIGITS, decimal_of
from tools.currency import exponent_of

_CURRENCY = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "us$": "USD",
    "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD",
    "t€": "EUR", "dollar": "USD", "dollars": "USD",
    "bucks": "USD", "£": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "pfund": "GBP", "fr.": "CHF",
    "sfr.": "CHF", "francs": "CHF", "franken": "CHF", "¥": "JPY", "yen": "JPY", "kronor": "SEK", "zloty": "PLN",
    "złoty": "PLN",
}  # fmt: skip
_CODES = "EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|NZD|SGD|HKD|INR|CNY|ZAR|BRL|AED|KWD|BHD"
_SIGN = rf"\b(?:US|CA?|AU?|NZ|HK|S)\$|T€|[€$£¥]|\b(?:{_CODES})\b|S?Fr\."
_NAMED = rf"{_SIGN}|(?i:\b(?:euros?|dollars?|bucks|pounds?|quid|pfund|francs|franken|yen|kronor|z[lł]oty)\b)"
_SCALES = {"k": 1_000, "tsd": 1_000, "thousand": 1_000, "tausend": 1_000, "grand": 1_000, "m": 1_000_000,
           "mio": 1_000_000, "mn": 1_000_000, "million": 1_000_000, "millionen": 1_000_000, "bn": 10**9,
           "mrd": 10**9, "billion": 10**9, "milliarden": 10**9}  # fmt: skip
_SCALE = r"(?:[ -]?(?:k|m|mn|bn|tsd|mio|mrd)\b\.?|[ -](?:thousand|tausend|grand|millione?n?|billion|milliarden)\b)"
_TO = r"(?: ?(?:-|–|to|bis|or|oder|and|und) ?)"
_BEFORE = re.compile(
    rf"(?P<unit>{_SIGN}) ?(?P<one>{DIGITS})(?P<s1>{_SCALE})?(?:,-|,–|\.-)?"
    rf"(?:{_TO}(?:{_SIGN})? ?(?P<two>{DIGITS})(?P<s2>{_SCALE})?)?", re.IGNORECASE)  # fmt: skip
_AFTER = re.compile(
    rf"(?<![\w.,])(?:(?P<two>{DIGITS})(?P<s2>{_SCALE})?{_TO})?(?P<one>{DIGITS})(?P<s1>{_SCALE})?(?:,-|,–)? ?"
    rf"(?P<unit>{_NAMED})", re.IGNORECASE)  # fmt: skip
_BARE = re.compile(r"(?<![\w.,/-])\d{1,3}(?:[.,']\d{3})*[.,]\d{2}(?![\w/%-]|[.,]\d)")
MAX_MINOR = 10**15


def amounts(text: str, locale: str) -> Iterator[Mention]:
    """Amounts with a currency, both ends of a range; where one is said, also bare ones to two decimals."""
    found: list[Mention] = []
    for pattern in (_BEFORE, _AFTER):
        for one in pattern.finditer(text):
            if not any(one.start() < other.end and other.start < one.end() for other in found):
                found += _both(one, locale)
    said = {one.currency for one in found}
    if len(said) == 1:
        currency = said.pop()
        for one in _BARE.finditer(text):
            if not any(one.start() < other.end and other.start < one.end() for other in found):
                found += _amount(one.group(), "", currency or "EUR", one.span(), locale)
    yield from found


def _both(one: "re.Match[str]", locale: str) -> list[Mention]:
    unit = one["unit"].casefold()
    currency = _CURRENCY.get(unit, one["unit"].upper())
    thousands = "k" if unit == "t€" else None
    scales = [one["s1"] or thousands, one["s2"] or thousands]
    if one["two"] and not all(scales):
        # `3 to 5k`: the scale of the later number is meant for both, unless the former is large by itself.
        small = decimal_of(one["one"] if one["s2"] else one["two"], locale)
        if small is not None and small < 1_000:
            scales = [scales[0] or scales[1], scales[1] or scales[0]]
    found = _amount(one["one"], scales[0] or "", currency, one.span(), locale)
    return found + (_amount(one["two"], scales[1] or "", currency, one.span(), locale) if one["two"] else [])


def _amount(digits: str, scale: str, currency: str, span: tuple[int, int], locale: str) -> list[Mention]:
    value = decimal_of(digits, locale)
    if value is None:
        return []
    factor = _SCALES.get(scale.strip(" -.").casefold(), 1)
    minor = value * factor * Decimal(10) ** exponent_of(currency)
    if minor != int(minor) or minor > MAX_MINOR:
        return []
    return [Mention("amount", *span, minor=int(minor), currency=currency)]
