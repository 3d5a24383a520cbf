"""Unit prices: which reported transactions of a product were sold at a price that does not fit the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.billing.within_product import Groups, Numbers, neighbour, spread

NEIGHBOURS = 5
ON_DEVIATION = 0.2
"""What a deviation from the median weighs beside the distance to the nearest: prices may lie in several groups."""

UNKNOWN = 0.5
"""Oddness of a transaction without a price to compare: that of one half a log unit away from all others."""

FAR = 3.0
"""Log units that stand for "no other transaction to compare with" and beyond: a factor of twenty."""

_LEAST_MAD = 0.01


@dataclass(frozen=True)
class Sales:
    """Reported transactions, an entry each: numbers of product and seller from 0; quantity and value (in one currency's
    units), NaN where not reported. What is not positive has no unit price and counts as not reported."""

    product: Groups
    seller: Groups
    quantity: Numbers
    value: Numbers

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str, float, float]]) -> "Sales":
        """From (product, seller, quantity, value) a transaction."""
        product, seller, quantity, value = zip(*rows, strict=True)
        return cls(
            np.unique(np.array(product), return_inverse=True)[1].astype(np.int64),
            np.unique(np.array(seller), return_inverse=True)[1].astype(np.int64),
            np.array(quantity, np.float64), np.array(value, np.float64),
        )  # fmt: skip

    def logs(self) -> tuple[Numbers, Numbers, Numbers]:
        """Logarithms of unit price, quantity and value."""
        quantity, value = _log(self.quantity), _log(self.value)
        return value - quantity, quantity, value


def _log(amounts: Numbers) -> Numbers:
    return np.log(np.where(amounts > 0, amounts, np.nan))


def oddness(sales: Sales) -> Numbers:
    """How far each unit price lies from the product's other ones, in log units; the higher, the odder."""
    price, _, _ = sales.logs()
    deviation = np.abs(spread(price, sales.product).deviation)
    apart = neighbour(price, sales.product, NEIGHBOURS)
    found = np.minimum(apart, FAR) + ON_DEVIATION * deviation
    return np.asarray(np.where(np.isfinite(apart), found, UNKNOWN), np.float64)


def robust_z(sales: Sales) -> Numbers:
    """The plain measure to compare with: |log unit price - median| / MAD by product (Iglewicz and Hoaglin 1993)."""
    price, _, _ = sales.logs()
    found = spread(price, sales.product)
    return np.nan_to_num(np.abs(found.deviation) / (found.mad + _LEAST_MAD))
