"""Meant: what a letter says beside what its template and its facts say.

A template is what the firm means to say. A model may say it in other words, which must not say more.
"""

import re
from collections.abc import Iterator, Set

from agents.known import Known, Span, masked, unknown
from agents.letter_words import unaccounted, vocabulary
from agents.steps import Letter
from tools.written import Kind, Written, written

_SAID_ALIKE: frozenset[Kind] = frozenset({"promise", "deadline", "time"})
"""Kinds that no fact accounts for: only the template's saying the same does."""

_VALUES: frozenset[Kind] = frozenset(
    {"address", "link", "account", "date", "time", "money", "hours", "days", "percent", "number"}
)
_NEIGHBOUR = re.compile(r"[\w\x00]+")
_PER = {"h": "hour", "hr": "hour", "std": "hour", "stunde": "hour", "tag": "day", "d": "day", "woche": "week",
        "monat": "month", "mo": "month", "jahr": "year", "a": "year"}  # fmt: skip


def untold(text: str, letter: Letter, known: Known) -> Iterator[Span]:
    """Where in `text`, in order, something stands that neither the letter's facts nor its template hold.

    Values must be known. Promises, deadlines and times of day must stand in the template; every other word in the
    template, in a known text, or among the courtesies.
    """
    template = f"{letter.subject}\n{letter.body}"
    if text == template:  # as the embedded reasoner leaves it: its words are the firm's own
        yield from unknown(text, known)
        return
    meant = _Meant(masked(template, known.texts))
    left = masked(text, known.texts)
    found: list[Span] = []
    words = left
    for piece in written(left):
        traced = meant.says(piece, left) or (piece.kind not in _SAID_ALIKE and known.accounts_for(piece))
        if not traced or not meant.charges(piece):
            found.append(piece.at)
        if piece.kind in _VALUES or (piece.kind == "deadline" and piece.at not in found):
            start, end = piece.at
            words = f"{words[:start]}{' ' * (end - start)}{words[end:]}"
    found += unaccounted(words, vocabulary(template, *known.texts))
    yield from _merged(found)


def left_out(template: str, text: str) -> str | None:
    """The first value of the template that the text no longer holds in any form; None where it holds all of them."""
    kept = list(written(text))
    for value in written(template):
        if value.kind in _VALUES and not any(_same(value, piece) for piece in kept):
            return value.text
    return None


def _same(value: Written, piece: Written) -> bool:
    if value.kind != piece.kind:
        return False
    if value.kind == "date":
        # A part that the template leaves open may be said, and the other way round.
        return any(
            all(None in pair or pair[0] == pair[1] for pair in zip(one, other, strict=True))
            for one in value.days for other in piece.days
        )  # fmt: skip
    if value.numbers:
        return value.currency == piece.currency and not value.numbers.isdisjoint(piece.numbers)
    return _read(value) == _read(piece)


class _Meant:
    """What a template says, for comparing."""

    def __init__(self, template: str) -> None:
        pieces = list(written(template))
        self._reads = {(piece.kind, _read(piece)) for piece in pieces if piece.in_words or piece.kind in _SAID_ALIKE}
        self._beside = {
            (_read(piece), side, word)
            for piece in pieces if piece.kind == "promise"
            for side, word in _neighbours(template, piece.at)
        }  # fmt: skip
        self._charged = {
            (number, _per(piece.per)) for piece in pieces if piece.kind == "money" and piece.per
            for number in piece.numbers
        }  # fmt: skip

    def says(self, piece: Written, text: str) -> bool:
        """Whether the template has the same words; of a promise with one of its neighbours (`what we agreed`)."""
        if (piece.kind, _read(piece)) not in self._reads:
            return False
        beside = {(_read(piece), side, word) for side, word in _neighbours(text, piece.at)}
        return piece.kind != "promise" or not self._beside.isdisjoint(beside)

    def charges(self, piece: Written) -> bool:
        """Whether an amount is for one of the same (an hour, a day) as in the template."""
        return piece.per is None or any((number, _per(piece.per)) in self._charged for number in piece.numbers)


def _read(piece: Written) -> str:
    return " ".join(piece.read.casefold().split())


def _per(unit: str | None) -> str:
    return _PER.get(unit or "", (unit or "").removesuffix("s"))


def _neighbours(text: str, at: Span) -> Set[tuple[str, str]]:
    """The words right before and right after, as far as they are of the same sentence."""
    before = _NEIGHBOUR.findall(re.split(r"[.!?\n]", text[: at[0]])[-1])
    after = _NEIGHBOUR.findall(re.split(r"[.!?\n]", text[at[1] :])[0])
    found = {("before", before[-1].casefold())} if before else set()
    return found | ({("after", after[0].casefold())} if after else set())


def _merged(spans: list[Span]) -> Iterator[Span]:
    """The spans in order, those that overlap as one."""
    at: Span | None = None
    for start, end in sorted(spans):
        if at is not None and start < at[1]:
            at = at[0], max(end, at[1])
            continue
        if at is not None:
            yield at
        at = start, end
    if at is not None:
        yield at
