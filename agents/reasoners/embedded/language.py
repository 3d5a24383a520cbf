"""Which language a text is in. The encoder reads English; what it cannot read is said, not guessed."""

import os
import tempfile
import unicodedata
import weakref
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from py3langid.langid import LanguageIdentifier

    Table = NDArray[np.float16]

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


class _Rows:
    """A table that lies in a file without a name, of which rows are read when they are asked for.

    It is 28 MB, of which a text needs a hundred rows or two. Mapped it would soon be in memory as a whole: the kernel
    maps the neighbours of a page as well.
    """

    def __init__(self, table: "Table") -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - kept as long as the table
        weakref.finalize(self, self._file.close)
        self._file.write(table.tobytes())
        self._file.flush()
        self._type, self._width = table.dtype, table.shape[1]

    def __getitem__(self, places: "NDArray[np.intp]") -> "Table":
        import numpy as np

        found = np.empty((len(places), self._width), self._type)
        for row, place in zip(found, places.tolist(), strict=True):
            if os.preadv(self._file.fileno(), [row.data], place * row.nbytes) != row.nbytes:
                raise OSError(f"the language table has no row {place}")
        return found


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    features, prior, languages, moves, rows, output = load_model(MODEL_DIR / MODEL_FILE)
    return LanguageIdentifier(_Rows(features), prior, languages, moves, output, norm_probs=True, tk_row=rows)
