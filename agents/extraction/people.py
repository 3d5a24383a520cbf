"""People: by title, greeting, signature, or two capitalised words together that are no common ones.

German capitalises every noun, so in German prose only titles, greetings and signatures tell.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from agents.extraction.mention import Mention
from agents.reasoners.embedded.language import language_of

_CAPITAL = r"[A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u017f]"
_WORD = rf"{_CAPITAL}[\w'’]+(?:-{_CAPITAL}[\w'’]+)?"
_PART = rf"(?:(?:van|von|de|del|der|den|la|le|bin|al|ten|zu)(?:[ -]))*{_WORD}"
_TITLE = re.compile(
    rf"\b(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Sir|Madam|Herrn?|Frau|Fr|Hr|Doctor|Professor)\b\.? ?)+"
    rf"(?P<name>{_PART}(?: {_PART}){{0,2}})"
)
_GREETING = re.compile(
    rf"^[ \t]*(?:Hi|Hello|Hey|Dear|Hallo|Liebe[r]?|Moin|Servus"
    rf"|Guten (?:Tag|Morgen)|Good (?:morning|afternoon)|Morning|Thanks,?)[ ,]+"
    rf"(?P<name>{_PART}(?: {_PART}){{0,2}})(?=\s*[,!.:–-]|\s*$)",
    re.MULTILINE,
)
_SIGNED = re.compile(
    rf"\n[ \t]*(?:[-–—/] ?)?(?P<name>{_PART}(?: (?:[A-Z]\. )?{_PART}){{0,2}})[ \t]*(?=[,(|&\n]|\Z)"
    r"(?=[^\n]{0,80}(?:\n[^\n]{0,80}){0,2}\s*\Z)"
)
_PAIR = re.compile(rf"(?<![\w.@/-])(?P<name>{_PART}(?: (?:[A-Z]\. ?)?{_PART}){{1,2}})(?![\w@])")
_ACTS = re.compile(
    rf"(?<![\w@/-])(?P<name>{_WORD})(?= (?:wants|says|said|tells|told|asked|asks|thinks|insists|needs|left|signs|"
    r"will|would|has|joins|approved|agreed|confirmed|reckons|mentioned)\b)"
)
_WITH = re.compile(
    rf"\b(?:with|replacing|replace|ask|tell|call|from|by|cc|than|and|to|&) (?P<name>{_WORD})"
    r"(?= (?:with|and|on|to|for|in|is|at|or)\b|[,;)!?]|$)"
)
NO_NAMES = Path(__file__).parent / "no_names.txt"
"""Words that are capitalised at the beginning of a sentence or a heading and are no names."""


def people(text: str) -> Iterator[Mention]:
    """Each person once, in the fullest form that the text has; titles are left out."""
    patterns = [_TITLE, _GREETING, _SIGNED]
    if language_of(text) != "de":
        patterns += [_PAIR, _ACTS, _WITH]
    taken = bytearray(len(text))
    found: dict[frozenset[str], Mention] = {}
    for pattern in patterns:
        for one in pattern.finditer(text):
            start, name = _name(one.start("name"), one["name"], alone=pattern is not _PAIR)
            end = start + len(name)
            if name and not any(taken[start:end]):
                taken[start:end] = b"\1" * len(name)
                words = frozenset(name.casefold().split())
                known = found.get(words)
                if known is None or start < known.start:
                    found[words] = Mention("person", start, end, name=name)
    yield from (one for words, one in found.items() if not any(words < other for other in found))


def _name(start: int, words: str, *, alone: bool) -> tuple[int, str]:
    """The name without common words around it; empty where nothing, or of a pair too little, is left."""
    parts = words.split(" ")
    while parts and _common(parts[0]):
        start += len(parts[0]) + 1
        parts = parts[1:]
    kept = []
    for part in parts:
        if _common(part):
            break
        kept.append(part)
    name = re.sub(r"['’]s$", "", " ".join(kept))
    return start, name if kept and (alone or len(kept) > 1) else ""


def _common(word: str) -> bool:
    contracted = re.search(r"['’](?:m|ve|re|ll|d|t)$", word) is not None
    return contracted or word.isupper() or word.casefold().strip(".,'’") in _no_names()


@lru_cache(maxsize=1)
def _no_names() -> frozenset[str]:
    return frozenset(NO_NAMES.read_text(encoding="utf-8").split())
