"""Estimates with their 95 % confidence intervals, and the figures that classification is judged by."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RESAMPLES, _SEED, _Z = 500, 7, 1.959964

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Indexes = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A figure and the bounds of its 95 % confidence interval."""

    value: float
    low: float
    high: float


def share(hits: "Flags | Sequence[bool]") -> Estimate:
    """A proportion, by Wilson's score interval (1927); of nothing it is unknown: 0, between 0 and 1."""
    n = len(hits)
    if n == 0:
        return Estimate(0.0, 0.0, 1.0)
    p = float(np.mean(hits))
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return Estimate(p, max(0.0, middle - reach), min(1.0, middle + reach))


def bootstrap(figure: Callable[[Indexes], float], n: int) -> Estimate:
    """A figure of n rows, by percentiles of resamples of the rows (Efron 1979); `figure` takes row numbers."""
    draw = np.random.default_rng(_SEED)
    found = np.array([figure(draw.integers(n, size=n)) for _ in range(_RESAMPLES)])
    found = found[~np.isnan(found)]
    value = figure(np.arange(n))
    low, high = np.quantile(found, [0.025, 0.975]) if len(found) else (value, value)
    return Estimate(value, float(low), float(high))


def macro_f1(truth: Indexes, said: Indexes) -> float:
    """The mean over the true labels of F1; what is said of no true label counts as an error of the row's own."""
    size = int(max(truth.max(), said.max())) + 1
    real, claimed = np.bincount(truth, minlength=size), np.bincount(said, minlength=size)
    hit = np.bincount(truth[truth == said], minlength=size)
    there = real > 0
    return float(np.mean(2 * hit[there] / (real[there] + claimed[there])))


def auc(truth: Flags, score: Numbers) -> float:
    """The area under the ROC curve: how often a true row outranks a false one, ties counting half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    positive = int(truth.sum())
    if positive in (0, len(truth)):
        return math.nan
    return float((rank[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


def average_precision(truth: Flags, score: Numbers) -> float:
    """The mean precision at the ranks of the true rows."""
    ordered = truth[np.argsort(-score, kind="stable")]
    if not ordered.any():
        return math.nan
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float(precision[ordered].mean())


def calibration_error(confidence: Numbers, right: Flags, bins: int = 15) -> float:
    """Expected calibration error over bins of equal width (Guo et al. 2017)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(confidence[place == one].mean() - right[place == one].mean()) * (place == one).mean()
            for one in np.unique(place)
        )
    )
