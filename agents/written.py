"""Written: what a text says that can be true or false of somebody's records, read out of English and German prose.

Values are found by pattern and read in every way that a reader might: `5.000` is five thousand in one language and five
in the other. Each kind takes its own pieces out of the text, so that no digit is read twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agents.wording import exponent_of

Kind = Literal["link", "address", "account", "date", "money", "hours", "number", "promise", "deadline", "disguise"]

_MONTHS = (
    ("january", "januar"), ("february", "februar"), ("march", "märz"), ("april",), ("may", "mai"), ("june", "juni"),
    ("july", "juli"), ("august",), ("september",), ("october", "oktober"), ("november",), ("december", "dezember"),
)  # fmt: skip
_SHORT = {"jan": 1, "feb": 2, "mar": 3, "mär": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
          "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12}  # fmt: skip
_MONTH_OF = {name: place for place, names in enumerate(_MONTHS, 1) for name in names} | _SHORT
_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))

_LINK = re.compile(r"\b(?:https?://|www\.)\S+|\b(?:[a-z0-9-]+\.)+[a-z]{2,24}/\S*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\."
                   r"(?:com|net|org|io|de|eu|info|biz|example|test|invalid|co|uk|ch|at|app|dev|xyz|ru|cn)\b",
                   re.IGNORECASE)  # fmt: skip
_ADDRESS = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+\.\w+")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){2,8}\b|\+\d[\d ()/-]{6,18}\d")
_DATES = (
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"),
    re.compile(r"\b(?P<d>\d{1,2})(?P<sep>[./])\s?(?P<m>\d{1,2})(?P=sep)\s?(?P<y>\d{4}|\d{2})\b"),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?(?P<n>{_MONTH})\b\.?(?:,? (?P<y>\d{{4}})\b)?", re.I),
    re.compile(rf"\b(?P<n>{_MONTH})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y>\d{{4}})\b)?", re.IGNORECASE),
    re.compile(rf"\b(?P<n>{_MONTH})\.? (?P<y>\d{{4}})\b", re.IGNORECASE),
)
_UNITS = r"euros?|eur|dollars?|pounds?|francs?|franken|pfund|cents?"
_AMOUNT = r"\d+(?:[.,']\d+| \d{3}(?!\d))*"
_MONEY = re.compile(
    rf"(?P<before>\b[A-Z]{{3}} ?|[€$£¥] ?)-?(?P<one>{_AMOUNT})"
    rf"|(?P<two>{_AMOUNT})(?:,-)? ?(?P<after>[€$£¥]|[A-Z]{{3}}\b|(?i:{_UNITS})\b)"
)
_HOURS = re.compile(r"\d+(?:[.,]\d+)* ?(?:h|hrs?|hours?|Std\.?|Stunden?)\b")
_NUMBER = re.compile(r"\d(?:[\d,.]*\d)?")
_CURRENCY = {
    "€": "EUR", "$": "USD", "£": "GBP", "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD",
    "pound": "GBP", "pounds": "GBP", "pfund": "GBP", "franc": "CHF", "francs": "CHF", "franken": "CHF",
}  # fmt: skip

_PROMISE = re.compile(
    r"\b(?:we(?:'ll| will| shall| are going to)|you(?:'ll| will) (?:get|receive|have)|guarantee\w*|promise\w*"
    r"|assure\w*|commit(?:ment|ted|s)?|free of charge|(?:at )?no (?:extra |additional )?(?:cost|charge)"
    r"|for free|complimentary|refund\w*|reimburs\w*|compensat\w*|credit note|discount\w*|waive\w*|write off"
    r"|our (?:fault|mistake|error)|we (?:accept|admit|agree|approve)\w*|liab(?:le|ility)|penalt(?:y|ies)"
    r"|(?:has|have|is|was|are) (?:been )?(?:approved|authori[sz]ed|agreed|confirmed)"
    r"|wir werden|wir garantier\w*|garantier\w*|garantie|versprech\w*|versprochen|zusicher\w*|zugesichert|zusage\w*"
    r"|kostenlos\w*|kostenfrei\w*|gratis|unentgeltlich\w*|ohne (?:aufpreis|mehrkosten|berechnung)|auf kulanz|kulanz\w*"
    r"|erstatt\w*|rückerstatt\w*|gutschrift\w*|gutschreib\w*|rabatt\w*|nachlass|verzichten|entschädig\w*"
    r"|schadens?ersatz|unser (?:fehler|verschulden)|haft(?:en|ung)|vertragsstrafe\w*|genehmigt|freigegeben"
    r"|bewilligt)\b",
    re.IGNORECASE,
)  # fmt: skip
_COUNT = (
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|eine[mnrs]?|zwei|drei|vier|fünf|sechs|sieben"
    r"|acht|neun|zehn|zwölf)"
)
_DEADLINE = re.compile(
    r"\b(?:by |on |next |this |until |before |bis |am |(?:kommende|nächste)[nrs]? )?"
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)\b"
    r"|\b(?:today|tonight|tomorrow|immediately|at once|right away|without delay|heute|morgen|übermorgen|sofort"
    r"|umgehend|unverzüglich)\b"
    r"|\b(?:next|this|nächste[nrs]?|kommende[nrs]?|diese[nrs]?) (?:week|month|quarter|year|woche|monat|quartal|jahr)\b"
    r"|\bend of (?:the )?(?:day|week|month|quarter|year)\b|\b(?:ende|zum ende) (?:der|des) \w+\b"
    rf"|\b(?:within|in|innerhalb von|binnen) {_COUNT} (?:(?:working|business|calendar) )?"
    r"(?:minutes?|hours?|days?|weeks?|months?|minuten?|stunden?|(?:werk|arbeits)?tag(?:en?)?|wochen?|monat(?:en?)?)\b",
    re.IGNORECASE,
)
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1_000, "million": 1_000_000, "dozen": 12, "zwei": 2,
    "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12,
    "zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80,
    "neunzig": 90, "hundert": 100, "tausend": 1_000,
}  # fmt: skip
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_MIXED = re.compile(r"\w*(?:[A-Za-z]\w*[\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff]\w*[A-Za-z])\w*")


@dataclass(frozen=True)
class Written:
    """One piece of a text and all that it may mean: days (a part may be open), minor units, minutes, whole numbers.

    `days`: (year, month, day), None for what is not said. `currency`: ISO code, None where no known one is said.
    """

    kind: Kind
    text: str
    days: frozenset[tuple[int | None, int | None, int | None]] = frozenset()
    numbers: frozenset[int] = frozenset()
    currency: str | None = None

    def is_day(self, known: date) -> bool:
        parts = (known.year, known.month, known.day)
        return any(all(said in (None, part) for said, part in zip(day, parts, strict=True)) for day in self.days)


def written(text: str) -> Iterator[Written]:
    """The pieces of `text`, kind by kind, each kind in the order of the text."""
    yield from (Written("address", one.group()) for one in _ADDRESS.finditer(text))
    text = _ADDRESS.sub(" ", text)
    yield from (Written("link", one.group()) for one in _LINK.finditer(text))
    text = _LINK.sub(" ", text)
    yield from (Written("account", one.group()) for one in _ACCOUNT.finditer(text))
    text = _ACCOUNT.sub(" ", text)
    for pattern in _DATES:
        yield from (Written("date", one.group(), days=_days(one)) for one in pattern.finditer(text))
        text = pattern.sub(" ", text)
    yield from (Written("deadline", one.group()) for one in _DEADLINE.finditer(text))
    text = _DEADLINE.sub(" ", text)
    yield from (_money(one) for one in _MONEY.finditer(text))
    text = _MONEY.sub(" ", text)
    yield from (Written("hours", one.group(), numbers=_minutes(one.group())) for one in _HOURS.finditer(text))
    text = _HOURS.sub(" ", text)
    for one in _NUMBER.finditer(text):
        whole = {int(digits) for digits, rest in _readings(one.group()) if not rest.strip("0")}
        yield Written("number", one.group(), numbers=frozenset(whole))
    yield from (
        Written("number", one.group(), numbers=frozenset({_WORDS[one.group().casefold()]}))
        for one in _WORD.finditer(text)
    )
    yield from (Written("promise", one.group()) for one in _PROMISE.finditer(text))
    yield from (Written("disguise", one.group()) for one in _MIXED.finditer(text))


def _days(found: "re.Match[str]") -> frozenset[tuple[int | None, int | None, int | None]]:
    parts = found.groupdict()
    month = int(parts["m"]) if parts.get("m") else _MONTH_OF[parts["n"].casefold()]
    day = int(parts["d"]) if parts.get("d") else None
    year = int(parts["y"]) if parts.get("y") else None
    if year is not None and year < 100:
        year += 2000
    days = {(year, month, day)}
    if parts.get("sep") == "/" and day is not None:
        days.add((year, day, month))  # 3/4/2026 is read both ways
    return frozenset(days)


def _money(found: "re.Match[str]") -> Written:
    digits = found["one"] or found["two"]
    unit = (found["before"] or found["after"]).strip()
    currency = _CURRENCY.get(unit.casefold(), unit if re.fullmatch("[A-Z]{3}", unit) else None)
    exponent = 0 if unit == "¥" else exponent_of(currency or "EUR")
    amounts = {int(whole + rest.ljust(exponent, "0")) for whole, rest in _readings(digits) if len(rest) <= exponent}
    return Written("money", found.group(), numbers=frozenset(amounts), currency=currency)


def _minutes(piece: str) -> frozenset[int]:
    # To the nearest minute: hours are written with two decimals, a third of one as 0.33.
    found = set()
    for whole, rest in _readings(piece):
        scale = 10 ** len(rest)
        found.add((int(whole + rest) * 120 + scale) // (2 * scale))
    return frozenset(found)


def _readings(piece: str) -> list[tuple[str, str]]:
    """Digits before and after the decimal mark, in every way that the marks allow."""
    digits = "".join(str(int(char)) if char.isdecimal() else char for char in piece)
    kept = re.sub(r"[^\d.,]", "", digits).strip(".,")
    plain = re.sub(r"[.,]", "", kept) or "0"
    if not re.search(r"[.,]", kept):
        return [(plain, "")]
    whole, mark, rest = re.split(r"([.,])(?=[^.,]*$)", kept)[:3]
    other = {".": ",", ",": "."}[mark]
    grouped = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", kept) is not None and other not in kept
    decimal = mark not in whole
    readings = [(plain, "")] if grouped else []
    return readings + ([(re.sub(r"[.,]", "", whole) or "0", rest)] if decimal else [])


__all__ = ["Kind", "Written", "written"]
