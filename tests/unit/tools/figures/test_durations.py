from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import load_settings
from evals.replay.logs import APPROVALS, approvals
from tools.figures.durations import Step, approval_seconds, percentile

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = 86_400


def test_what_is_sent_back_counts_from_the_first_asking_to_the_last_approval() -> None:
    steps = [
        Step("a", AT, "asked"), Step("a", AT + timedelta(days=2), "asked"), Step("b", AT, "asked"),
        Step("a", AT + timedelta(days=3), "approved"), Step("a", AT + timedelta(days=4), "approved"),
        Step("c", AT, "approved"),
    ]  # fmt: skip
    assert approval_seconds(steps) == [4 * DAY]


def test_percentiles_lie_between_their_neighbours() -> None:
    assert percentile([0, 10], 50) == 5
    assert percentile([1, 2, 4], 90) == pytest.approx(3.6)
    assert percentile([], 50) is None


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(0, 100))
def test_a_percentile_is_within_the_values(values: list[int], percent: int) -> None:
    ordered = sorted(values)
    found = percentile(ordered, percent)
    assert found is not None
    assert ordered[0] <= found <= ordered[-1]


@pytest.mark.slow
def test_the_public_log_of_declarations_comes_to_its_known_figures() -> None:
    """BPI Challenge 2020: median 1.53 days, p90 8.75, p95 14.75 from submission to final approval."""
    path = load_settings().data_dir / APPROVALS["declarations"]
    if not path.is_file():
        pytest.skip(f"no public data sets: there is no {path}")
    names = {"Declaration SUBMITTED by EMPLOYEE": "asked", "Declaration FINAL_APPROVED by SUPERVISOR": "approved"}
    sent = approvals(path, "declarations")
    told = ((one.body["trace"], one.at, names.get(one.body["concept:name"])) for one in sent)
    seconds = approval_seconds(Step(trace, at, what) for trace, at, what in told if what)  # type: ignore[arg-type]
    assert len(seconds) == 9_938
    assert [round((percentile(seconds, one) or 0) / DAY, 2) for one in (50, 90, 95)] == [1.53, 8.75, 14.75]
