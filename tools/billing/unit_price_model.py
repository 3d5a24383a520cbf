"""What verdicts teach of unit prices: which odd ones are wrong ones.

It carries over to products that it has not seen, since all it reads is relative to the product.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tools.billing.unit_prices import FAR, Sales, oddness
from tools.billing.within_product import Groups, Numbers, neighbour, spread

_KNOTS = (0.5, 0.8, 0.95)
_SELLER_PRIOR = 5.0
_PENALTY = 30.0


def signs(sales: Sales, wanted: Groups) -> Numbers:
    """What the model reads: a row for each of the `wanted` places, told by all of `sales`; NaN where it is unknown."""
    found: list[Numbers] = []
    for logs in sales.logs():
        of = spread(logs, sales.product)
        gaps = [neighbour(logs, sales.product, k) for k in (1, 3, 10)]
        columns = [of.deviation, np.abs(of.deviation), np.abs(of.score), np.log(of.mad + 0.05), np.log(of.tail)]
        found += [one[wanted] for one in (*columns, *(np.log(np.minimum(gap, FAR) + 0.003) for gap in gaps))]
    odd = oddness(sales)
    sold, seen = np.bincount(sales.product), np.bincount(sales.seller)
    pair = np.unique(sales.product * (sales.seller.max() + 1) + sales.seller, return_inverse=True)[1]
    usual = float(np.mean(odd))
    columns = [
        np.isnan(sales.value).astype(np.float64), np.isnan(sales.quantity).astype(np.float64),
        np.log(sold[sales.product]), np.log(seen[sales.seller]), np.log(np.bincount(pair)[pair]),
        _others(odd, sales.product, usual), _others(odd, sales.seller, usual), _others(odd, pair, usual),
    ]  # fmt: skip
    return np.column_stack([*found, *(one[wanted] for one in columns)])


def _others(values: Numbers, group: NDArray[np.int64], usual: float) -> Numbers:
    """The mean over the other members of each one's group, drawn towards `usual` where they are few."""
    total, size = np.bincount(group, values), np.bincount(group)
    return np.asarray((total[group] - values + _SELLER_PRIOR * usual) / (size[group] - 1 + _SELLER_PRIOR), np.float64)


class UnitPriceModel:
    """Penalised logistic regression on the signs and on hinges at their quantiles, so that each may bend."""

    def __init__(self, labelled: Numbers, wrong: NDArray[np.bool_]) -> None:
        """`labelled` are the signs of the transactions that people looked at, `wrong` what they found."""
        if wrong.all() or not wrong.any():
            raise ValueError("to learn from, there must be both wrong and right transactions")
        known = [column[np.isfinite(column)] for column in labelled.T]
        self._usual = np.array([np.median(column) if len(column) else 0.0 for column in known])
        self._knots = np.quantile(self._filled(labelled), _KNOTS, axis=0)
        bent = self._bent(labelled)
        self._middle, scale = bent.mean(axis=0), bent.std(axis=0)
        self._scale = np.where(scale > 0, scale, 1.0)
        design, side = (bent - self._middle) / self._scale, 2.0 * wrong - 1.0

        def loss(weights: Numbers) -> tuple[float, Numbers]:
            margin = side * (design @ weights[:-1] + weights[-1])
            slope = -side / (1 + np.exp(np.clip(margin, -30, 30)))
            cost = np.logaddexp(0, -margin).sum() + _PENALTY / 2 * (weights[:-1] ** 2).sum()
            return float(cost), np.r_[design.T @ slope + _PENALTY * weights[:-1], slope.sum()]

        start = np.zeros(design.shape[1] + 1)
        self._weights = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x

    def chance(self, table: Numbers) -> Numbers:
        """The probability that a transaction of these signs is wrong."""
        design = (self._bent(table) - self._middle) / self._scale
        margin = np.clip(design @ self._weights[:-1] + self._weights[-1], -30, 30)
        return np.asarray(1 / (1 + np.exp(-margin)), np.float64)

    def _filled(self, table: Numbers) -> Numbers:
        return np.where(np.isfinite(table), table, self._usual)

    def _bent(self, table: Numbers) -> Numbers:
        table = self._filled(table)
        return np.hstack([table, *(np.maximum(table - knot, 0.0) for knot in self._knots)])
