"""Dates: absolute ones by the locale's order and month names, relative ones from the day that the text was written.

A calendar week means its Monday, the end of a week its Friday; months, quarters and years alone are no dates.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter
from dateutil.relativedelta import MO, relativedelta, weekday

from agents.extraction.mention import Mention
from agents.extraction.numbers import COUNT, count_of

_LANGUAGES = ("en", "de")
_ISO = re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?=\b|T)")
_MARKED = re.compile(
    r"(?<![\d.,/-])(?:(?P<y1>\d{4})/(?P<m1>\d{1,2})/(?P<d1>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?:(?P=sep)\s?(?P<y>\d{4}|\d{2})|(?P<open>\.))?)(?![\d/]|[.,-]\d)"
)
_TODAY = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "heute": 0, "morgen": 1, "übermorgen": 2,
          "gestern": -1, "vorgestern": -2}  # fmt: skip
_TODAY_PATTERN = re.compile(
    r"\b(?:day (?P<over>after tomorrow)|(?P<w>today|tonight|tomorrow|yesterday|heute|übermorgen|vorgestern|gestern)"
    r"|(?<!guten )(?<!diesen )(?<!jeden )(?P<m>morgen)(?=[\s,.;!?)]))",
    re.IGNORECASE,
)
_UNIT = (
    r"(?P<u>(?:working |business |calendar )?days?|weeks?|months?|(?:arbeits|werk)?tage?n?|wochen?|monate?n?|fortnight)"
)
_FROM_NOW = re.compile(
    rf"\b(?:(?:in|within|innerhalb von|binnen) (?:about |exactly |etwa )?(?P<n>{COUNT}) {_UNIT}(?:'s? time)?"
    rf"|(?P<n2>{COUNT}) {_UNIT.replace('<u>', '<u2>')} from (?:now|today)"
    rf"|(?:today|heute) in (?P<n3>{COUNT}) {_UNIT.replace('<u>', '<u3>')}"
    rf"|(?:vor (?P<n4>{COUNT}) {_UNIT.replace('<u>', '<u4>')}|(?P<n5>{COUNT}) {_UNIT.replace('<u>', '<u5>')} ago))\b",
    re.IGNORECASE,
)
_WEEK_NUMBER = re.compile(
    r"\b(?P<end>(?:end of|ende(?: der)?) )?(?:(?:calendar )?week|cw|wk|kw|kalenderwoche) ?(?P<w>\d{1,2})"
    r"(?:(?:[ /]|, )(?P<y>20\d{2}))?\b", re.IGNORECASE)  # fmt: skip
_END = re.compile(
    r"\b(?:(?:end of|by the end of) (?:the |(?P<next>next |the coming ))?(?:this )?(?P<u>week|month|year)"
    r"|ende (?:der |des |dieser |dieses |(?P<nd>nächster |kommender |nächsten |kommenden ))?(?P<ud>woche|monats|jahres)"
    r"|(?P<uc>wochen|monats|jahres)ende)\b",
    re.IGNORECASE,
)
_OF_MONTH = re.compile(
    r"\b(?:(?P<d>\d{1,2})(?:st|nd|rd|th)(?! (?:floor|time|attempt|version|century|quarter))(?P<next> of next month)?"
    r"|(?:am|zum|vom|ab dem|bis) (?P<dd>\d{1,2})\.(?![\d.]|\s?\d)"
    r"|(?P<first>first)(?P<of> of (?:the )?next month))",
    re.IGNORECASE,
)
_FEAST = re.compile(
    r"\b(?:(?P<easter_monday>easter monday|ostermontag)|(?P<good_friday>good friday|karfreitag)"
    r"|(?P<whit_monday>whit monday|pfingstmontag)|(?P<ascension>ascension day|christi himmelfahrt)"
    r"|(?P<new_years_eve>new year's eve|silvester)|(?P<new_year>new year's day|neujahr)"
    r"|(?P<christmas_eve>christmas eve|heiligabend))\b",
    re.IGNORECASE,
)
_MOVABLE = {"easter_monday": 1, "good_friday": -2, "whit_monday": 50, "ascension": 39}
_FIXED = {"new_years_eve": (12, 31), "new_year": (1, 1), "christmas_eve": (12, 24)}


def dates(text: str, today: date, locale: str) -> Iterator[Mention]:
    """The days that `text` names, each place once."""
    found: list[Mention] = []
    readers = (_absolute, _named, _feasts, _week_numbers, _from_now, _ends, _weekdays, _days)
    for reader in readers:
        for start, end, day in reader(text, today, locale):
            if not any(start < one.end and one.start < end for one in found):
                found.append(Mention("date", start, end, day=day))
    yield from found


_Found = Iterator[tuple[int, int, date]]


def _absolute(text: str, today: date, locale: str) -> _Found:
    for one in _ISO.finditer(text):
        if day := _day(int(one["y"]), int(one["m"]), int(one["d"])):
            yield *one.span(), day
    for one in _MARKED.finditer(text):
        if one["y1"]:
            day = _day(int(one["y1"]), int(one["m1"]), int(one["d1"]))
        elif one["sep"] != "/" and not one["y"] and not (one["open"] and locale.startswith("de")):
            # `3-4` and `3.4` are a range and a number, and `3.4.` a number at the end of a sentence but in German.
            continue
        else:
            first, second = int(one["a"]), int(one["b"])
            month_first = one["sep"] == "/" and locale.upper().endswith("-US") and first <= 12
            if second > 12:
                month_first = True
            month, of_month = (first, second) if month_first else (second, first)
            day = _day(int(one["y"]), month, of_month) if one["y"] else _nearest(today, month, of_month)
        if day is not None:
            yield *one.span(), day


def _named(text: str, today: date, locale: str) -> _Found:
    months, _ = _names()
    name = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
    pattern = re.compile(
        rf"\b(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\.? ?(?:of )?(?P<n>{name})\b(?:\.?,? (?P<y>\d{{4}})\b)?"
        rf"|(?P<n2>{name})\.? (?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:|[.,]\d|%)(?:,? (?P<y2>\d{{4}})\b)?)",
        re.IGNORECASE,
    )
    for one in pattern.finditer(text):
        month = months[(one["n"] or one["n2"]).casefold()]
        of_month, year = int(one["d"] or one["d2"]), one["y"] or one["y2"]
        day = _day(int(year), month, of_month) if year else _nearest(today, month, of_month)
        if day is not None:
            yield *one.span(), day
    for one in _OF_MONTH.finditer(text):
        first = today.replace(day=1) + relativedelta(months=1 if one["next"] or one["of"] else 0)
        of_month = 1 if one["first"] else int(one["d"] or one["dd"])
        # Of this month, or of the next that has such a day where it is past.
        for ahead in range(3):
            month = first + relativedelta(months=ahead)
            day = _day(month.year, month.month, of_month)
            if day is not None and day >= today:
                yield *one.span(), day
                break


def _feasts(text: str, today: date, locale: str) -> _Found:
    for one in _FEAST.finditer(text):
        said = next(key for key, value in one.groupdict().items() if value)
        for year in (today.year, today.year + 1):
            day = easter(year) + timedelta(days=_MOVABLE[said]) if said in _MOVABLE else date(year, *_FIXED[said])
            if day >= today:
                yield *one.span(), day
                break


def _week_numbers(text: str, today: date, locale: str) -> _Found:
    for one in _WEEK_NUMBER.finditer(text):
        try:
            monday = date.fromisocalendar(int(one["y"] or today.year), int(one["w"]), 1)
        except ValueError:
            continue
        if not one["y"] and monday < today - timedelta(weeks=8):
            monday = date.fromisocalendar(today.year + 1, int(one["w"]), 1)
        yield *one.span(), monday + timedelta(days=4 if one["end"] else 0)


def _from_now(text: str, today: date, locale: str) -> _Found:
    for one in _FROM_NOW.finditer(text):
        said = next(one[name] for name in ("n", "n2", "n3", "n4", "n5") if one[name])
        unit = next(one[name] for name in ("u", "u2", "u3", "u4", "u5") if one[name]).casefold()
        count = count_of(said)
        if count is None or count != int(count) or count > 500:
            continue
        steps = int(count) * (-1 if one["n4"] or one["n5"] else 1)
        if unit.startswith(("working", "business", "arbeits", "werk")):
            day = today
            for _ in range(abs(steps)):
                day += timedelta(days=1 if steps > 0 else -1)
                while day.isoweekday() > 5:
                    day += timedelta(days=1 if steps > 0 else -1)
        elif "mon" in unit:
            day = today + relativedelta(months=steps)
        else:
            days = 14 if unit == "fortnight" else 7 if unit.startswith(("wo", "week")) else 1
            day = today + timedelta(days=steps * days)
        yield *one.span(), day


def _ends(text: str, today: date, locale: str) -> _Found:
    for one in _END.finditer(text):
        ahead = 1 if one["next"] or one["nd"] else 0
        unit = (one["u"] or one["ud"] or one["uc"]).casefold()
        if unit.startswith("w"):
            yield *one.span(), today + relativedelta(weeks=ahead, weekday=MO(-1)) + timedelta(days=4)
        elif unit.startswith("m"):
            yield *one.span(), today + relativedelta(months=ahead, day=31)
        else:
            yield *one.span(), date(today.year + ahead, 12, 31)
    months, _ = _names()
    name = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
    pattern = rf"\b(?:end of|ende)(?: (?P<n>{name})\b| (?:the )?Q(?P<q>[1-4]))(?: (?P<y>20\d\d))?"
    for one in re.finditer(pattern, text, re.IGNORECASE):
        month = 3 * int(one["q"]) if one["q"] else months[one["n"].casefold()]
        last = date(int(one["y"] or today.year), month, 1) + relativedelta(day=31)
        yield *one.span(), last if one["y"] or last >= today else last + relativedelta(years=1, day=31)


def _weekdays(text: str, today: date, locale: str) -> _Found:
    _, days = _names()
    name = "|".join(sorted(map(re.escape, days), key=len, reverse=True))
    week = re.compile(
        rf"\b(?P<d>{name})(?: of)? (?P<w>next week|after next|week after next|nächster woche|nächste woche|in a week)\b"
        rf"|\b(?P<next>next|nächste[nrs]?) (?P<d2>{name})\b|\ba week (?:on|from) (?P<d3>{name})\b"
        rf"|\b(?P<last>last|letzte[nrs]?|vergangene[nrs]?|past) (?P<d5>{name})\b"
        rf"|\b(?P<d4>{name})\b",
        re.IGNORECASE,
    )
    for one in week.finditer(text):
        said = next(one[key] for key in ("d", "d2", "d3", "d4", "d5") if one[key])
        number = days[said.casefold()]
        coming = today + relativedelta(days=1, weekday=weekday(number))
        if one["last"]:
            day = today - timedelta(days=1) + relativedelta(weekday=weekday(number)(-1))
        elif one["d3"]:
            day = coming + timedelta(weeks=1)
        elif one["next"] or one["w"]:
            monday = today + relativedelta(weekday=MO(-1))
            later = 2 if one["w"] and "after" in one["w"].casefold() else 1
            day = monday + timedelta(weeks=later, days=number)
        else:
            day = coming
        yield *one.span(), day


def _days(text: str, today: date, locale: str) -> _Found:
    for one in _TODAY_PATTERN.finditer(text):
        said = "übermorgen" if one["over"] else (one["w"] or one["m"]).casefold()
        yield *one.span(), today + timedelta(days=_TODAY[said])


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, int], dict[str, int]]:
    """Names of months and weekdays, casefolded, in the forms that CLDR knows, in both languages."""
    from babel.dates import get_day_names, get_month_names

    months: dict[str, int] = {"sept": 9}
    days: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                months |= {_plain(name): int(n) for n, name in get_month_names(width, context, language).items()}
        days |= {_plain(name): int(n) for n, name in get_day_names("wide", "format", language).items()}
    return months, days


def _plain(name: str) -> str:
    return name.casefold().rstrip(".")


def _day(year: int, month: int, of_month: int) -> date | None:
    try:
        return date(year + 2000 if year < 100 else year, month, of_month)
    except ValueError:
        return None


def _nearest(today: date, month: int, of_month: int) -> date | None:
    """A day without a year: this year's, or the next's where this year's lies more than half a year back."""
    day = _day(today.year, month, of_month)
    return _day(today.year + 1, month, of_month) if day and day < today - timedelta(days=183) else day


__all__ = ["dates"]
