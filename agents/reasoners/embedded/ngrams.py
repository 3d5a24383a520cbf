"""Texts as hashed n-grams: words and pairs of words, and runs of two to five characters, weighed by TF-IDF.

Hashing (Weinberger et al. 2009) keeps no vocabulary, so that what is stored of a training file holds none of its
words. Only numpy is needed, so a service pays no further library for it.
"""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Indexes = NDArray[np.int64]

READ_WORDS, READ_RUNS = 8_000, 2_000
"""Characters of a text that are read for words, and for runs of characters."""

FEWEST_BUCKETS = 2**12

_RUNS = (2, 3, 4, 5)
_WORD = re.compile(r"\w+|[?!]")
_SPACE = re.compile(r"\s+")
_BASE = 0x100000001B3


@dataclass(frozen=True)
class Sparse:
    """Rows of numbers that are mostly zero, as compressed rows (CSR): row i's are `indices[starts[i]:starts[i+1]]`."""

    starts: "Indexes"
    indices: "NDArray[np.int32]"
    values: "Numbers"


@dataclass(frozen=True)
class Lexicon:
    """Weights of the hashed n-grams, (buckets,) with a power of two of them; 0 where none was seen twice."""

    weights: "Numbers"

    def without_own(self) -> "Lexicon":
        """The lexicon as it looks to a row it was made of, which is one of those that an n-gram was seen in."""
        import numpy as np

        # Seen twice is the rarest that has a weight, and the rarest weighs most.
        return Lexicon(np.where(self.weights < self.weights.max() - 1e-6, self.weights, 0.0).astype(np.float32))

    def read(self, columns: Sequence[Sequence[str]]) -> "tuple[Sparse, Numbers]":
        """The texts of each column, row by row, as rows of unit length; and which share of each row's n-grams is known.

        `columns` holds one sequence a column, all of the same length.
        """
        import numpy as np

        starts, known = [0], []
        indices, values = array("i"), array("f")
        scale = (2.0 * len(columns)) ** -0.5
        for row in zip(*columns, strict=True):
            seen = total = 0
            for found, counts in _blocks(row, len(self.weights)):
                weighed = (1.0 + np.log(counts)) * self.weights[found]
                kept = weighed > 0
                seen, total = seen + int(kept.sum()), total + len(found)
                length = float(np.sqrt((weighed**2).sum()))
                indices.frombytes(found[kept].astype(np.int32).tobytes())
                values.frombytes((weighed[kept] * (scale / length if length else 0.0)).astype(np.float32).tobytes())
            starts.append(len(indices))
            known.append(seen / total if total else 0.0)
        return (
            Sparse(np.array(starts, np.int64), np.asarray(indices, np.int32), np.asarray(values, np.float32)),
            np.array(known, np.float32),
        )

    def known(self, columns: Sequence[Sequence[str]]) -> "Numbers":
        """Which share of each row's n-grams is known, as `read` answers it, without the rest."""
        import numpy as np

        shares = []
        for row in zip(*columns, strict=True):
            kept = [self.weights[found] > 0 for found, _ in _blocks(row, len(self.weights))]
            total = sum(map(len, kept))
            shares.append(sum(int(one.sum()) for one in kept) / total if total else 0.0)
        return np.array(shares, np.float32)


def lexicon(columns: Sequence[Sequence[str]], buckets: int) -> Lexicon:
    """A lexicon of the texts: inverse document frequency, smoothed; an n-gram of one text alone has no weight.

    It has `buckets` of them, or as many fewer as leave about every third one taken.
    """
    import numpy as np

    seen = np.zeros(buckets, np.int64)
    rows = 0
    for row in zip(*columns, strict=True):
        rows += 1
        for found, _ in _blocks(row, buckets):
            seen[found] += 1
    taken = int((seen > 1).sum())
    if buckets > FEWEST_BUCKETS and taken * 4 <= buckets:
        return lexicon(columns, max(FEWEST_BUCKETS, 2 ** (taken * 2 - 1).bit_length()))
    weights = np.log((1.0 + rows) / (1.0 + seen)) + 1.0
    return Lexicon(np.where(seen > 1, weights, 0.0).astype(np.float32))


def _blocks(row: Sequence[str], buckets: int) -> "list[tuple[Indexes, Numbers]]":
    """For each column its words, then its runs: which buckets they fall in, each once, and how often."""
    import numpy as np

    blocks = []
    for column, text in enumerate(row):
        lowered = text[:READ_WORDS].lower()
        for kind, hashes in enumerate((_words(lowered), _runs(lowered[:READ_RUNS]))):
            found, counts = np.unique(_mixed(hashes, 2 * column + kind) % buckets, return_counts=True)
            blocks.append((found.astype(np.int64), counts.astype(np.float32)))
    return blocks


def _words(text: str) -> "NDArray[np.uint64]":
    import numpy as np

    words = np.array([crc32(word.encode("utf-8", "replace")) for word in _WORD.findall(text)], np.uint64)
    pairs = words[:-1] * np.uint64(_BASE) + words[1:]
    return np.concatenate([words, pairs])


def _runs(text: str) -> "NDArray[np.uint64]":
    import numpy as np

    raw = f" {_SPACE.sub(' ', text).strip()} ".encode("utf-32-le", "replace")
    codes = np.frombuffer(raw, np.uint32).astype(np.uint64)
    found = []
    for length in _RUNS:
        width = max(len(codes) - length + 1, 0)
        run = np.full(width, length, np.uint64)
        for place in range(length):
            run = run * np.uint64(_BASE) + codes[place : place + width]
        found.append(run)
    return np.concatenate(found)


def _mixed(hashes: "NDArray[np.uint64]", salt: int) -> "NDArray[np.uint64]":
    """Spreads the hashes over all bits (the finaliser of SplitMix64, Steele et al. 2014), another way for each salt."""
    import numpy as np

    mixed = hashes + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    spread: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return spread
