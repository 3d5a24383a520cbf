"""German to English, word by word, for the encoder, which reads English: the words of the trade, without grammar.

"Bitte streichen Sie den Chatbot" is read as "please cancel you". The n-grams read what was written.
"""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from agents.reasoners.embedded.encoder import prose

GLOSSARY = Path(__file__).parent / "glossary.yaml"

_WORD = re.compile(r"[^\W\d_]+")
_LEAST_BEGINNING, _LEAST_WITHIN = 5, 6
_LONGEST = 40
_READ_AT_MOST = 5_000


def for_encoder(text: str, language: str) -> str:
    """What the encoder is given of a text in `language`: German word by word, what is not known left out.

    A text of which no word is known is given as it is, and so is one in any other language.
    """
    if language != "de":
        return text
    known = False

    def english(word: re.Match[str]) -> str:
        nonlocal known
        found = _english(word[0].lower())
        known = known or found is not None
        return found or ""

    glossed = " ".join(_WORD.sub(english, prose(text[:_READ_AT_MOST])).split())
    return glossed if known else text


@lru_cache(maxsize=4_096)
def _english(word: str) -> str | None:
    """Of the word, of its longest known beginning, or of the first known word that it is composed with."""
    known = _glossary()
    if word in known or len(word) > _LONGEST:
        return known.get(word)
    for start in range(len(word) - _LEAST_BEGINNING):
        least = _LEAST_WITHIN if start else _LEAST_BEGINNING
        for end in range(len(word), start + least - 1, -1):
            if (found := known.get(word[start:end])) is not None:
                return found
    return None


@lru_cache(maxsize=1)
def _glossary() -> dict[str, str]:
    table: dict[str, str] = yaml.safe_load(GLOSSARY.read_text(encoding="utf-8"))
    return table
