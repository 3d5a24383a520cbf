"""What a cell says, by what its column holds. Every refusal completes the sentence "this cell ..."."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import list_currencies

from app.imports import days, numerals
from app.imports.headings import folded
from app.imports.kinds import Column, Content
from app.imports.sheet import Broken, Cell, shown
from tools.currency import CALLED, exponent_of
from tools.people_records import Skill

_SIGNS = "|".join(re.escape(each) for each in sorted(CALLED, key=len, reverse=True))
_MONEY = re.compile(rf"(?P<lead>[A-Z]{{3}}|{_SIGNS})?\s*(?P<digits>.*?)\s*(?P<trail>[A-Z]{{3}}|{_SIGNS})?")
_PER_HOUR = re.compile(r"\s*(?:/|per|pro)\s*(?:h|hr|hour|std\.?|stunde)$", re.IGNORECASE)
_NO_CENTS = re.compile(r"[.,](?:-{1,2}|–|—)$")
_SKILL = re.compile(r"(?P<name>.+?)\s*[:=(\s]\s*(?P<level>[1-5])\s*\)?")
_DOLLARS = frozenset({"AUD", "CAD", "HKD", "NZD", "SGD", "USD"})
_PPM = Decimal(1_000_000)


class Unreadable(ValueError):
    """The cell is not what its column holds."""


@dataclass(frozen=True)
class Manner:
    """How a column writes numbers and days, seen from all of its cells."""

    style: numerals.Style | None = None
    order: days.Order | None = None


def manner(cells: list[Cell], column: Column) -> Manner:
    texts = [cell for cell in cells if isinstance(cell, str)]
    if column.content == "day":
        return Manner(order=days.order_of(texts))
    if column.content == "amount":
        texts = [_bare(text)[0] for text in texts]
    elif column.content not in ("hours", "percent", "ppm", "whole"):
        return Manner()
    return Manner(style=numerals.style_of(text.removesuffix("%") for text in texts))


def currency_of_heading(heading: str) -> str | None:
    """The currency in which a heading says that its column is, as `Cost rate (CHF)` and `Umsatz in EUR` do."""
    found = re.search(r"[(\[]\s*([A-Z]{3}|[€£])\s*(?:/.*)?[)\]]|\s(?:in )?([A-Z]{3}|[€£])(?:\s*/.*)?$", heading)
    code = (found[1] or found[2]) if found else ""
    code = CALLED.get(code, code)
    return code if code in list_currencies() else None


def currency_of_cell(cell: Cell) -> str | None:
    """The currency that an amount's own cell names; `$` alone names none of the dollars for certain."""
    return _bare(cell)[1] if isinstance(cell, str) else None


def read(cell: Cell, column: Column, how: Manner, currency: str = "EUR") -> Any:
    """The value of a cell that is not empty, as its field holds it; of a `record` the text that names it.

    Raises Unreadable.
    """
    if isinstance(cell, Broken):
        raise Unreadable(cell.why)
    try:
        if column.content == "amount":
            return _amount(cell, how, currency)
        if column.content == "choice":
            return _choice(cell, column.choices)
        return _READ[column.content](cell, how)
    except (numerals.NoNumber, days.NoDay) as error:
        raise Unreadable(f"{error}: {shown(cell)}") from None


def _text(cell: Cell, _how: Manner) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"  # a number where a name is expected, as 4711 of a contract
    return " ".join(str(cell).split())


def _id(cell: Cell, how: Manner) -> str:
    text = _text(cell, how)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,119}", text):
        raise Unreadable(f"is no id: one is of letters, digits and . _ : @ -, without blanks: {shown(cell)}")
    return text


def _email(cell: Cell, how: Manner) -> str:
    text = _text(cell, how).removeprefix("mailto:").casefold()
    if not re.fullmatch(r"[^@\s<>\"]+@[a-z0-9.-]+\.[a-z]{2,}", text):
        raise Unreadable(f"is no e-mail address: {shown(cell)}")
    return text


def _number(cell: Cell, how: Manner, decimals: int | None = None) -> Decimal:
    if isinstance(cell, Decimal):
        return cell
    if not isinstance(cell, str):
        raise Unreadable(f"is no number: {shown(cell)}")
    return numerals.number(cell, how.style, decimals=decimals)


def _whole(cell: Cell, how: Manner) -> int:
    if isinstance(cell, str):
        cell = re.sub(r"\s*(?:days|tage)?(?:\s+(?:net|netto))?$", "", cell, flags=re.IGNORECASE)
    number = _number(cell, how, 0)
    if number != number.to_integral_value():
        raise Unreadable(f"is no whole number: {shown(cell)}")
    return int(number)


def _hours(cell: Cell, how: Manner) -> int:
    if isinstance(cell, str):
        cell = re.sub(r"\s*(?:h|hours|std\.?|stunden)$", "", cell, flags=re.IGNORECASE)
    minutes = _number(cell, how, 2) * 60
    if minutes != minutes.to_integral_value():
        raise Unreadable(f"is no whole number of minutes: {shown(cell)} h")
    return int(minutes)


