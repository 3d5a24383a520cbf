"""Quoting: whether words for people carry what only an outsider wrote. Words are no argument, but they are acted upon:
an account number in a note moves money as surely as one in a field."""

import re
from collections.abc import Iterable, Iterator

from tools.folding import plain, skeleton, squeezed, visible
from tools.written import in_figures, written

_LONG = 9
"""Characters of an account, a telephone number or another number that is no amount and no date."""

RUN = 6
"""So many words in a row that stand in an outsider's text are a quotation; fewer are a way of speaking."""

_MARK = re.compile(
    r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+\.\w+"
    r"|\b(?:https?://|www\.)[^\s<>]+|\b(?:[a-z0-9-]+\.)+[a-z]{2,24}/[^\s<>]*"
    r"|\b[a-z]{2}\d{2}(?: ?[a-z0-9]{2,4}){2,8}\b|\+?\d(?:[ ()/.,-]?\d){8,}"
    r"|\w{20,}"
)
_WORD = re.compile(r"\w+")
_LONG_NUMBER = re.compile(r"\b\d{9,}\b")
_TO_SOMEWHERE = re.compile(r"@|//|\w\.[^\W\d_]{2,}|\b[A-Za-z]{2}\d{2}|\+\s?\d|\d{9}|[^\x00-\x7f]")
"""What such a piece has in it: most words are read no further."""


def quoted(words: str, untrusted: Iterable[str], trusted: Iterable[str]) -> str | None:
    """What of `words` an outsider's texts hold and no trusted one does: an address, a link, an account or other long
    number, a very long word, or a run of words. None where there is nothing.

    The texts are given by their `essence`; the trusted ones are looked at only where something was found.
    """
    said = plain(in_figures(words))
    pieces = [*_marks(said), *_runs(said)]
    if not pieces:
        return None
    theirs = list(untrusted)
    bare = {piece: squeezed(skeleton(piece)) for piece in pieces}
    found = [piece for piece in pieces if any(bare[piece] in text for text in theirs)]
    if not found:
        return None
    ours = list(trusted)
    return next((piece for piece in found if not any(bare[piece] in text for text in ours)), None)


def unbacked(words: str, trusted: Iterable[str]) -> str | None:
    """The first address, link, account or long number of `words` that no trusted text holds; None where there is none.

    Where money goes and where people are sent is not for a writer of words to say, whoever gave them.
    """
    if not _TO_SOMEWHERE.search(words):
        return None
    seen = visible(words)
    pieces = [one.text for one in written(seen) if one.kind in ("address", "link", "account")]
    pieces += _LONG_NUMBER.findall(seen)
    if not pieces:
        return None
    ours = list(trusted)
    return next((one for one in pieces if not any(squeezed(skeleton(one)) in text for text in ours)), None)


def essence(text: str) -> str:
    """Letters and digits by their looks alone: spacing, punctuation, look-alikes and figures written as words make a
    copy no other text."""
    return squeezed(skeleton(in_figures(text)))


def _marks(text: str) -> Iterator[str]:
    """Each mark; of one in groups every long run of them: what stands beside it may look like one more."""
    for found in _MARK.finditer(text):
        groups = re.split(r"(?<=\w)[ ()/.,-]+(?=\w)", found.group())
        if "@" in found.group() or "/" in found.group() or len(groups) == 1:
            yield found.group()
            continue
        for start in range(len(groups)):
            for end in range(start + 1, len(groups) + 1):
                piece = "".join(groups[start:end])
                if len(piece) >= _LONG and sum(char.isdigit() for char in piece) >= _LONG // 2:
                    yield piece


def _runs(text: str) -> Iterator[str]:
    words = _WORD.findall(text)
    return (" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1))
