"""Relaxation: the linear programme under a model, for a bound that is exact and for what cannot be part of a better
solution (reduced-cost fixing; Dantzig, Fulkerson and Johnson 1954).

HiGHS finds the prices of the rows in floating point. They are then rounded, and the bound and every reduced cost are
worked out from the rounded prices in whole numbers: any prices give a valid bound (Lagrangian duality), so no rounding
of the library can make it too high.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_SCALE = 1_000
_LARGEST = 2**62


@dataclass(frozen=True)
class Relaxation:
    """`reduced` is by how much more than `exact` the objective is at least where a 0-1 variable is 1; both times
    the scale. Variables that are no 0-1 variables are never left out."""

    exact: int
    reduced: Ints
    binary: NDArray[np.bool_]

    @property
    def bound(self) -> int:
        return -(-self.exact // _SCALE)

    def beyond_first(self, count: int, *, keep: Set[int]) -> list[int]:
        """All 0-1 variables but the `count` that cost least and those to keep."""
        order = np.argsort(np.where(self.binary, self.reduced, -1), kind="stable")
        return [int(place) for place in order[count:] if place not in keep]

    def dearer_than(self, objective: int, *, keep: Set[int]) -> list[int]:
        """The 0-1 variables that are 0 in every solution better than `objective`."""
        # Better is at most one less: beyond that, no solution that holds the variable is.
        dear = self.binary & (self.exact + self.reduced > (objective - 1) * _SCALE)
        return [int(place) for place in np.flatnonzero(dear) if place not in keep]


def relaxed(model: Any) -> Relaxation | None:
    """Of a model with an objective whose numbers are small enough, else None. Rows that are not linear are left out."""
    if not model.has_objective():
        return None
    domains = np.array([list(one.domain) for one in model.variables], dtype=np.int64)
    low, high = domains[:, 0], domains[:, 1]
    cost = np.zeros(len(domains), dtype=np.int64)
    np.add.at(cost, list(model.objective.vars), list(model.objective.coeffs))
    rows = _Rows()
    for one in model.constraints:
        rows.take(one)
    prices = _prices(cost, rows, low, high)
    if prices is None:
        return None
    matrix = rows.matrix(len(domains))
    reduced = _SCALE * cost - matrix.T @ prices
    least = np.where(reduced < 0, reduced * high, reduced * low)
    largest = float(np.abs(least.astype(np.float64)).sum() + np.abs(prices.astype(np.float64) * rows.limits).sum())
    if largest + float(np.abs(reduced).max(initial=0)) > _LARGEST:
        return None
    exact = int(least.sum() + (prices * np.array(rows.limits, dtype=np.int64)).sum())
    return Relaxation(exact, np.maximum(reduced, 0), (low == 0) & (high == 1))


class _Rows:
    """Rows `terms ≤ limit` and `terms = limit`, in coordinates."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.column: list[int] = []
        self.coeff: list[int] = []
        self.limits: list[int] = []
        self.equal: list[bool] = []

    def take(self, constraint: Any) -> None:
        if len(constraint.enforcement_literal):
            return
        if constraint.has_linear():
            names, coeffs = list(constraint.linear.vars), list(constraint.linear.coeffs)
            domain = list(constraint.linear.domain)
            if len(domain) == 2:
                self._linear(names, coeffs, domain[0], domain[1])
        elif constraint.has_exactly_one():
            self._literals(list(constraint.exactly_one.literals), 1, 1)
        elif constraint.has_at_most_one():
            self._literals(list(constraint.at_most_one.literals), 0, 1)
        elif constraint.has_bool_or():
            self._literals(list(constraint.bool_or.literals), 1, _LARGEST)

    def _literals(self, literals: list[int], low: int, high: int) -> None:
        negated = sum(one < 0 for one in literals)
        names = [one if one >= 0 else -one - 1 for one in literals]
        coeffs = [1 if one >= 0 else -1 for one in literals]
        self._linear(names, coeffs, low - negated, high if high == _LARGEST else high - negated)

    def _linear(self, names: list[int], coeffs: list[int], low: int, high: int) -> None:
        if low == high:
            self._add(names, coeffs, high, equal=True)
            return
        if high < _LARGEST:
            self._add(names, coeffs, high, equal=False)
        if low > -_LARGEST:
            self._add(names, [-one for one in coeffs], -low, equal=False)

    def _add(self, names: list[int], coeffs: list[int], limit: int, *, equal: bool) -> None:
        self.row += [len(self.limits)] * len(names)
        self.column += names
        self.coeff += coeffs
        self.limits.append(limit)
        self.equal.append(equal)

    def matrix(self, columns: int) -> Any:
        from scipy.sparse import csr_array

        shape = (len(self.limits), columns)
        return csr_array((np.array(self.coeff, dtype=np.int64), (self.row, self.column)), shape=shape)


def _prices(cost: Ints, rows: _Rows, low: Ints, high: Ints) -> Ints | None:
    """The prices of the rows, rounded, times the scale; None where the programme has no optimum."""
    from scipy.optimize import linprog

    matrix, limits, equal = rows.matrix(len(cost)), np.array(rows.limits), np.array(rows.equal)
    solved = linprog(
        cost, A_ub=matrix[~equal], b_ub=limits[~equal], A_eq=matrix[equal], b_eq=limits[equal],
        bounds=np.column_stack([low, high]), method="highs-ds",
    )  # fmt: skip
    if solved.status != 0:
        return None
    found = np.zeros(len(limits))
    found[~equal] = np.minimum(solved.ineqlin.marginals, 0)
    found[equal] = solved.eqlin.marginals
    return np.rint(found * _SCALE).astype(np.int64)
