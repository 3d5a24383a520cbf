"""Folding: texts that look alike to people made alike to a program; whether a text names somebody in any disguise."""

import html
import json
import re
import unicodedata
from functools import cached_property, lru_cache
from importlib.resources import files

_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"</?[a-z!][^<>]{0,200}>")
_SHORT, _LONG_WORDS, _LONG_WORD = 3, 8, 12
# What TR39 folds beside letters of other scripts, for texts whose case is gone: one shape each.
_ALIKE = str.maketrans({"i": "l", "1": "l", "|": "l", "0": "o"})


def plain(text: str) -> str:
    """Without what makes one text look like another to a machine only: forms, case, spacing, invisible characters."""
    return " ".join(visible(text).casefold().split())


def visible(text: str) -> str:
    """Compatibility forms folded, and format characters (zero width, direction, soft hyphens) left out."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    if folded.isprintable():
        return folded  # format characters are none that print
    return "".join(char for char in folded if unicodedata.category(char) != "Cf")


def skeleton(text: str) -> str:
    """What the text looks like, after Unicode TR39: equal for texts that people take for each other.

    Look-alike letters of all scripts become Latin ones, accents are left out as are tags of HTML, and of letters and
    digits that look alike (i, l and 1; o and 0; rn and m) one stands for all. It is for comparing, not for reading.
    """
    seen = plain(text)
    if "&" in seen or "<" in seen:
        seen = _TAG.sub("", html.unescape(seen))
    if not seen.isascii():
        folded = unicodedata.normalize("NFKD", seen.translate(_confusables()))
        seen = "".join(char for char in folded if not unicodedata.combining(char)).casefold()
    return seen.translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def squeezed(text: str) -> str:
    """Letters and digits alone: neither spacing nor punctuation makes a copy another text."""
    return "".join(_WORD.findall(text))


class Naming:
    """A text, ready to be asked whether it names somebody."""

    def __init__(self, text: str) -> None:
        self._text = text

    def names(self, name: str) -> bool:
        """Whether `name` stands in the text as whole words, in whatever disguise.

        A name of three characters or fewer must stand there in its own case: `IT` is not `it`. One of eight
        letters in several words, or of twelve in one, is also found with other marks or none between its letters.
        """
        if len(name) <= _SHORT:
            return bool(name) and _stands(name, self._visible)
        spaced, packed = _folded(name)
        if len(packed) >= (_LONG_WORDS if " " in spaced else _LONG_WORD):
            return packed in self._packed
        return spaced in self._spaced and _stands(spaced, self._spaced)

    @cached_property
    def _visible(self) -> str:
        return visible(self._text)

    @cached_property
    def _spaced(self) -> str:
        return skeleton(self._text)

    @cached_property
    def _packed(self) -> str:
        return squeezed(self._spaced)


def _stands(name: str, text: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text) is not None


@lru_cache(maxsize=16_384)
def _folded(name: str) -> tuple[str, str]:
    spaced = skeleton(name)
    return spaced, squeezed(spaced)


@lru_cache(maxsize=1)
def _confusables() -> dict[int, str]:
    """Code point → the ASCII letters or digits that it may be taken for, by the table of Unicode TR39."""
    # Only the table is read: the library itself would keep all of it in memory, most of which is of other scripts.
    table = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8"))
    found: dict[int, str] = {}
    for char, alike in table.items():
        letters = [one["c"] for one in alike if one["c"].isascii() and one["c"].isalnum()]
        if len(char) == 1 and not char.isascii() and letters:
            found[ord(char)] = min(letters, key=lambda text: (len(text), text.casefold()))
    return found
