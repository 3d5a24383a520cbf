"""Marking: what of a draft is found in no record, shown where it stands."""

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

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
