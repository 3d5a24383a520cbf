"""Calibration: from scores of unseen rows to probabilities, and to the threshold that holds an error target."""

from typing import TYPE_CHECKING

import numpy as np

from agents.reasoners.embedded.classifier import Logistic, sigmoid, softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Indexes = NDArray[np.int64]

BINS = 15
_TEMPERATURES = np.geomspace(0.01, 2.0, 60)
_SHRINK = 1.0
_STEPS = 30


def temperature_of(scores: "Numbers", truth: "Indexes") -> float:
    """The temperature under which the true labels are likeliest; scores are (rows, labels)."""
    return float(max(_TEMPERATURES, key=lambda one: _likelihood(scores, truth, one)))


def likelihood(scores: "Numbers", truth: "Indexes") -> float:
    """The mean logarithm of the true labels' shares, under the temperature that suits the scores."""
    return max(_likelihood(scores, truth, one) for one in _TEMPERATURES[::3])


def _likelihood(scores: "Numbers", truth: "Indexes", temperature: float) -> float:
    shares = softmax(scores, temperature)[np.arange(len(truth)), truth]
    return float(np.log(np.maximum(shares, 1e-9)).mean())


def fitted(signs: "Numbers", outcome: "NDArray[np.float64]", weight: "NDArray[np.float64] | None" = None) -> Logistic:
    """Logistic regression of a 0/1 outcome on the signs, by Newton's method with a light ridge."""
    mean, spread = signs.mean(axis=0), np.maximum(signs.std(axis=0), 1e-6)
    design = np.column_stack([(signs - mean) / spread, np.ones(len(signs))]).astype(np.float64)
    each = np.ones(len(signs)) if weight is None else weight
    ridge = np.full(design.shape[1], _SHRINK)
    ridge[-1] = 1e-3
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = sigmoid(design @ weights)
        slope = design.T @ (each * (outcome - chance)) - ridge * weights
        bend = (design * (each * chance * (1.0 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return Logistic(mean.astype(np.float32), spread.astype(np.float32), weights.astype(np.float32))


def threshold_for(confidence: "Numbers", right: "NDArray[np.float64]", error_target: float) -> float:
    """The least confidence at and above which no more than `error_target` of the answers are wrong.

    Above 1, so that everything is abstained on, where no threshold holds the target.
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(1.0 - right[order]) / np.arange(1, len(order) + 1)
    # Equal confidences are accepted together, so only the last of them counts.
    last = np.r_[confidence[order][1:] != confidence[order][:-1], True]
    holding = np.flatnonzero((wrong <= error_target) & last)
    if not len(holding):
        return 1.01
    return 0.0 if holding[-1] == len(order) - 1 else float(confidence[order[holding[-1]]])


def calibration_error(confidence: "Numbers", right: "NDArray[np.float64]") -> float:
    """Expected calibration error: the mean gap of confidence and accuracy over bins of equal width."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[place == one].mean() - right[place == one].mean()) * (place == one).mean()
        for one in np.unique(place)
    ]
    return float(np.sum(gaps))
