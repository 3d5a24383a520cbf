"""Medians, spreads and distances within a product, against what they are by definition."""

import math
from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tools.billing.within_product import Groups, Numbers, median, neighbour, spread

amounts = st.lists(
    st.tuples(st.integers(0, 3), st.one_of(st.just(math.nan), st.floats(-50, 50, allow_nan=False))),
    min_size=1, max_size=40,
)  # fmt: skip


def _arrays(rows: list[tuple[int, float]]) -> tuple[Numbers, Groups]:
    return np.array([value for _, value in rows]), np.array([product for product, _ in rows], np.int64)


def _one_by_one(rows: list[tuple[int, float]], figure: Callable[[list[float], int], float]) -> list[float]:
    """`figure` of each known value: of its product's known values and its place among them."""
    found = []
    for place, (product, value) in enumerate(rows):
        if math.isnan(value):
            found.append(math.nan)
            continue
        same = [at for at, one in enumerate(rows) if one[0] == product and not math.isnan(one[1])]
        found.append(figure([rows[at][1] for at in same], same.index(place)))
    return found


@given(amounts)
def test_medians_are_the_products_own(rows: list[tuple[int, float]]) -> None:
    values, product = _arrays(rows)
    expected = _one_by_one(rows, lambda same, _: float(np.median(same)))
    known = np.isfinite(values)
    np.testing.assert_allclose(median(values, product)[known], np.array(expected)[known], atol=1e-9)


@given(amounts, st.integers(1, 6))
def test_a_neighbour_is_the_kth_nearest_of_the_others(rows: list[tuple[int, float]], k: int) -> None:
    def nearest(same: list[float], at: int) -> float:
        apart = sorted(abs(one - same[at]) for place, one in enumerate(same) if place != at)
        return apart[min(k, len(apart)) - 1] if apart else math.inf

    np.testing.assert_allclose(neighbour(*_arrays(rows), k), _one_by_one(rows, nearest), atol=1e-9)


@given(amounts)
def test_a_spread_of_nothing_divides_nothing(rows: list[tuple[int, float]]) -> None:
    values, product = _arrays(rows)
    found = spread(values, product)
    known = np.isfinite(values)
    assert np.isfinite(found.score[known]).all()
    assert ((found.tail[known] > 0) & (found.tail[known] <= 0.5)).all()
    assert np.isnan(found.score[~known]).all()


def test_mad_is_scaled_to_a_standard_deviation() -> None:
    values = np.random.default_rng(3).normal(0, 2.0, 20_000)
    found = spread(values, np.zeros(len(values), np.int64))
    assert abs(found.mad[0] - 2.0) < 0.05
    assert found.typical == found.mad[0]
