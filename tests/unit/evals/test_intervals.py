import math

import numpy as np
import pytest

from evals.intervals import Estimate, averaged, bootstrap, difference, mean, quantile, share


def test_a_share_among_some_rows_is_the_share_of_those_rows() -> None:
    hits, among = [True, False, True, True, False], [True, True, False, True, False]
    part, alone = share(hits, among), share([True, False, True])
    assert (part.value, part.low, part.high) == (alone.value, alone.low, alone.high)
    assert part.value == pytest.approx(2 / 3)


def test_wilson_interval_as_published() -> None:
    # Newcombe 1998, table I: 81 of 263.
    one = share([place < 81 for place in range(263)])
    assert (round(one.low, 4), round(one.high, 4)) == (0.2553, 0.3662)


def test_of_nothing_nothing_is_known() -> None:
    assert (share([]).low, share([]).high) == (0.0, 1.0)
    assert (share([True], [False]).low, share([True], [False]).high) == (0.0, 1.0)
    assert mean([]).value == 0.0


def test_figures_of_as_many_rows_are_resampled_alike() -> None:
    flags = np.arange(50) % 3 == 0
    both = share(flags), bootstrap(lambda rows: float(flags[rows].mean()), 50)
    assert both[0].draws == both[1].draws
    assert len(set(both[0].draws)) > 10


def test_a_paired_difference_leaves_out_what_is_hard_for_both() -> None:
    hard = np.random.default_rng(1).random(200) < 0.5
    worse, better = hard.copy(), hard.copy()
    better[np.flatnonzero(~hard)[:10]] = True
    paired = difference(share(better), share(worse), paired=True)
    apart = difference(share(better), share(worse), paired=False)
    assert paired.value == pytest.approx(10 / 200) == apart.value
    assert paired.low > 0 > apart.low
    assert paired.high - paired.low < (apart.high - apart.low) / 2


def test_without_resamples_a_difference_is_bounded_by_the_worst_case() -> None:
    change = difference(Estimate(0.5, 0.4, 0.6), Estimate(0.3, 0.2, 0.4), paired=True)
    assert (change.value, change.low, change.high) == pytest.approx((0.2, 0.0, 0.4))


def test_repetitions_are_averaged_and_do_not_count_as_more_rows() -> None:
    one, other = share([True] * 10 + [False] * 10), share([True] * 20)
    both = averaged([one, other])
    assert both.value == pytest.approx(0.75)
    # The same answers again tell nothing new.
    assert averaged([one, one, one]).draws == pytest.approx(one.draws)


def test_quantile_and_mean_of_numbers() -> None:
    numbers = [1.0, 2.0, 3.0, 100.0]
    assert quantile(numbers, 0.5).value == 2.5
    assert mean(numbers).value == 26.5
    assert mean(numbers).low < 26.5 < mean(numbers).high


def test_a_resample_with_nothing_to_count_is_no_number() -> None:
    draws = share([True, False, False], [True, False, False]).draws
    assert any(math.isnan(one) for one in draws)
    assert {one for one in draws if not math.isnan(one)} == {1.0}
