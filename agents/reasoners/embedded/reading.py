"""Texts made ready: cut, cleaned of what cannot be read, and encoded on as many cores as there are, at most two."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from agents.reasoners.embedded.encoder import FEATURES, MAX_CHARACTERS, Encoder
from agents.reasoners.embedded.language import plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_AT_ONCE, _CHUNK, _TOLD_EVERY = 2, 32, 2_000


def prepared(texts: Sequence[str]) -> list[str]:
    """The texts as a classifier reads them; of a megabyte only the beginning."""
    return [plain(text[:MAX_CHARACTERS]).strip() for text in texts]


def readable(row: Sequence[str]) -> bool:
    """Whether any of a row's prepared texts has a letter or a digit; signs and pictures alone say nothing."""
    return any(char.isalnum() for text in row for char in text)


def encoded(encoder: Encoder, texts: Sequence[str], told: Callable[[str], object]) -> "Vectors":
    """What the encoder makes of prepared texts, (len(texts), 768). Raises EncoderUnavailable."""
    import numpy as np

    encoder.load()
    chunks = [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]
    features = np.empty((len(texts), FEATURES), np.float32)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for place, found in enumerate(pool.map(encoder.features, chunks)):
            start = place * _CHUNK
            features[start : start + len(found)] = found
            if (start + len(found)) // _TOLD_EVERY > start // _TOLD_EVERY:
                told(f"{start + len(found):,} of {len(texts):,} texts encoded")
    return features
