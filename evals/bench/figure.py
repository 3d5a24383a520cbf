"""One measured figure beside its budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`budget` is the bound in words (`≤ 300`), None where a figure is only stated; `n` counts what was measured."""

    name: str
    figure: float
    unit: str
    budget: str | None
    holds: bool | None
    n: int


def at_most(name: str, figure: float, unit: str, limit: float, n: int) -> Figure:
    return Figure(name, _short(figure), unit, f"≤ {limit:g}", figure <= limit, n)


def at_least(name: str, figure: float, unit: str, limit: float, n: int) -> Figure:
    return Figure(name, _short(figure), unit, f"≥ {limit:g}", figure >= limit, n)


def stated(name: str, figure: float, unit: str, n: int) -> Figure:
    return Figure(name, _short(figure), unit, None, None, n)


def quantile(samples: Sequence[float], share: float) -> float:
    """The nearest-rank quantile: the smallest sample that at least `share` of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _short(figure: float) -> float:
    """Three significant digits; more would pretend to a precision that no timing has."""
    return figure if figure == 0 else round(figure, max(0, 2 - math.floor(math.log10(abs(figure)))))
