"""Ridge regression to one-hot targets on landmarks of two kernels: likeness of n-grams, likeness of sentence vectors.

Nyström's method (Williams & Seeger 2001): a row is described by its likeness to some of the rows, the landmarks, in
a basis in which the kernel is a plain product. All cross-validated predictions come from one Gram matrix, from which
a fold's rows are taken away, so that no fold is trained from nothing. Needs scipy, so only training imports this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg
from scipy.sparse import csr_array

from agents.reasoners.embedded.classifier import likeness
from agents.reasoners.embedded.ngrams import Sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Indexes = NDArray[np.int64]

FOLDS = 5
LEXICAL_LANDMARKS, SENTENCE_LANDMARKS = 1_800, 1_200
"""At most; a smaller file's rows are all landmarks, and then the kernels are exact. They bound memory and time."""

_SCALES = (0.5, 1.0)
_PENALTIES = (0.02, 0.07, 0.2, 0.6, 1.5, 3.5)
_JITTER = 3e-3
_CHUNK = 2_000
_SEED = 20_240_401


@dataclass(frozen=True)
class Solution:
    """What predicts: `lexical` (buckets, labels) on n-grams, `sentence` (landmarks, labels) on the sentence kernel.

    `landmarks` are rows of the training file. `left_out` (rows, labels) are the scores of each row by the fold that
    did not see it, `fold` says which that was, `strangers` (others, labels) those of further rows, folds averaged.
    `scale` and `penalty` are what the folds chose.
    """

    lexical: "Numbers"
    sentence: "Numbers"
    bias: "Numbers"
    landmarks: "Indexes"
    fold: "Indexes"
    left_out: "Numbers"
    strangers: "Numbers"
    scale: float
    penalty: float


def solve(
    lexical: Sparse, vectors: "Sequence[Numbers]", truth: "Indexes", labels: int, buckets: int,
    told: Callable[[str], object],
) -> Solution:  # fmt: skip
    """Trains on the rows with a truth ≥ 0; the others are strangers, which no label fits and which are only scored.

    `truth` is (rows,), the label's number. Which scale of the n-grams and which penalty serve best is seen on two
    of the folds. Rows of rare labels weigh more, by the square root of how much rarer they are.
    """
    draw = np.random.default_rng(_SEED)
    known, others = np.flatnonzero(truth >= 0), np.flatnonzero(truth < 0)
    fold = _folds(truth[known], draw)
    matrix = csr_array((lexical.values, lexical.indices, lexical.starts), shape=(len(truth), buckets))
    near = np.sort(draw.permutation(known)[:SENTENCE_LANDMARKS])
    words = np.sort(draw.permutation(known)[:LEXICAL_LANDMARKS])
    told("likeness to landmarks")
    anchors = [one[near] for one in vectors]
    near_base = _basis(likeness(anchors, anchors))
    word_base = _basis((matrix[words] @ matrix[words].T).toarray())
    # Half precision halves what is by far the largest array; sums are made in single precision.
    rows = np.empty((len(truth), len(near) + len(words)), np.float16)
    for start in range(0, len(truth), _CHUNK):
        some = slice(start, start + _CHUNK)
        rows[some, : len(near)] = _described(near_base, likeness([one[some] for one in vectors], anchors))
        rows[some, len(near) :] = _described(word_base, (matrix[some] @ matrix[words].T).toarray())
    outside = rows[others]
    if len(others):
        rows = rows[known]
    one_hot = np.eye(labels, dtype=np.float32)[truth[known]]
    weight = (len(known) / labels / np.maximum(one_hot.sum(axis=0), 1.0))[truth[known]] ** 0.5
    weight = (weight / weight.mean()).astype(np.float32)[:, None]
    bias = (one_hot * weight).sum(axis=0) / weight.sum()
    system = _System(rows, one_hot - bias, weight, len(near))
    told("choosing the penalty")
    scale, penalty = _chosen(system, fold, truth[known], bias)
    left_out = np.zeros((len(known), labels), np.float32)
    strangers = np.zeros((len(others), labels), np.float32)
    for part in range(FOLDS):
        told(f"fold {part + 1} of {FOLDS}")
        solved = system.solved(fold != part, [(scale, penalty)])[0]
        left_out[fold == part] = system.rows[fold == part] @ solved + bias
        strangers += (outside @ solved + bias) / FOLDS
    told("all rows")
    solved = system.solved(np.ones(len(known), bool), [(scale, penalty)])[0]
    return Solution(
        lexical=np.asarray(
            matrix[words].T @ linalg.solve_triangular(word_base, solved[len(near) :], lower=True, trans=1), np.float32
        ),
        sentence=linalg.solve_triangular(near_base, solved[: len(near)], lower=True, trans=1).astype(np.float32),
        bias=bias.astype(np.float32),
        landmarks=near, fold=fold, left_out=left_out, strangers=strangers, scale=scale, penalty=penalty,
    )  # fmt: skip


