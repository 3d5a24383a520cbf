"""Within a product: how far each of its transactions lies from the others, told so that products can be compared.

Everything is robust and relative to the product's own transactions (Rousseeuw and Hubert 2011, "Robust statistics for
outlier detection"): medians, median absolute deviations, and distances to neighbours, of the logarithms of amounts. A
product of a few transactions, or of equal ones, has a spread of nothing: spreads are therefore never used alone, but
with the typical product's added, as moderated statistics do (Tusher et al. 2001).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Groups = NDArray[np.int64]

_MAD = 1.4826
"""What makes the median absolute deviation of a normal distribution its standard deviation."""


@dataclass(frozen=True)
class Spread:
    """Of one logarithmic quantity, a value a transaction; NaN where the transaction does not tell the quantity.

    `deviation` from the product's median, `mad` of the product (scaled), `typical` the median product's, `tail` the
    share of the product's transactions that lie at least so far out on the same side.
    """

    deviation: Numbers
    mad: Numbers
    typical: float
    tail: Numbers

    @property
    def score(self) -> Numbers:
        """Deviations in spreads, signed."""
        return np.asarray(self.deviation / (self.mad + self.typical + _TINY), np.float64)


_TINY = 1e-9


def spread(values: Numbers, product: Groups) -> Spread:
    """`product` numbers each transaction's product from 0; `values` may hold NaN."""
    deviation = values - median(values, product)
    mad = _MAD * median(np.abs(deviation), product)
    each = _MAD * _medians(np.abs(deviation), product)
    typical = float(np.nanmedian(each)) if np.isfinite(each).any() else 0.0
    return Spread(deviation, mad, typical, _tail(values, product))


def median(values: Numbers, product: Groups) -> Numbers:
    """Each transaction's product's median, NaN left out; NaN for a product without values."""
    return _medians(values, product)[product]


def _medians(values: Numbers, product: Groups) -> Numbers:
    order, starts, counts = _sorted(values, product)
    ranked = np.append(values[order], np.nan)
    low, high = starts + (counts - 1) // 2, starts + counts // 2
    middle = (ranked[np.where(counts > 0, low, -1)] + ranked[np.where(counts > 0, high, -1)]) / 2
    return np.asarray(middle, np.float64)


def neighbour(values: Numbers, product: Groups, k: int) -> Numbers:
    """Distance to the k-th nearest of the product's other transactions (Ramaswamy et al. 2000), NaN where unknown.

    Where a product has fewer others, to the farthest of them; infinite where it has none.
    """
    order, _, counts = _sorted(values, product)
    ranked, of = values[order], product[order]
    enough = np.minimum(k, counts[of] - 1)
    place, best = np.arange(len(order)), np.full(len(order), np.inf)
    # The k nearest and the value itself stand next to one another when sorted: k+1 windows hold the value.
    for before in range(k + 1):
        first = place - before
        last = first + enough
        inside = (before <= enough) & (first >= 0) & (last < len(order))
        first, last = np.where(inside, first, place), np.where(inside, last, place)
        inside &= (of[first] == of) & (of[last] == of)
        reach = np.maximum(ranked - ranked[first], ranked[last] - ranked)
        best = np.where(inside & (enough > 0), np.minimum(best, reach), best)
    found = np.full(len(values), np.nan)
    found[order] = best
    return found


def _tail(values: Numbers, product: Groups) -> Numbers:
    order, starts, counts = _sorted(values, product)
    of = product[order]
    rank = np.arange(len(order)) - starts[of] + 0.5
    share = np.minimum(rank, counts[of] - rank) / counts[of]
    found = np.full(len(values), np.nan)
    found[order] = share
    return found


def _sorted(values: Numbers, product: Groups) -> tuple[Groups, Groups, Groups]:
    """Places of the known values by product and size; of each product where they start and how many they are."""
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.lexsort((values[known], product[known]))]
    counts = np.bincount(product[order], minlength=int(product.max()) + 1 if len(product) else 0)
    return order, np.cumsum(counts) - counts, counts
