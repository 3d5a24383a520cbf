"""The bound of the relaxation is below every solution, and what it leaves out is in no better one."""

from itertools import product
from random import Random

import pytest
from ortools.sat.python import cp_model_helper as cp

from tools.cpsat.model import Model
from tools.cpsat.relaxation import relaxed

CASES = 60


def small(rng: Random) -> tuple[Model, list[tuple[list[tuple[int, int]], int, int]], list[int]]:
    model, size = Model(), rng.randrange(3, 8)
    items = [model.boolean() for _ in range(size)]
    rows: list[tuple[list[tuple[int, int]], int, int]] = []
    for _ in range(rng.randrange(1, 5)):
        terms = [(rng.randrange(1, 9), one) for one in rng.sample(items, rng.randrange(1, size + 1))]
        low = rng.randrange(0, sum(coeff for coeff, _ in terms) + 1)
        high = low if rng.random() < 0.1 else low + rng.randrange(0, 10)
        rows.append((terms, low, high))
        model.linear(terms, low, high)
    chosen = rng.sample(items, 2)
    if rng.random() < 0.5:
        model.exactly_one(chosen)
        rows.append(([(1, one) for one in chosen], 1, 1))
    else:
        model.at_least_one([chosen[0], ~chosen[1]])
        rows.append(([(1, chosen[0]), (-1, chosen[1])], 0, 10))
    costs = [rng.randrange(-50, 100) for _ in items]
    model.minimize(list(zip(costs, items, strict=True)))
    return model, rows, costs


@pytest.mark.parametrize("seed", range(CASES))
def test_against_every_solution(seed: int) -> None:
    model, rows, costs = small(Random(seed))
    proto = cp.CpModelProto()
    assert proto.parse_text_format(model.text())
    found = relaxed(proto)
    solutions = [
        (sum(cost * value for cost, value in zip(costs, values, strict=True)), values)
        for values in product((0, 1), repeat=len(costs))
        if all(low <= sum(coeff * values[name] for coeff, name in terms) <= high for terms, low, high in rows)
    ]
    if found is None:
        assert not solutions
        return
    for objective, values in solutions:
        assert found.bound <= objective
        for limit in range(objective + 1, objective + 4):
            assert not any(values[name] for name in found.dearer_than(limit, keep=set()))
