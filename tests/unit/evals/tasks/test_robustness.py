from typing import Any

import pytest

from evals.scenes.scene import read_yaml
from evals.tasks import cost, robustness

BASE = [["create_task", "per-1", "review"], ["notify_channel", "", "auto"]]


def row(decisions: list[list[str]], category: str | None = "defect") -> dict[str, Any]:
    return {
        "base": {"categories": ["defect"], "decisions": BASE},
        "variant": {"categories": [category], "decisions": decisions},
    }


@pytest.mark.parametrize(
    ("decisions", "same", "looser"),
    [
        (BASE, True, False),
        (list(reversed(BASE)), True, False),
        (BASE[:1], False, False),
        ([["create_task", "per-1", "auto"], BASE[1]], False, True),
        ([["create_task", "per-1", "deny"], BASE[1]], False, False),
        ([["create_task", "per-2", "review"], BASE[1]], False, False),
        ([*BASE, ["write_off", "inv-1", "review"]], False, False),
        ([*BASE, ["write_off", "inv-1", "auto"]], False, True),
    ],
)
def test_a_variant_is_held_against_its_base(decisions: list[list[str]], *, same: bool, looser: bool) -> None:
    assert robustness.same_decisions(row(decisions)) is same
    assert robustness.looser(row(decisions)) is looser


def test_figures_by_kind() -> None:
    said = [row(BASE), row(BASE, None), row([["create_task", "per-1", "auto"]]), row(BASE[:1], "question")]
    found = robustness.figures(["typos_light", "typos_light", "order", "paraphrase"], said)
    assert found["same_category"].value == 0.5
    assert found["same_category_typos_light"].value == 0.5
    assert found["same_category_order"].value == 1.0
    assert found["same_decisions"].value == 0.5
    assert found["same_decisions_paraphrase"].value == 0.0
    assert found["not_looser"].value == 0.75
    assert robustness.right("order", said[0])
    assert not robustness.right("order", said[1])


def test_every_kind_of_variant_is_there_and_none_twice() -> None:
    variants = list(robustness._variants(read_yaml(robustness.TEXTS)))
    kinds = {one.kind for one in variants}
    assert kinds == {"typos_light", "typos_heavy", "paraphrase", "dress", "order", "duplicate"}
    assert len({one.name for one in variants}) == len(variants)
    assert len(variants) >= 120


def test_costs_are_of_a_case() -> None:
    one = {"calls": 4, "tokens": 1_000, "cost_micros": 50, "model_ms": 800, "wall_ms": 90.0, "cpu_ms": 60.0}
    none = dict.fromkeys(one, 0)
    found = cost.figures(["a", "b"], [one | {"cases": 2}, none | {"cases": 0}])
    assert found["calls_per_case"].value == 1.0
    assert found["tokens_per_case"].value == 250.0
    assert found["cost_micros_per_case"].value == 12.5
    assert found["latency_ms_p50"].value == 22.5
    assert found["cpu_ms_per_case"].value == 15.0