@dataclass
class _System:
    """The normal equations of weighted ridge regression. The first `near` features are those of the sentences."""

    rows: "NDArray[np.float16]"
    target: "Numbers"
    weight: "Numbers"
    near: int

    def __post_init__(self) -> None:
        self._gram, self._right = self._sums(np.ones(len(self.rows), bool))

    def solved(self, kept: "NDArray[np.bool_]", choices: Sequence[tuple[float, float]]) -> "list[Numbers]":
        """Coefficients (features, labels) from the kept rows, for each scale of the n-grams and penalty."""
        gram, right = self._gram, self._right
        if not kept.all():
            gram, right = self._sums(~kept)
            np.subtract(self._gram, gram, out=gram)
            np.subtract(self._right, right, out=right)
        answers = []
        for scale, penalty in choices:
            # To scale features up is to punish their coefficients less.
            punished = gram.copy()
            punished[np.diag_indices_from(punished)] += np.r_[
                np.full(self.near, penalty), np.full(len(gram) - self.near, penalty / scale**2)
            ].astype(np.float32)
            # Transposed, which changes nothing but the order in memory, it is solved in place.
            factor = linalg.cho_factor(punished.T, overwrite_a=True, check_finite=False)
            answers.append(linalg.cho_solve(factor, right, check_finite=False))
        return answers

    def _sums(self, kept: "NDArray[np.bool_]") -> "tuple[Numbers, Numbers]":
        size = self.rows.shape[1]
        gram, right = np.zeros((size, size), np.float32), np.zeros((size, self.target.shape[1]), np.float32)
        wanted = np.flatnonzero(kept)
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            weighed = self.rows[part].astype(np.float32) * np.sqrt(self.weight[part])
            gram += weighed.T @ weighed
            right += weighed.T @ (self.target[part] * np.sqrt(self.weight[part]))
        return gram, right


def _chosen(system: _System, fold: "Indexes", truth: "Indexes", bias: "Numbers") -> tuple[float, float]:
    """The scale and the penalty that get most of two folds' rows right."""
    choices = [(scale, penalty) for scale in _SCALES for penalty in _PENALTIES]
    right = np.zeros(len(choices))
    for part in range(2):
        out = fold == part
        for place, solved in enumerate(system.solved(~out, choices)):
            right[place] += (np.argmax(system.rows[out] @ solved + bias, axis=1) == truth[out]).sum()
    return choices[int(right.argmax())]


def _basis(among: "Numbers") -> "Numbers":
    """The triangle that makes the landmarks' kernel a product."""
    firm = among.astype(np.float64)
    firm[np.diag_indices_from(firm)] += _JITTER
    base: Numbers = linalg.cholesky(firm, lower=True, overwrite_a=True).astype(np.float32)
    return base


def _described(base: "Numbers", kernel: "Numbers") -> "Numbers":
    described: Numbers = linalg.solve_triangular(base, kernel.T, lower=True, check_finite=False).T
    return described


def _folds(truth: "Indexes", draw: np.random.Generator) -> "Indexes":
    """Which fold each row is left out in: every label's rows spread evenly, in drawn order."""
    fold = np.zeros(len(truth), np.int64)
    for label in np.unique(truth):
        rows = draw.permutation(np.flatnonzero(truth == label))
        fold[rows] = (np.arange(len(rows)) + draw.integers(FOLDS)) % FOLDS
    return fold
