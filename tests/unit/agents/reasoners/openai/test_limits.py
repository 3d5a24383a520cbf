"""Budgets of calls, tokens, time and money, for a case and for a firm's day: what is used up is not asked."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.journal import Spent
from agents.reasoners.openai import Limits, OverBudget, Price
from evals.adversary.server import Reply, said
from tests.unit.agents.reasoners.openai.conftest import Bench, good
from tests.unit.agents.small_firm import Journal


@pytest.mark.parametrize(
    ("limits", "spent", "why"),
    [
        ({"case_calls": 3}, {"case_calls": 3}, "calls for one case"),
        ({"case_tokens": 20_000}, {"case_tokens": 19_000}, "tokens for one case"),
        ({"case_seconds": 10}, {"case_latency_ms": 10_001}, "model's time for one case"),
        ({"case_cost_micros": 50_000}, {"case_cost_micros": 49_000}, "money for one case"),
        ({"day_tokens": 20_000}, {"day_tokens": 19_000}, "tokens of this firm for today"),
        ({"day_cost_micros": 50_000}, {"day_cost_micros": 49_000}, "money of this firm for today"),
    ],
)
def test_what_is_used_up_is_not_asked_and_the_result_says_so(
    bench: Bench, limits: dict[str, Any], spent: dict[str, int], why: str
) -> None:
    assert bench.assess(journal=Journal(), **limits).model == "test-model"
    assessed = bench.assess(journal=Journal(Spent(**spent)), **limits)
    assert assessed.category == "billing_dispute"
    assert f"the budget of {why} is used up" in assessed.model
    assert len(bench.server.asked) == 1


def test_a_dialogue_ends_where_the_budget_ends(bench: Bench) -> None:
    bench.server.script = lambda asked: said(None, calls=[("list_projects", "{}")])
    journal = Journal()
    assessed = bench.assess(journal=journal, case_calls=2)
    assert "calls for one case" in assessed.model
    assert len(bench.server.asked) == len(journal.calls) == 2


def test_calls_without_an_answer_use_up_the_time_of_a_case(bench: Bench) -> None:
    """A server that lets everybody wait is not waited for once more with every run of the case."""
    bench.server.script = lambda asked: Reply(b"", wait_s=5)
    journal = Journal()
    reasons = [bench.assess(journal=journal, timeout_s=0.3, retries=0, case_seconds=0).model for _ in range(2)]
    assert "did not answer in time" in reasons[0]
    assert "model's time for one case is used up" in reasons[1]
    (call,) = journal.calls.values()
    assert call.latency_ms >= 300
    assert str(call.failure).endswith("did not answer in time")


def test_a_server_that_counts_nothing_is_counted_by_size(bench: Bench) -> None:
    bench.server.script = lambda asked: said(good_text(), usage={})
    journal = Journal()
    bench.assess(journal=journal)
    (call,) = journal.calls.values()
    assert call.input_tokens > 300
    assert call.output_tokens == len(good_text()) // 4
    assert call.cost_micros


def good_text() -> str:
    import json

    text: str = json.loads(good().body)["choices"][0]["message"]["content"]
    return text


@pytest.mark.parametrize("count", [10**30, -5])
def test_absurd_counts_are_bounded(bench: Bench, count: int) -> None:
    bench.server.script = lambda asked: said(
        good_text(), usage={"prompt_tokens": count, "completion_tokens": count, "total_tokens": count}
    )
    journal = Journal()
    assert bench.assess(journal=journal).model == "test-model"
    (call,) = journal.calls.values()
    assert 0 < call.input_tokens <= 2_000_000_000
    assert 0 < (call.cost_micros or 0) <= 2_000_000_000


COUNTS = st.integers(0, 10**9)


@given(used=COUNTS, limit=COUNTS, tokens=COUNTS)
def test_no_call_that_is_let_through_can_go_beyond(used: int, limit: int, tokens: int) -> None:
    limits = Limits(case_tokens=limit, day_tokens=None)
    spent = Spent(case_tokens=used)
    if used + tokens <= limit:
        limits.check(spent, tokens, 0)
    else:
        with pytest.raises(OverBudget):
            limits.check(spent, tokens, 0)


@given(read=COUNTS, written=COUNTS, price=st.decimals(0, 1000, places=4), other=st.decimals(0, 1000, places=4))
def test_a_price_is_exact_and_rounded_up(read: int, written: int, price: Decimal, other: Decimal) -> None:
    exact = price * read + other * written
    assert 0 <= Price(price, other).of(read, written) - exact < 1
