"""A linear head on sentence vectors: ridge regression to one-hot targets, calibrated on its own left-out rows.

Ridge has its leave-one-out predictions in closed form (Hastie, Tibshirani, Friedman, The Elements of Statistical
Learning, 2nd ed., eq. 7.64), so the temperature that turns scores into probabilities is fitted on predictions for
unseen rows without training again for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

RIDGE = 1.0
_TEMPERATURES = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0)


@dataclass(frozen=True)
class Head:
    """Labels with their weights. `accuracy` is the share of left-out rows that it gets right, 0 to 1."""

    labels: tuple[str, ...]
    weights: "Vectors"
    bias: "Vectors"
    temperature: float
    rows: "Vectors"
    accuracy: float

    def probabilities(self, vector: "Vectors", odds: Mapping[str, float]) -> dict[str, float]:
        """Label → probability for one unit vector (384,), each label's odds multiplied by its factor; they sum to 1."""
        factors = _factors(self.labels, [odds])
        shares = _softmax((vector @ self.weights + self.bias)[None, :], factors, self.temperature)[0]
        return dict(zip(self.labels, shares.tolist(), strict=True))

    def nearest(self, vector: "Vectors") -> float:
        """Cosine similarity to the most similar row it was trained on."""
        return float((self.rows @ vector).max())


def train(vectors: "Vectors", labels: Sequence[str], odds: Sequence[Mapping[str, float]]) -> Head:
    """A head for unit vectors (n, 384), their n labels and n tables of factors on the odds, as they will be used.

    Raises ValueError for fewer than two labels, or two rows of each.
    """
    import numpy as np

    names = tuple(dict.fromkeys(labels))
    if len(names) < 2 or min(labels.count(name) for name in names) < 2 or len(vectors) != len(labels):
        raise ValueError("a head needs two labels or more, with two rows or more each, and a label for each row")
    target = np.zeros((len(labels), len(names)))
    target[np.arange(len(labels)), [names.index(label) for label in labels]] = 1.0
    # Weighted so that a label with many rows does not win by their number alone.
    weight = 1.0 / target.sum(axis=0)[target.argmax(axis=1)]
    weight *= len(labels) / weight.sum()
    root = np.sqrt(weight)[:, None]
    rows = np.hstack([vectors.astype(np.float64), np.ones((len(labels), 1))]) * root
    penalty = np.eye(rows.shape[1]) * RIDGE
    penalty[-1, -1] = 1e-6
    solved = np.linalg.solve(rows.T @ rows + penalty, rows.T)
    coefficients = solved @ (target * root)
    leverage = np.einsum("ij,ji->i", rows, solved)[:, None]
    residual = (target * root - rows @ coefficients) / (1.0 - leverage)
    left_out = target - residual / root
    truth = target.argmax(axis=1)
    factors = _factors(names, odds)
    best = max(_TEMPERATURES, key=lambda one: _log_likelihood(_softmax(left_out, factors, one), truth))
    return Head(
        labels=names,
        weights=coefficients[:-1].astype(np.float32),
        bias=coefficients[-1].astype(np.float32),
        temperature=best,
        rows=vectors.astype(np.float32),
        accuracy=float((_softmax(left_out, factors, best).argmax(axis=1) == truth).mean()),
    )


def _factors(names: Sequence[str], odds: Sequence[Mapping[str, float]]) -> "Vectors":
    import numpy as np

    return np.array([[row.get(name, 1.0) for name in names] for row in odds], np.float32)


def _softmax(scores: "Vectors", factors: "Vectors", temperature: float) -> "Vectors":
    import numpy as np

    shifted = (scores - scores.max(axis=-1, keepdims=True)) / temperature
    weighed: Vectors = np.exp(shifted) * factors
    shares: Vectors = weighed / weighed.sum(axis=-1, keepdims=True)
    return shares


def _log_likelihood(shares: "Vectors", truth: "Vectors") -> float:
    import numpy as np

    return float(np.log(np.maximum(shares[np.arange(len(truth)), truth], 1e-9)).mean())
