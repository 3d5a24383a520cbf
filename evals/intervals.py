"""Estimates with their 95 % confidence intervals, and the figures that classification is judged by."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_RESAMPLES, _SEED, _Z = 500, 7, 1.959964

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Indexes = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A figure and the bounds of its 95 % confidence interval.

    `draws` are its values over resamples of the rows, the same resamples for every figure of as many rows: so those of
    two figures belong together one by one. NaN where a resample has nothing to count.
    """

    value: float
    low: float
    high: float
    draws: tuple[float, ...] = field(default=(), repr=False, compare=False)

    def plain(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}


def share(hits: "Flags | Sequence[bool]", among: "Flags | Sequence[bool] | None" = None) -> Estimate:
    """A proportion, by Wilson's score interval (1927); of nothing it is unknown: 0, between 0 and 1.

    `among`: of these rows only, where `hits` is of all rows.
    """
    flags = np.asarray(hits, bool)
    counted = np.ones(len(flags), bool) if among is None else np.asarray(among, bool)
    n = int(counted.sum())
    if n == 0:
        return Estimate(0.0, 0.0, 1.0)
    p = float(np.mean(flags[counted]))
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    both = flags & counted
    draws = tuple(
        float(both[rows].sum() / of) if (of := counted[rows].sum()) else math.nan for rows in _drawn(len(flags))
    )
    return Estimate(p, max(0.0, middle - reach), min(1.0, middle + reach), draws)


def bootstrap(figure: Callable[[Indexes], float], n: int) -> Estimate:
    """A figure of n rows, by percentiles of resamples of the rows (Efron 1979); `figure` takes row numbers.

    A calibration error is larger in resamples than in the rows; then the interval is widened to hold the estimate.
    """
    if not n:
        return Estimate(0.0, 0.0, 1.0)
    draws = tuple(float(figure(rows)) for rows in _drawn(n))
    value, (low, high) = float(figure(np.arange(n))), _bounds(draws)
    return Estimate(value, min(low, value), max(high, value), draws)


def mean(values: "Numbers | Sequence[float]") -> Estimate:
    """The mean of a number a row, by the bootstrap; of no rows it is 0."""
    numbers = np.asarray(values, np.float64)
    return (
        bootstrap(lambda rows: float(numbers[rows].mean()), len(numbers)) if len(numbers) else Estimate(0.0, 0.0, 0.0)
    )


def quantile(values: "Numbers | Sequence[float]", at: float) -> Estimate:
    """A quantile of a number a row, by the bootstrap."""
    numbers = np.asarray(values, np.float64)
    return bootstrap(lambda rows: float(np.quantile(numbers[rows], at)), len(numbers))


def averaged(several: Sequence[Estimate]) -> Estimate:
    """The mean of one figure over repetitions on the same rows; the rows are what is resampled, not the repetitions."""
    if len(several) == 1:
        return several[0]
    value = float(np.mean([one.value for one in several]))
    if any(len(one.draws) != _RESAMPLES for one in several):
        return Estimate(value, min(one.low for one in several), max(one.high for one in several))
    draws = tuple(np.mean([one.draws for one in several], axis=0).tolist())
    return Estimate(value, *_bounds(draws), draws)


def difference(ours: Estimate, theirs: Estimate, *, paired: bool) -> Estimate:
    """Ours less theirs. `paired`: of the same rows in the same order, so that what is hard for both counts for neither.

    Otherwise the resamples are matched by chance. Without resamples the bounds are those of the worst case.
    """
    value = ours.value - theirs.value
    if not ours.draws or not theirs.draws or len(ours.draws) != len(theirs.draws):
        return Estimate(value, ours.low - theirs.high, ours.high - theirs.low)
    other = theirs.draws if paired else theirs.draws[::-1]
    return Estimate(value, *_bounds(tuple(a - b for a, b in zip(ours.draws, other, strict=True))))


def _drawn(n: int) -> Iterator[Indexes]:
    draw = np.random.default_rng(_SEED)
    return (draw.integers(n, size=n) for _ in range(_RESAMPLES if n else 0))


def _bounds(draws: Sequence[float]) -> tuple[float, float]:
    found = np.asarray(draws, np.float64)
    found = found[~np.isnan(found)]
    if not len(found):
        return 0.0, 1.0
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


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
