"""Kernel ridge regression to one-hot targets: likeness of n-grams and of what the encoder makes of the texts.

Solved exactly, and every training row is also judged as if it had been left out, which follows from the same
factorisation (Craven & Wahba 1979; Rasmussen & Williams 2006, 5.4.2). Needs scipy, so only training imports this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import blas, lapack
from scipy.sparse import csr_array

from agents.reasoners.embedded.calibration import likelihood
from agents.reasoners.embedded.likeness import likeness
from agents.reasoners.embedded.ngrams import Sparse
from agents.reasoners.embedded.packed import Packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Indexes = NDArray[np.int64]

MOST_LANDMARKS = 10_240
"""Rows that are solved for; they bound memory (200 MB) and time. Further rows tell how well the model does."""

_TRIED = 2_000
_SCALES = (0.3, 0.6, 1.2)
_INNER = (0.0, 0.5)
_PENALTIES = (0.1, 0.3, 1.0)
_BLOCK = 500
_FREQUENT, _MOST_FREQUENT = 0.03, 4_096
_SEED = 20_240_401


@dataclass(frozen=True)
class Choice:
    """`scale` of the n-grams' kernel beside the texts', `inner` layer's share of the latter, `penalty`."""

    scale: float
    inner: float
    penalty: float


@dataclass(frozen=True)
class Solution:
    """What predicts: `lexical` (buckets, labels) on n-grams, `sentence` (landmarks, labels) on the texts' kernel.

    `landmarks` are rows of the training file. Of all rows: `scores` (rows, labels) by a model that had not seen the
    row, and the cosine to the nearest landmark but itself.
    """

    lexical: "Numbers"
    sentence: "Numbers"
    bias: "Numbers"
    landmarks: "Indexes"
    scores: "Numbers"
    nearest: "Numbers"
    choice: Choice


def solve(
    lexical: Sparse, seen: "Sequence[Numbers]", truth: "Indexes", labels: int, buckets: int,
    told: Callable[[str], object],
) -> Solution:  # fmt: skip
    """Trains on the rows with a truth ≥ 0; the others are strangers, which no label fits and which are only scored.

    `seen` is (rows, 768) for each column, `truth` (rows,) the label's number. Scale, inner share and penalty are those
    under which a sample's left-out labels are likeliest. Rows of rare labels weigh more, by how much rarer they are.
    """
    draw = np.random.default_rng(_SEED)
    matrix = csr_array((lexical.values, lexical.indices, lexical.starts), shape=(len(truth), buckets))
    words = _Words(matrix)
    landmarks = _drawn(truth, MOST_LANDMARKS, draw)
    told("choosing the penalty")
    choice = _chosen(words, seen, truth, labels, _drawn(truth, _TRIED, draw))
    told(f"likeness of {len(landmarks):,} rows")
    target, weight, bias = _targets(truth[landmarks], labels)
    system = Packed(len(landmarks))
    nearest = np.zeros(len(truth), np.float32)
    nearest[landmarks] = _fill(system, words, seen, landmarks, weight, choice)
    told("solving")
    del words
    held = system.solved(target)
    told("leaving each row out")
    scores = np.zeros((len(truth), labels), np.float32)
    scores[landmarks] = target - held / system.inverse_diagonal()[:, None] + bias
    del system
    by_words = np.asarray(matrix[landmarks].T @ (np.float32(choice.scale) * held), np.float32)
    anchors = [rows_of(one, landmarks) for one in seen]
    rest = np.setdiff1d(np.arange(len(truth)), landmarks)
    for start in range(0, len(rest), _BLOCK):
        some = rest[start : start + _BLOCK]
        kernel, cosine = likeness([one[some] for one in seen], anchors, choice.inner)
        scores[some] = kernel @ held + matrix[some] @ by_words + bias
        nearest[some] = cosine.max(axis=1)
    return Solution(by_words, held, bias, landmarks, scores, nearest, choice)


