"""Letter words: which words of a letter neither its template, nor its facts, nor mere courtesy account for.

A list of what must not be said is never complete. So it is the other way round: what a letter may say beside its
template and facts is listed (`letter_words.yaml`), and everything else is told.
"""

import re
from collections.abc import Iterator, Set
from functools import lru_cache
from pathlib import Path

import yaml

from tools.folding import plain

_WORDS = Path(__file__).with_suffix(".yaml")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDS = re.compile(r"[.!?;]\s|\n|\x00")
_NEAR = 3
"""Known words between two unknown ones that are told together with them."""

_LONGEST = 150
_SUFFIXES = ("ing", "ed", "es", "s", "d", "ly", "'s", "’s")
_CONTRACTED = {"'re": "are", "'ve": "have", "'m": "am", "'s": "is", "'d": "would"}


def vocabulary(*texts: str) -> Set[str]:
    """The stems of all words of these texts."""
    return {stem for text in texts for word in _WORD.findall(plain(text)) for stem in _stems(word)}


def unaccounted(text: str, known: Set[str]) -> Iterator[tuple[int, int]]:
    """Where in `text` words stand that neither `known` stems nor courtesies account for.

    Unknown words near each other in one sentence are told as one stretch.
    """
    courtesy = _courtesy()
    start = end = gap = 0
    for found in _WORD.finditer(text):
        word = found.group().casefold()
        apart = bool(end) and _ENDS.search(text, end, found.start()) is not None
        if end and (apart or gap > _NEAR or found.end() - start > _LONGEST):
            yield start, end
            end = gap = 0
        if _known(word, known, courtesy):
            gap += 1
            continue
        if not end:
            start = found.start()
        end, gap = found.end(), 0
    if end:
        yield start, end


def _known(word: str, known: Set[str], courtesy: Set[str]) -> bool:
    plainly = word.replace("’", "'")
    whole, mark, rest = plainly.partition("'")
    if mark and (more := _CONTRACTED.get(mark + rest)) is not None:
        return (more in courtesy or more in known) and _known(whole, known, courtesy)
    return any(stem in courtesy or stem in known for stem in _stems(plainly))


def _stems(word: str) -> Iterator[str]:
    """The word without each ending that it may have; of two forms of one word some are equal."""
    word = word.replace("’", "'")
    yield word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            stem = word[: -len(suffix)]
            yield stem
            yield stem + "e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]


@lru_cache(maxsize=1)
def _courtesy() -> Set[str]:
    lists: dict[str, list[str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return vocabulary(*(row for rows in lists.values() for row in rows))