def _percent(cell: Cell, how: Manner) -> int:
    if isinstance(cell, str):
        cell = cell.removesuffix("%").strip()
    number = _number(cell, how, 0)
    if number != number.to_integral_value():
        raise Unreadable(f"is no whole percentage: {shown(cell)}; half of the time is 50")
    return int(number)


def _amount(cell: Cell, how: Manner, currency: str) -> int:
    said: str | None = None
    if isinstance(cell, str):
        text, said = _bare(cell)
        if said is None and "$" in cell and currency not in _DOLLARS:
            said = "dollars"
        if said not in (None, currency):
            raise Unreadable(f"is in {said}, and the row is in {currency}: {shown(cell)}")
        number = numerals.number(text, how.style, decimals=exponent_of(currency))
    else:
        number = _number(cell, how)
    minor = number.scaleb(exponent_of(currency))
    if minor != minor.to_integral_value():
        raise Unreadable(f"has more decimals than {currency} has: {shown(cell)}")
    if minor < 0:
        raise Unreadable(f"is less than nothing: {shown(cell)}")
    return int(minor)


def _bare(text: str) -> tuple[str, str | None]:
    """The digits of an amount, and the currency that stands beside them."""
    text = _PER_HOUR.sub("", text.strip())
    found = _MONEY.fullmatch(text)
    if found is None:
        return text, None
    beside = found["lead"] or found["trail"]
    code = None if beside in (None, "$") else CALLED.get(beside.casefold(), beside)
    return _NO_CENTS.sub("", found["digits"]), code


def _day(cell: Cell, how: Manner) -> date:
    if isinstance(cell, date):
        return days.day(cell.isoformat(), None)
    if isinstance(cell, Decimal):
        return days.day_of_serial(cell)
    if not isinstance(cell, str):
        raise Unreadable(f"is no day: {shown(cell)}")
    return days.day(cell, how.order)


def _currency(cell: Cell, how: Manner) -> str:
    text = _text(cell, how)
    code = CALLED.get(text.casefold(), text.upper())
    if code not in list_currencies():
        raise Unreadable(f"is no currency by its ISO 4217 code: {shown(cell)}")
    return code


def _zone(cell: Cell, how: Manner) -> str:
    text = _text(cell, how)
    if text not in available_timezones():
        raise Unreadable(f"is no time zone by its IANA name, as Europe/Berlin: {shown(cell)}")
    return text


def _skills(cell: Cell, how: Manner) -> list[Skill]:
    found: dict[str, Skill] = {}
    for part in re.split(r"[;,\n|]", str(cell)):
        if not part.strip():
            continue
        one = _SKILL.fullmatch(part.strip())
        if one is None:
            raise Unreadable(
                f"needs a level of 1 to 5 with each skill, as Python:4; this has none: {shown(part.strip())}"
            )
        name = " ".join(one["name"].split())
        if name.casefold() in found:
            raise Unreadable(f"names a skill twice: {shown(name)}")
        found[name.casefold()] = Skill(name=name, level=int(one["level"]))
    return list(found.values())


def _roles(cell: Cell, how: Manner) -> list[str]:
    text = _text(cell, how)
    parts = [part.strip() for part in (re.split(r"[;,|]", text) if re.search(r"[;,|]", text) else text.split())]
    roles = [part.partition("/") for part in parts if part]
    return [f"{role.casefold().replace(' ', '_')}{slash}{unit}" for role, slash, unit in roles]


def _ppm(cell: Cell, how: Manner) -> int:
    scaled = _number(cell, how) * _PPM
    if scaled != scaled.to_integral_value() or scaled <= 0:
        raise Unreadable(f"is no rate above nothing with at most six decimals: {shown(cell)}")
    return int(scaled)


def _choice(cell: Cell, choices: Mapping[str, tuple[str, ...]]) -> str:
    said = folded(_text(cell, Manner()))
    for value, names in choices.items():
        if said == folded(value) or said in map(folded, names):
            return value
    known = ", ".join(value.replace("_", " ") for value in choices)
    raise Unreadable(f"is none of {known}: {shown(cell)}")


_READ: Mapping[Content, Callable[[Cell, Manner], Any]] = {
    "text": _text, "id": _id, "record": _text, "email": _email, "minor": _whole, "day": _day, "hours": _hours,
    "zone": _zone, "whole": _whole, "percent": _percent, "skills": _skills, "roles": _roles, "currency": _currency,
    "ppm": _ppm,
}  # fmt: skip


def written(value: Any, column: Column, currency: str) -> str | None:
    """The value as an export writes it; `read` gives it back."""
    if value is None:
        return None
    if column.content == "amount":
        return f"{Decimal(value).scaleb(-exponent_of(currency)):f}"
    if column.content == "hours":
        return f"{(Decimal(value) / 60).normalize():f}"
    if column.content == "ppm":
        return f"{(Decimal(value) / _PPM).normalize():f}"
    if column.content == "skills":
        return "; ".join(f"{each.name}:{each.level}" for each in value) or None
    return str(value)
