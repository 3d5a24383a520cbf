"""The one rule for retries: a few in place, longer ones by the queue, and nobody waits behind a server that is away."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from agents.journal import Spent
from agents.reasoners.base import ModelBusy
from agents.reasoners.openai import Client, Endpoint, Limits, OpenAIReasoner
from evals.adversary.server import Asked, Reply, told
from tests.unit.agents.reasoners.openai.conftest import Bench, good, reading
from tests.unit.agents.small_firm import Journal


def after(failures: list[Reply]) -> "Iterator[Reply]":
    yield from failures
    while True:
        yield good()


@pytest.mark.parametrize(
    ("failures", "slept"),
    [
        ([told(500)], [0.5]),
        ([told(503), told(502)], [0.5, 1.0]),
        ([told(429, Retry_After="2")], [2.0]),
        ([told(429, retry_after_ms="1500"), told(529)], [1.5, 1.0]),
        ([told(429, Retry_After="soon"), told(408)], [0.5, 1.0]),
        ([told(503, Retry_After="-3")], [0.0]),
        ([told(429, Retry_After="nan")], [0.0]),
        ([told(429, Retry_After="Fri, 31 Dec 1999 23:59:59 -0000")], [0.5]),
        ([told(429, Retry_After="Fri, 99 Dec 9999 99:99:99 GMT")], [0.5]),
    ],
)
def test_what_passes_soon_is_waited_for_in_place(bench: Bench, failures: list[Reply], slept: list[float]) -> None:
    replies = after(failures)
    bench.server.script = lambda asked: next(replies)
    assert bench.assess().model == "test-model"
    assert bench.slept == slept
    assert len(bench.server.asked) == len(failures) + 1


@pytest.mark.parametrize(
    ("asked_for", "waits"), [("60", 60), ("5.5", 5.5), ("86400", 300), ("1e9", 300), ("1e300", 300), ("inf", 300)]
)
def test_what_takes_longer_is_left_to_the_queue_within_a_bound(bench: Bench, asked_for: str, waits: float) -> None:
    bench.server.script = lambda asked: told(429, Retry_After=asked_for)
    journal = Journal()
    with pytest.raises(ModelBusy) as busy:
        bench.assess(journal=journal)
    assert busy.value.after == timedelta(seconds=waits)
    assert (bench.slept, len(bench.server.asked), journal.calls) == ([], 1, {})


def test_a_server_that_stays_busy_without_saying_for_how_long_is_left_to_the_queue_too(bench: Bench) -> None:
    bench.server.script = lambda asked: told(429)
    with pytest.raises(ModelBusy) as busy:
        bench.assess()
    assert busy.value.after == timedelta(seconds=5)
    assert len(bench.server.asked) == 3


def test_patience_ends_and_the_embedded_reasoner_answers(bench: Bench) -> None:
    bench.server.script = lambda asked: told(429, Retry_After="60")
    with pytest.raises(ModelBusy):
        bench.assess(journal=Journal(Spent(case_age_s=840)))
    assessed = bench.assess(journal=Journal(Spent(case_age_s=841)))
    assert assessed.category == "billing_dispute"
    assert "it stayed busy (its server answered 429)" in assessed.model


def test_after_an_outage_nobody_waits_for_a_while(bench: Bench) -> None:
    now = [100.0]
    endpoint, limits = Endpoint("test-model", "k", bench.server.url), Limits(retries=1)
    client = Client(endpoint, limits, sleep=lambda _: None, monotonic=lambda: now[0])
    reasoner = OpenAIReasoner(endpoint, bench.instead, limits, client)
    bench.server.script = lambda asked: told(503)
    assert "answered 503" in reasoner.assess(reading(), Journal()).model
    assert "a moment ago" in reasoner.assess(reading(), Journal()).model
    assert len(bench.server.asked) == 2
    now[0] += 15.1
    bench.server.script = lambda asked: good()
    assert reasoner.assess(reading(), Journal()).model == "test-model"


def test_nobody_listens(bench: Bench) -> None:
    endpoint = Endpoint("test-model", "k", "http://127.0.0.1:9/v1")
    client = Client(endpoint, Limits(), sleep=bench.slept.append)
    assessed = OpenAIReasoner(endpoint, bench.instead, None, client).assess(reading(), Journal())
    assert "could not be reached" in assessed.model
    assert bench.slept == [0.5, 1.0]


def test_what_was_paid_for_before_a_busy_answer_is_not_paid_again(bench: Bench) -> None:
    """A dialogue that is cut between two rounds goes on where it was."""
    from evals.adversary.server import said

    def script(asked: Asked) -> Reply:
        return told(429, Retry_After="60") if asked.answers else said(None, calls=[("list_projects", "{}")])

    bench.server.script = script
    journal = Journal()
    with pytest.raises(ModelBusy):
        bench.assess(journal=journal)
    assert len(bench.server.asked) == 2
    bench.server.script = lambda asked: good()
    assert bench.assess(journal=journal).model == "test-model"
    assert len(bench.server.asked) == 3
