"""Which language a text is in. The encoder reads English; what it cannot read is said, not guessed."""

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MIN_LETTERS = 20
"""Below this a detector guesses; such a text is taken as English unless its script says otherwise."""

SURE = 0.9
_READ_AT_MOST = 2_000


def language_of(text: str, expected: str | None = None) -> str:
    """ISO 639-1 code, `und` where the script is not Latin and too short to tell.

    `expected`, the customer's language on record, settles the cases in which the detector is not sure.
    """
    letters = [char for char in text[:_READ_AT_MOST] if char.isalpha()]
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    if len(letters) < MIN_LETTERS:
        return "en" if latin * 2 >= len(letters) else "und"
    code, sure = _identifier().classify(text[:_READ_AT_MOST])
    if code == "en" or sure >= SURE:
        return str(code)
    if latin * 2 < len(letters):
        return str(code)
    return expected if expected is not None and expected == code else "en"


def plain(text: str) -> str:
    """The text as it reads: compatibility forms folded, direction marks, zero-width and control characters left out."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
