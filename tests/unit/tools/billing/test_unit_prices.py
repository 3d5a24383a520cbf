"""Unit prices: what is odd, what cannot be compared, and a model that carries over to other products."""

import math

import numpy as np
import pytest

from evals.intervals import auc, average_precision
from tools.billing.unit_price_model import UnitPriceModel, signs
from tools.billing.unit_prices import UNKNOWN, Sales, oddness, robust_z
from tools.billing.within_product import Numbers


def _market(seed: int, products: int = 60) -> tuple[Sales, Numbers]:
    """Each product with a price level, a spread and a size of its own; one sale in twelve at a fifth or five times."""
    draw = np.random.default_rng(seed)
    rows: list[tuple[str, str, float, float]] = []
    wrong: list[bool] = []
    for product in range(products):
        level, width = draw.uniform(1, 1000), draw.uniform(0.0, 0.25)
        for _ in range(int(draw.integers(5, 60))):
            quantity, is_wrong = float(draw.integers(100, 5_000)), bool(draw.random() < 1 / 12)
            factor = (5.0 if draw.random() < 0.5 else 0.2) if is_wrong else 1.0
            rows.append((f"p{seed}-{product}", f"v{draw.integers(40)}", quantity,
                         quantity * level * factor * math.exp(draw.normal(0, width))))  # fmt: skip
            wrong.append(is_wrong)
    return Sales.of(rows), np.array(wrong)


def test_odd_prices_rank_first_without_labels() -> None:
    sales, wrong = _market(1)
    assert average_precision(wrong.astype(bool), oddness(sales)) > 0.9


def test_the_scale_of_quantity_and_value_does_not_matter() -> None:
    sales, _ = _market(2)
    dearer = Sales(sales.product, sales.seller, sales.quantity * 7, sales.value * 1_000)
    np.testing.assert_allclose(oddness(dearer), oddness(sales), atol=1e-9)
    everything = np.arange(len(sales.value))
    # The second block of signs is of quantities and the third of values: all of them relative to the product.
    np.testing.assert_allclose(signs(dearer, everything), signs(sales, everything), atol=1e-6)


def test_what_cannot_be_compared_is_neither_odd_nor_an_error() -> None:
    sales = Sales.of([
        ("equal", "a", 10.0, 100.0), ("equal", "a", 20.0, 200.0), ("equal", "b", 30.0, 300.0),
        ("alone", "a", 1.0, 5.0), ("free", "a", 3.0, 0.0), ("back", "b", 2.0, -40.0), ("untold", "b", math.nan, 9.0),
        ("untold", "b", 4.0, math.nan),
    ])  # fmt: skip
    assert oddness(sales).tolist() == pytest.approx([0.0] * 3 + [UNKNOWN] * 5)
    assert robust_z(sales).tolist() == pytest.approx([0.0] * 8)
    assert signs(sales, np.arange(8)).shape[0] == 8


def test_two_of_a_product_are_compared_with_each_other() -> None:
    found = oddness(Sales.of([("p", "a", 1.0, 1.0), ("p", "b", 1.0, math.e)]))
    assert found[0] == found[1] == pytest.approx(1.1)


def test_labels_of_other_products_carry_over() -> None:
    (learnt, was_wrong), (sales, wrong) = _market(3), _market(4)
    model = UnitPriceModel(signs(learnt, np.arange(len(was_wrong))), was_wrong.astype(bool))
    chance = model.chance(signs(sales, np.arange(len(wrong))))
    assert auc(wrong.astype(bool), chance) > 0.98
    assert abs(chance.mean() - wrong.mean()) < 0.03


def test_the_model_answers_where_everything_is_missing() -> None:
    sales, wrong = _market(5)
    model = UnitPriceModel(signs(sales, np.arange(len(wrong))), wrong.astype(bool))
    untold = Sales.of([("p", "v", math.nan, math.nan)] * 3)
    assert np.isfinite(model.chance(signs(untold, np.arange(3)))).all()


def test_one_sided_verdicts_teach_nothing() -> None:
    sales, wrong = _market(6, products=3)
    with pytest.raises(ValueError, match="both wrong and right"):
        UnitPriceModel(signs(sales, np.arange(len(wrong))), np.zeros(len(wrong), bool))
