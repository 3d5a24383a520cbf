"""Figures: what holds, what is only stated, and quantiles that are samples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.figure import at_least, at_most, quantile, stated

seconds = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=300)


@pytest.mark.parametrize(("value", "below", "above"), [(1.0, True, False), (2.0, True, True), (3.0, False, True)])
def test_a_budget_is_a_bound_that_may_be_met_exactly(value: float, *, below: bool, above: bool) -> None:
    assert at_most("a", value, "s", 2, 1).holds is below
    assert at_least("a", value, "s", 2, 1).holds is above


def test_a_figure_is_rounded_after_it_was_compared() -> None:
    just_over = at_most("a", 2.001, "s", 2, 1)
    assert (just_over.figure, just_over.holds, just_over.budget) == (2.0, False, "≤ 2")
    assert stated("a", 123_456.7, "events/s", 9).figure == 123_457
    assert stated("a", 0.0123456, "s", 9).figure == 0.0123


@given(samples=seconds, share=st.floats(min_value=0, max_value=1))
def test_a_quantile_is_a_sample_that_that_share_does_not_exceed(samples: list[float], share: float) -> None:
    found = quantile(samples, share)
    assert found in samples
    assert sum(sample <= found for sample in samples) >= share * len(samples)
    assert sum(sample < found for sample in samples) < max(share * len(samples), 1)
