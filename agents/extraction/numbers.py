"""Numbers as people write them: digits by the locale's marks, and words up to a hundred."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

WORDS: Mapping[str, int | Decimal] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ein": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1,
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11,
    "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "zwanzig": 20, "dreißig": 30, "vierzig": 40,
    "fünfzig": 50, "half": Decimal("0.5"), "halben": Decimal("0.5"), "halber": Decimal("0.5"),
    "halbe": Decimal("0.5"), "anderthalb": Decimal("1.5"), "eineinhalb": Decimal("1.5"),
    "zweieinhalb": Decimal("2.5"), "dreieinhalb": Decimal("3.5"),
}  # fmt: skip
DIGITS = r"\d+(?:[.,'’]\d+|[  ]\d{3}(?!\d))*"
SPELT = "|".join(sorted(WORDS, key=len, reverse=True))
COUNT = rf"(?:half an?|an? half|(?:{DIGITS}|(?:{SPELT})\b)(?:[ -](?:and a half|½))?|½)"
"""A count in digits or words, with `and a half` or without."""


def decimal_of(digits: str, locale: str) -> Decimal | None:
    """What digits with marks mean in a locale; None where they mean nothing, such as `1,23,4`.

    A mark that occurs once, before other than three digits, is the decimal one whatever the locale says.
    """
    from babel.numbers import NumberFormatError, parse_decimal

    plain = re.sub(r"['’  ]", "", digits)
    marks = re.findall(r"[.,]", plain)
    if len(marks) == 1 and len(plain) - plain.index(marks[0]) != 4:
        return Decimal(plain.replace(",", "."))
    if len(set(marks)) == 2:
        group, mark = marks[0], marks[-1]
        plain = plain.replace(group, "").replace(mark, ".")
        return Decimal(plain) if plain.count(".") == 1 else None
    if len(marks) == 1 and not plain.startswith("0"):
        # Three digits after the only mark: thousands, in English and in German alike.
        return Decimal(re.sub(r"[.,]", "", plain))
    try:
        return Decimal(parse_decimal(plain, locale=locale.replace("-", "_")))
    except (NumberFormatError, InvalidOperation):
        return None


def count_of(said: str, locale: str = "en-GB") -> Decimal | None:
    """What a count in digits or words means."""
    lowered = said.casefold().strip()
    if "half" in lowered and "and" not in lowered:
        return Decimal("0.5")
    more = Decimal("0.5") if re.search(r"and a half|½", lowered) else Decimal(0)
    first = re.split(r"[ -]and|[ -]?½", lowered)[0].strip()
    if not first:
        return more or None
    if first in WORDS:
        return Decimal(WORDS[first]) + more
    found = decimal_of(first, locale)
    return None if found is None else found + more