class _Words:
    """The kernel of n-grams. Frequent ones are multiplied as full matrices: there are few, and they cost the most."""

    def __init__(self, matrix: csr_array) -> None:
        often = np.bincount(matrix.indices, minlength=matrix.shape[1])
        order = np.argsort(-often, kind="stable")[:_MOST_FREQUENT]
        frequent = np.zeros(matrix.shape[1], bool)
        frequent[order[often[order] > _FREQUENT * matrix.shape[0]]] = True
        self._frequent, self._rare = matrix[:, np.flatnonzero(frequent)], matrix[:, np.flatnonzero(~frequent)]

    def likeness(self, some: "Indexes", others: "Indexes") -> "Numbers":
        kernel = np.empty((len(some), len(others)), np.float32)
        # A sparse product that is hardly sparse takes three times what it does in full: few rows at a time.
        for start in range(0, len(some), _BLOCK):
            part = some[start : start + _BLOCK]
            kernel[start : start + _BLOCK] = (self._rare[part] @ self._rare[others].T).toarray()
            kernel[start : start + _BLOCK] += self._frequent[part].toarray() @ self._frequent[others].toarray().T
        return kernel


def _fill(
    system: Packed, words: _Words, seen: "Sequence[Numbers]", landmarks: "Indexes", weight: "Numbers", choice: Choice
) -> "Numbers":
    """Puts the kernel of the landmarks into the system; answers each one's cosine to the nearest other."""
    nearest = np.full(len(landmarks), -1.0, np.float32)
    anchors = [rows_of(one, landmarks) for one in seen]
    for start in range(0, len(landmarks), _BLOCK):
        end = min(start + _BLOCK, len(landmarks))
        for left in range(0, end, _BLOCK):
            right = min(left + _BLOCK, end)
            kernel, cosine = likeness(
                [one[start:end] for one in anchors], [one[left:right] for one in anchors], choice.inner
            )
            kernel += np.float32(choice.scale) * words.likeness(landmarks[start:end], landmarks[left:right])
            if left == start:
                np.fill_diagonal(cosine, -1.0)
                kernel[np.diag_indices_from(kernel)] += choice.penalty / weight[start:end]
            nearest[start:end] = np.maximum(nearest[start:end], cosine.max(axis=1))
            nearest[left:right] = np.maximum(nearest[left:right], cosine.max(axis=0))
            for row in range(start, end):
                system.put(row, kernel[row - start, : row - left + 1], left)
    return nearest


def _chosen(words: _Words, seen: "Sequence[Numbers]", truth: "Indexes", labels: int, rows: "Indexes") -> Choice:
    """The choice under which the labels of `rows`, each left out, are likeliest."""
    target, weight, bias = _targets(truth[rows], labels)
    lexical = words.likeness(rows, rows)
    sample = [one[rows] for one in seen]
    found = {}
    for inner in _INNER:
        kernel = likeness(sample, sample, inner)[0]
        for scale in _SCALES:
            both = kernel + np.float32(scale) * lexical
            for penalty in _PENALTIES:
                left_out = _left_out(both, target, penalty / weight) + bias
                found[Choice(scale, inner, penalty)] = likelihood(left_out, truth[rows])
    return max(found, key=partial(dict.__getitem__, found))


def _left_out(kernel: "Numbers", target: "Numbers", penalty: "Numbers") -> "Numbers":
    """Each row's scores by a model of all the others."""
    matrix = np.asfortranarray(kernel)
    matrix[np.diag_indices_from(matrix)] += penalty
    factor, _ = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    scores: Numbers = target - blas.ssymm(1.0, inverse, target, lower=1) / np.diag(inverse)[:, None]
    return scores


def _targets(truth: "Indexes", labels: int) -> "tuple[Numbers, Numbers, Numbers]":
    """One-hot targets less their weighted mean, the rows' weights, and that mean."""
    one_hot = np.eye(labels, dtype=np.float32)[truth]
    weight = (len(truth) / labels / np.maximum(one_hot.sum(axis=0), 1.0))[truth]
    weight = (weight / weight.mean()).astype(np.float32)
    bias = ((one_hot * weight[:, None]).sum(axis=0) / weight.sum()).astype(np.float32)
    return one_hot - bias, weight, bias


def _drawn(truth: "Indexes", most: int, draw: np.random.Generator) -> "Indexes":
    """At most so many of the rows with a label, in order: every label keeps its share, and two rows at least."""
    known = np.flatnonzero(truth >= 0)
    if len(known) <= most:
        return known
    places = []
    for label in np.unique(truth[known]):
        rows = draw.permutation(np.flatnonzero(truth == label))
        places.append(rows[: max(2, int(len(rows) * most / len(known)))])
    return np.sort(np.concatenate(places))


def rows_of(values: "Numbers", rows: "Indexes") -> "Numbers":
    """Those rows; where they are all of them, in order, no copy."""
    return values if len(rows) == len(values) else values[rows]
