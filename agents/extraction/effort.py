"""Effort: how much work a text states, in minutes; a person-day has eight hours, a week five days."""

import re
from collections.abc import Iterator

from agents.extraction.mention import Mention
from agents.extraction.numbers import COUNT, count_of

_UNITS = {"hour": 60, "stunde": 60, "day": 480, "tag": 480, "week": 2_400, "woche": 2_400, "fortnight": 4_800}
_PERSON = r"(?:person|man|work(?:ing)?|developer|consultant|consulting)[ -]?"
_UNIT = (
    rf"(?P<p>{_PERSON}(?:days?|weeks?|hours?)|personentage?n?|manntage?n?|arbeitstage?n?|beratertage?n?|PTs?\b|PD\b)"
    r"|(?:more |weitere |full |whole |volle )?"
    r"(?P<d>fortnights?|hours?|hrs?|days?|weeks?|stunden?|std\.?|tage?n?|wochen?|h\b)"
)
_STATED = re.compile(
    rf"(?<![\w.,])(?:(?P<low>{COUNT}) ?(?:-|–|to|bis) ?)?(?P<n>{COUNT})[ -]?(?:{_UNIT})", re.IGNORECASE
)
_CUE = re.compile(
    r"\b(?:effort|work|part|job|in all|total|insgesamt|gesamt\w*|zusammen|more|weitere|fürs|konzept"
    r"|worth|estimat\w+|takes?|took|plenty|enough|need(?:s|ed)?|spend|spent|budget\w*|booked|develop\w*"
    r"|\w*aufwand\w*|(?:mehr|zusatz|entwicklungs)?arbeit\w*|(?:ge|ein|ab)?schätz\w+|dauer\w*|brauch\w*|benötig\w*"
    r"|genüg\w*|reich\w*|kalkulier\w*|veranschlag\w*)\b",
    re.IGNORECASE,
)
_NO_EFFORT = re.compile(
    r"\b(?:in|within|by|after|before|last|past|next|every|another|innerhalb(?: von)?|binnen|seit|vor|nach|alle|um|since"
    r"|until|bis|than|first|of|old|over|under)\s+(?:about |the |etwa |rund |den |ca\. )?\Z",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"\s*(?:ago|late|later|earlier|early|notice"
    r"|overdue|before|after|old|from now|in advance|net\b|from today|a (?:week|month)"
    r"|per|zu spät|später|früher|vorher|nachher|alt\b|lang\b|zahlungsziel|in der|im monat|nach\b|vor\b)",
    re.IGNORECASE,
)
_WORKERS = re.compile(
    rf"(?P<n>{COUNT}) (?:\w+ )?(?:\w*(?:ers?|sts?|leute|mann|people|persons?|personen|consultants?|juniors|seniors))"
    r"(?: each)?(?:,| for| für| je)\s*\Z",
    re.IGNORECASE,
)
_NEAR = 60
_SPAN = 2
_MOST_HEADS = 50
_MOST = 2_000 * 60 * 10


def effort(text: str) -> Iterator[Mention]:
    """The effort stated, at most one: in person-days first, then what the words around call work, then any span.

    A number of people for a span of time counts as often as there are people.
    """
    found = list(_ranked(text))
    if found:
        yield min(found, key=lambda pair: pair[0])[1]


def called_effort(text: str) -> list[Mention]:
    """Every piece that is effort by its own words or by those around it, and not just some span of time."""
    return [mention for rank, mention in _ranked(text) if rank < _SPAN]


def _ranked(text: str) -> Iterator[tuple[int, Mention]]:
    """Pieces that may be effort, and how sure that is, 0 the surest."""
    for one in _STATED.finditer(text):
        minutes = _minutes(one)
        if minutes is None or (
            not one["p"] and (_NO_EFFORT.search(text[: one.start()]) or _AFTERWARDS.match(text[one.end() :]))
        ):
            continue
        workers = _WORKERS.search(text[: one.start()])
        heads = count_of(workers["n"]) if workers else None
        whole = heads is not None and heads == int(heads) and heads <= _MOST_HEADS
        rank = 0 if one["p"] else 1 if whole or _called_work(text, one) else _SPAN
        yield rank, Mention("effort", *one.span(), minutes=minutes * int(heads or 1) if whole else minutes)


def _minutes(one: "re.Match[str]") -> int | None:
    count = count_of(one["n"])
    unit = (one["p"] or one["d"]).casefold()
    if count is None:
        return None
    each = next((minutes for name, minutes in _UNITS.items() if name in unit), None)
    if each is None:
        each = 60 if unit.startswith(("h", "std")) else 480
    minutes = count * each
    return int(minutes) if 0 < minutes <= _MOST and minutes == int(minutes) else None


def _called_work(text: str, one: "re.Match[str]") -> bool:
    start, end = max(0, one.start() - _NEAR), one.end() + _NEAR
    before = re.split(r"[.!?\n]\s", text[start : one.start()])[-1]
    after = re.split(r"[.!?\n]", text[one.end() : end])[0]
    return _CUE.search(before) is not None or _CUE.search(after) is not None
