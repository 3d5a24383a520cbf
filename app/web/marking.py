"""Marking: what of a text deserves a second look, shown where it stands; and actions with their names set off."""

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from app.views.sentences import SENTENCES
from app.views.words import visible


def marked(text: str, pieces: Sequence[str]) -> Markup:
    """`text` for a page, each of the pieces in a `<mark>`; a piece's spaces stand for any white space."""
    wanted = sorted({piece for piece in pieces if piece.strip()}, key=len, reverse=True)
    if not wanted:
        return escape(visible(text))
    spaced = (r"\s+".join(re.escape(word) for word in piece.split()) for piece in wanted)
    parts = re.split(f"({'|'.join(spaced)})", text)
    # Of a split with one group every second part is what matched.
    return Markup("").join(
        Markup("<mark>{}</mark>").format(visible(part)) if place % 2 else escape(visible(part))
        for place, part in enumerate(parts)
    )


def acting(tool: str, words: Mapping[str, str]) -> Markup | None:
    """The tool's sentence with what stands in it set off; None where a word of it is missing."""
    try:
        return Markup(SENTENCES[tool]).format_map(  # noqa: S704 - the sentences are ours, the words are escaped
            {name: Markup("<b>{}</b>").format(visible(word)) for name, word in words.items()}
        )
    except KeyError:
        return None
