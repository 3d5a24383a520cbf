"""Written: what a text says that can be true or false of somebody's records, read out of English and German prose.

Values are found by pattern and read in every way that a reader might: `5.000` is five thousand in one language and five
in the other. Numbers in words are read as figures first. Each kind takes its own pieces out of the text, so that no
digit is read twice.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tools.currency import CALLED, exponent_of

Kind = Literal[
    "link", "address", "account", "date", "time", "deadline", "money", "hours", "days", "percent", "number", "promise",
    "disguise",
]  # fmt: skip
Day = tuple[int | None, int | None, int | None]

_MONTHS = (
    ("january", "januar"), ("february", "februar"), ("march", "märz"), ("april",), ("may", "mai"), ("june", "juni"),
    ("july", "juli"), ("august",), ("september",), ("october", "oktober"), ("november",), ("december", "dezember"),
)  # fmt: skip
_SHORT = {"jan": 1, "feb": 2, "mar": 3, "mär": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
          "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12}  # fmt: skip
_MONTH_OF = {name: place for place, names in enumerate(_MONTHS, 1) for name in names} | _SHORT
_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_NAMED = "|".join(name.title() for names in _MONTHS for name in names if name != "may")
_WEEKDAYS = (
    ("monday", "montag"), ("tuesday", "dienstag"), ("wednesday", "mittwoch"), ("thursday", "donnerstag"),
    ("friday", "freitag"), ("saturday", "samstag", "sonnabend"), ("sunday", "sonntag"),
)  # fmt: skip
_WEEKDAY_OF = {name: place for place, names in enumerate(_WEEKDAYS) for name in names}
_WEEKDAY = "|".join(_WEEKDAY_OF)

_LINK = re.compile(r"\b(?:https?://|www\.)\S+|\b(?:[a-z0-9-]+\.)+[a-z]{2,24}/\S*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\."
                   r"(?:com|net|org|io|de|eu|info|biz|example|test|invalid|co|uk|ch|at|app|dev|xyz|ru|cn|shop|online"
                   r"|site|top|link|page|cloud)\b", re.IGNORECASE)  # fmt: skip
_ADDRESS = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+\.\w+")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){2,8}\b|\+\d[\d ()/-]{6,18}\d")
_ON = rf"\b(?:(?P<w>{_WEEKDAY})\b,? (?:the |den |dem )?)?"
_NTH = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?\.?"
_NO_PRICE = r"(?<![€$£¥.,\d])(?<![€$£¥] )(?<!(?-i:[A-Z]{3}))(?<!(?-i:[A-Z]{3}) )"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_ON}(?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}})\b",
        rf"{_ON}(?P<d>\d{{1,2}})(?P<sep>[./-])\s?(?P<m>\d{{1,2}})(?P=sep)\s?(?P<y>\d{{4}}|\d{{2}})\b",
        rf"{_ON}{_NO_PRICE}(?P<d>[12]?\d|3[01])\.\s?(?P<m>0?[1-9]|1[0-2])\.(?!\d)",
        rf"{_ON}{_NTH} ?[-–] ?(?P<e>\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?(?P<n>{_MONTH})\b\.?(?:,? (?P<y>\d{{4}})\b)?",
        rf"{_ON}{_NTH} (?:of )?(?P<n>{_MONTH})\b\.?(?:,? (?P<y>\d{{4}})\b)?",
        rf"{_ON}(?P<n>{_MONTH})\.? {_NTH}(?!\w)(?:,? (?P<y>\d{{4}})\b)?",
        rf"\b(?P<n>{_MONTH})\.? (?P<y>\d{{4}})\b",
    )
)
_MONTHS_ALONE = (
    re.compile(
        rf"\b(?:in|of|by|until|since|for|early|late|mid|im|ende|anfang|mitte)[ -](?P<n>{_MONTH})\b", re.IGNORECASE
    ),
    re.compile(rf"\b(?P<n>{_NAMED})\b"),
)
_YEAR = re.compile(r"\b(?P<y>(?:19|20)\d\d)\b(?![.,]\d)")
_TIME = re.compile(
    r"\b\d{1,2}:\d{2}(?: ?(?:[ap]\.?m\b\.?|uhr\b|h\b))?|\b\d{1,2} ?(?:[ap]m\b|[ap]\.m\.|uhr\b|o['’]clock\b)", re.I
)
_UNITS = r"euros?|eur|dollars?|pounds?|francs?|franken|pfund|cents?"
_SCALES = {"k": 3, "tsd": 3, "thousand": 3, "tausend": 3, "grand": 3, "m": 6, "mn": 6, "mio": 6, "million": 6,
           "millions": 6, "millionen": 6, "bn": 9, "mrd": 9, "billion": 9, "billions": 9, "milliarden": 9}  # fmt: skip
_SCALE = rf"(?i: ?(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})\b\.?)"
_AMOUNT = r"\d+(?:[.,'’]\d+| \d{3}(?!\d))*"
_PER = r"(?P<per> ?(?:/ ?|(?:an?|per|each|every|pro|je) )[^\W\d_]+)?"
_MONEY = re.compile(
    rf"(?P<before>\b[A-Z]{{3}} ?|[€$£¥₹₽₺₩₪₴] ?)-?(?P<one>{_AMOUNT})(?P<scale1>{_SCALE})?{_PER}"
    rf"|(?P<two>{_AMOUNT})(?:,-)?(?P<scale2>{_SCALE})? ?(?P<after>[€$£¥₹₽₺₩₪₴]|[A-Z]{{3}}\b|(?i:{_UNITS})\b)"
    + _PER.replace("?P<per>", "?P<per2>")
)
_HOURS = re.compile(r"\d+(?:[.,]\d+)* ?(?:h|hrs?|hours?|Std\.?|Stunden?)\b")
_DAYS = re.compile(r"\d+(?:[.,]\d+)?[ -](?:calendar )?(?:days?|Tagen?|Tage)\b", re.IGNORECASE)
_PERCENT = re.compile(r"\d+(?:[.,]\d+)* ?(?:%|percent\b|per cent\b|pct\b|prozent\b)", re.IGNORECASE)
_NUMBER = re.compile(rf"(?P<one>\d(?:[\d,.]*\d)?)(?P<scale1>{_SCALE})?")

_PROMISE = re.compile(
    r"\b(?:we(?:'ll| will| shall| are going to|'re going to| can| could| intend to| plan to| undertake| have decided"
    r"| decided| allow| let| give| offer| cover| take)|(?:i|our \w+)(?:'ll| will| shall)"
    r"|you(?:'ll| will| shall| can| may| need not| do not have to| don't have to| won't| are entitled)"
    r"|guarantee\w*|promise\w*|assure\w*|commit(?:ment|ted|s)?|free of charge|(?:at )?no (?:extra |additional )?"
    r"(?:cost|charge)|for free|complimentary|refund\w*|reimburs\w*|compensat\w*|credit note|discount\w*|waive\w*"
    r"|write off|our (?:fault|mistake|error)|we (?:accept|admit|agree|approve|confirm|grant|owe)\w*|liab(?:le|ility)"
    r"|penalt(?:y|ies)|on us|apolog\w*|(?:has|have|is|was|are|were) (?:been )?"
    r"(?:approved|authori[sz]ed|agreed|confirmed|granted|accepted|rejected|refused|cancelled|ordered|void|done|fixed)"
    r"|will be \w+|wir (?:werden|garantier\w*|übernehmen|sichern|können|haben beschlossen|geben|bieten)"
    r"|garantier\w*|garantie|versprech\w*|versprochen|zusicher\w*|zugesichert|zusage\w*|sie (?:können|dürfen)"
    r"|kostenlos\w*|kostenfrei\w*|gratis|unentgeltlich\w*|ohne (?:aufpreis|mehrkosten|berechnung)|auf kulanz|kulanz\w*"
    r"|erstatt\w*|rückerstatt\w*|gutschrift\w*|gutschreib\w*|rabatt\w*|nachlass|verzichten|entschädig\w*"
    r"|entschuldig\w*|leid|schadens?ersatz|unser (?:fehler|verschulden)|haft(?:en|ung)|vertragsstrafe\w*|genehmigt"
    r"|freigegeben|bewilligt|bestätigt|storniert)\b",
    re.IGNORECASE,
)  # fmt: skip
_COUNT = r"(?:\d+|an?|eine[mnrs]?|one|a few|the (?:next|coming|following)|ein paar|den (?:nächsten|kommenden))"
_DEADLINE = re.compile(
    rf"\b(?:by |on |next |this |until |before |bis |am |(?:kommende|nächste)[nrs]? )?(?:{_WEEKDAY})\b"
    r"|\b(?:today|tonight|tomorrow|immediately|at once|right away|without delay|heute|morgen|übermorgen|sofort"
    r"|umgehend|unverzüglich|shortly|soon|in kürze|demnächst|asap|as soon as \w+)\b"
    r"|\b(?:next|this|nächste[nrs]?|kommende[nrs]?|diese[nrs]?) (?:week|month|quarter|year|woche|monat|quartal|jahr)\b"
    r"|\bend of (?:the )?(?:day|week|month|quarter|year)\b|\b(?:ende|zum ende) (?:der|des) \w+\b"
    rf"|\b(?:within|in|innerhalb von|binnen) {_COUNT} (?:(?:working|business|calendar|coming|next) )?"
    r"(?:minutes?|hours?|days?|weeks?|months?|minuten?|stunden?|(?:werk|arbeits)?tag(?:en?)?|wochen?|monat(?:en?)?)\b",
    re.IGNORECASE,
)
_MIXED = re.compile(r"\w*(?:[A-Za-z]\w*[\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff]\w*[A-Za-z])\w*")
_DIGIT = re.compile(r"\d")
# Words with a number in them, perhaps: only where one stands is the text read by the library, which costs most of it.
_HINTS = {
    "en": re.compile(r"two|three|four|five|six|seven|eight|nine|\bten\b|eleven|twelve|teen|[nrfx]t(?:y|ie)\b|hundred"
                     r"|thousand|[mb]illion|zero|first|second|third|(?:fif|six|seven|eigh|nin|ten|elev|twelf)\w*th\b",
                     re.IGNORECASE),
    "de": re.compile(r"zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|\belf|zwölf|zwan|ßig|hundert|tausend|million"
                     r"|milliard|\bnull\b|\berste|dritte", re.IGNORECASE),
}  # fmt: skip
_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")


@dataclass(frozen=True)
class Written:
    """One piece of a text and all that it may mean: days (a part may be open), minor units, minutes, whole numbers.

    `at` is where in the text it stands, `text` its own words there, `read` the same with figures for numbers in words.
    `days`: (year, month, day), None for what is not said. `currency`: ISO code, None where no known one is said. `per`:
    what an amount is for one of. Of a percentage `numbers` are hundredths of a percent; of hours they are minutes.
    """

    kind: Kind
    text: str
    read: str
    at: tuple[int, int]
    days: frozenset[Day] = frozenset()
    weekday: int | None = None
    numbers: frozenset[int] = frozenset()
    currency: str | None = None
    per: str | None = None

    @property
    def in_words(self) -> bool:
        return not any(char.isdigit() for char in self.text)

    def is_day(self, known: date) -> bool:
        parts = (known.year, known.month, known.day)
        return self.weekday in (None, known.weekday()) and any(
            all(said in (None, part) for said, part in zip(day, parts, strict=True)) for day in self.days
        )


def written(text: str) -> Iterator[Written]:
    """The pieces of `text`, kind by kind, each kind in the order of the text."""
    page = _Page(text)
    for kind, pattern in (("address", _ADDRESS), ("link", _LINK)):
        yield from (page.piece(kind, found) for found in page.taken(pattern))  # type: ignore[arg-type]
    yield from (page.piece("account", found) for found in page.figures(_ACCOUNT))
    for pattern in _DATES:
        yield from (one for found in page.figures(pattern) for one in page.dated(found))
    for pattern in _MONTHS_ALONE:
        yield from (one for found in page.taken(pattern) for one in page.dated(found))
    yield from (page.piece("time", found) for found in page.figures(_TIME))
    yield from (page.counted("deadline", found, 1) for found in page.taken(_DEADLINE))
    yield from (page.money(found) for found in page.figures(_MONEY))
    yield from (page.counted("percent", found, 100) for found in page.figures(_PERCENT))
    yield from (page.counted("hours", found, 60) for found in page.figures(_HOURS))
    yield from (page.counted("days", found, 1) for found in page.figures(_DAYS))
    yield from (one for found in page.figures(_YEAR) for one in page.dated(found))
    yield from (page.number(found) for found in page.figures(_NUMBER))
    yield from (page.piece("promise", found) for found in page.found(_PROMISE))
    yield from (page.piece("disguise", found) for found in page.found(_MIXED))


class _Page:
    """A text with figures for its numbers in words, of which pieces are taken; each keeps its place in the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read, self._moved = _in_figures(text)
        self._starts = [new for new, _ in self._moved]
        self._left = self._read

    def found(self, pattern: re.Pattern[str]) -> Iterator["re.Match[str]"]:
        return pattern.finditer(self._left)

    def taken(self, pattern: re.Pattern[str]) -> list["re.Match[str]"]:
        found = list(pattern.finditer(self._left))
        for one in reversed(found):
            self._left = self._left[: one.start()] + " " * len(one.group()) + self._left[one.end() :]
        return found

    def figures(self, pattern: re.Pattern[str]) -> list["re.Match[str]"]:
        """What is taken by a pattern that needs a digit: nothing where none is left."""
        return self.taken(pattern) if _DIGIT.search(self._left) else []

    def piece(
        self, kind: Kind, found: "re.Match[str]", *, days: frozenset[Day] = frozenset(), weekday: int | None = None,
        numbers: frozenset[int] = frozenset(), currency: str | None = None, per: str | None = None,
    ) -> Written:  # fmt: skip
        start, end = self._place(found.start()), self._place(found.end())
        read = self._read[found.start() : found.end()]
        return Written(kind, self._text[start:end], read, (start, end), days, weekday, numbers, currency, per)

    def dated(self, found: "re.Match[str]") -> Iterator[Written]:
        """The day; of `1–28 February` both."""
        parts = found.groupdict()
        weekday = _WEEKDAY_OF[parts["w"].casefold()] if parts.get("w") else None
        yield self.piece("date", found, days=_days(parts), weekday=weekday)
        if parts.get("e"):
            yield self.piece("date", found, days=_days(parts | {"d": parts["e"]}))

    def money(self, found: "re.Match[str]") -> Written:
        unit = (found["before"] or found["after"]).strip()
        currency = CALLED.get(unit.casefold(), unit if re.fullmatch("[A-Z]{3}", unit) else None)
        exponent = 0 if unit == "¥" else exponent_of(currency or "EUR")
        scale = _scale(found["scale1"] or found["scale2"])
        amounts = _whole(found["one"] or found["two"], scale + exponent)
        per = re.split(r"[ /]", (found["per"] or found["per2"] or "").casefold())[-1] or None
        return self.piece("money", found, numbers=amounts, currency=currency, per=per)

    def counted(self, kind: Kind, found: "re.Match[str]", of_one: int) -> Written:
        # To the nearest: hours are written with two decimals, a third of one as 0.33.
        numbers = set()
        for whole, rest in _readings(found.group()):
            scale = 10 ** len(rest)
            numbers.add((int(whole + rest) * 2 * of_one + scale) // (2 * scale))
        return self.piece(kind, found, numbers=frozenset(numbers))

    def number(self, found: "re.Match[str]") -> Written:
        return self.piece("number", found, numbers=_whole(found["one"], _scale(found["scale1"])))

    def _place(self, at: int) -> int:
        """Where in the text the character stands that is `at` in what was read."""
        index = bisect_right(self._starts, at) - 1
        return at + self._moved[index][1] if index >= 0 else at


class _Token:
    """What the library that reads number words is given: one word, space or mark of the text."""

    __slots__ = ("_apart", "_word")

    def __init__(self, word: str, *, apart: bool) -> None:
        self._word, self._apart = word, apart

    def text(self) -> str:
        return self._word

    def nt_separated(self, previous: "_Token") -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return self._apart


def in_figures(text: str) -> str:
    """The text with figures for its numbers in words, English or German."""
    return _in_figures(text)[0]


def _in_figures(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with figures for number words but `one`; and from where on in it places are shifted by how much."""
    languages = [language for language, hint in _HINTS.items() if hint.search(text)]
    if not languages:
        return text, []
    # Imported here: only what is read needs it.
    from text_to_num import find_numbers

    spans = [found.span() for found in _TOKEN.finditer(text)]
    words = [text[start:end] for start, end in spans]
    # "1.5 million" is one number, of which the library would read the word alone; "o" is no zero.
    tokens = [
        _Token(
            word, apart=len(word) == 1 or (word.casefold() in _SCALES and place > 1 and words[place - 2].isdecimal())
        )
        for place, word in enumerate(words)
    ]
    said: dict[int, tuple[int, str]] = {}
    taken: set[int] = set()
    for language in languages:
        for one in find_numbers(tokens, language, threshold=0):
            if (one.value != 1 or one.is_ordinal) and taken.isdisjoint(range(one.start, one.end)):
                taken.update(range(one.start, one.end))
                said[one.start] = (one.end, one.text)
    if not said:
        return text, []
    parts: list[str] = []
    moved: list[tuple[int, int]] = []
    done = length = 0
    for start, (end, figures) in sorted(said.items()):
        first, last = spans[start][0], spans[end - 1][1]
        parts += [text[done:first], figures]
        length += first - done
        moved.append((length, first - length))
        length += len(figures)
        moved.append((length, last - length))
        done = last
    return "".join([*parts, text[done:]]), moved


def _days(parts: dict[str, str | None]) -> frozenset[Day]:
    month = int(parts["m"] or 0) if parts.get("m") else _MONTH_OF[name.casefold()] if (name := parts.get("n")) else None
    day = int(parts["d"] or 0) if parts.get("d") else None
    year = int(parts["y"] or 0) if parts.get("y") else None
    if year is not None and year < 100:
        year += 2000
    days: set[Day] = {(year, month, day)}
    if parts.get("sep") == "/" and day is not None and month is not None:
        days.add((year, day, month))  # 3/4/2026 is read both ways
    return frozenset(days)


def _scale(word: str | None) -> int:
    return _SCALES[word.strip(" .").casefold()] if word else 0


def _whole(piece: str, exponent: int) -> frozenset[int]:
    """All readings of the figures times ten to the `exponent`, as far as they are whole numbers then."""
    found = set()
    for whole, rest in _readings(piece):
        if len(rest.rstrip("0")) <= exponent:
            found.add(int((whole + rest).ljust(len(whole) + exponent, "0")[: len(whole) + exponent]))
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


__all__ = ["Day", "Kind", "Written", "in_figures", "written"]
