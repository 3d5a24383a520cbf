"""A model behind real HTTP in the real service: what it costs is on record, and no failure of its loses a case."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.graph import Triage
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from agents.reasoners.openai import Client, Endpoint, Limits, OpenAIReasoner, Price
from app.store.models import Case, ModelCall, TriageRun
from evals.adversary.server import Asked, Loopback, Reply, said, told
from tests.integration.invariants import check
from tests.integration.world import Template, World

ASSESSED = {
    "category": "billing_dispute", "urgency": "medium", "impact": "medium", "confidence": 90, "language": "en",
    "why_unclear": None,
}  # fmt: skip
TEXT = "We were charged twice for March, please correct the invoice."


def competent(asked: Asked) -> Reply:
    if asked.schema == "letter":
        return said(json.dumps({"subject": asked.data["subject"], "body": asked.data["body"]}))
    return said(json.dumps(ASSESSED))


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(competent).serving() as serving:
        yield serving


@pytest.fixture
def opened(template: Template, tmp_path: Path, encoder: Encoder, server: Loopback) -> Iterator[Callable[..., World]]:
    worlds: list[World] = []

    def open_world(**limits: Any) -> World:
        endpoint = Endpoint("test-model", "none", server.url, 5.0, price=Price(Decimal(2), Decimal(10)))
        allowed = Limits(**limits)
        client = Client(endpoint, allowed, sleep=lambda _: None)
        reasoner = OpenAIReasoner(endpoint, EmbeddedReasoner(encoder), allowed, client)
        worlds.append(World.open(template, tmp_path / f"home-{len(worlds)}", agents=Triage(reasoner)))
        return worlds[-1]

    yield open_world
    for world in worlds:
        check(world)
        world.close()


def ask(world: World, text: str = TEXT, tenant: str = "acme") -> Case:
    return world.case_of("psa.change_request.submitted", {"project_id": "prj-01", "text": text}, tenant=tenant)


def stamp(world: World, case: Case) -> dict[str, Any]:
    return dict(world.one(TriageRun, case_id=case.id).stamps)


def test_each_call_is_on_record_with_what_it_cost(opened: Callable[..., World]) -> None:
    world = opened()
    case = ask(world)
    assess, letter = sorted(world.rows(ModelCall, case_id=case.id), key=lambda row: row.at)
    assert (assess.prompt_tokens, assess.completion_tokens, assess.cost_micros) == (120, 30, 540)
    assert assess.prompt.startswith("assess/v2/")
    assert letter.prompt.startswith("letter/v1/")
    assert assess.latency_ms > 0
    usage = stamp(world, case)["usage"]
    assert usage == {
        "calls": 1,
        "tokens_in": 120,
        "tokens_out": 30,
        "cost_micros": 540,
        "latency_ms": assess.latency_ms,
    }
    (entry, _) = world.entries(kind="model.called")
    assert entry is not None
    assert len(world.reviews(case)) == 2


def test_a_busy_model_is_asked_again_later_and_nothing_counts_as_a_failure(
    opened: Callable[..., World], server: Loopback
) -> None:
    world = opened()
    busy = [told(429, Retry_After="60")] * 7
    server.script = lambda asked: busy.pop() if busy else competent(asked)
    case = ask(world)
    assert world.one(TriageRun, case_id=case.id).status == "running"
    world.run(timedelta(minutes=10))
    assert world.one(TriageRun, case_id=case.id).status == "done"
    assert stamp(world, case)["model"] == "test-model"
    assert world.queue.failures == []
    assert len(world.rows(ModelCall, case_id=case.id)) == 2


def test_a_model_that_stays_busy_leaves_the_case_to_the_embedded_reasoner(
    opened: Callable[..., World], server: Loopback
) -> None:
    world = opened()
    server.script = lambda asked: told(429, Retry_After="120")
    case = ask(world)
    world.run(timedelta(hours=1))
    assert world.one(TriageRun, case_id=case.id).status == "done"
    assert "it stayed busy" in stamp(world, case)["model"]
    assert len(world.reviews(case)) == 2
    assert world.rows(ModelCall) == []


@pytest.mark.parametrize(
    "reply",
    [
        told(500), told(401), Reply(b"<html>", content_type="text/html"), said("nonsense"),
        said(None, refusal="no"), said("{", finish_reason="length"), said("\ud800"),
        said(None, calls=[("write_off", "{}")]), said(None, calls=[("list_projects", "{}")]),
        said(json.dumps(ASSESSED), usage={"prompt_tokens": 10**30, "completion_tokens": 1, "total_tokens": 1}),
    ],
)  # fmt: skip
def test_no_failure_loses_a_case(opened: Callable[..., World], server: Loopback, reply: Reply) -> None:
    world = opened(retries=0)
    server.script = lambda asked: reply
    case = ask(world)
    assert world.queue.failures == []
    assert world.one(TriageRun, case_id=case.id).status == "done"
    tools = sorted(review.tool for review in world.reviews(case))
    assert tools == ["create_task", "send_customer_message"]


def test_a_case_has_its_budget_and_a_firm_its_day(opened: Callable[..., World], server: Loopback) -> None:
    world = opened(case_calls=1)
    case = ask(world)
    (asked,) = server.asked
    assert asked.schema == "assess"
    (message,) = [row for row in world.proposals(case) if row.tool == "send_customer_message"]
    assert message is not None
    # A day's tokens for the firm: what is left is not enough for the next case; the other firm has its own.
    world = opened(day_tokens=9_000)
    before = len(server.asked)
    cases = [ask(world, f"{TEXT} Our reference is {place}.") for place in range(60)]
    stamps = [stamp(world, one)["model"] for one in cases]
    assert stamps[0] == "test-model"
    assert "tokens of this firm for today" in stamps[-1]
    spent = sum(row.prompt_tokens + row.completion_tokens for row in world.rows(ModelCall, tenant="acme"))
    assert spent <= 9_000
    assert len(server.asked) - before == len(world.rows(ModelCall))
    assert stamp(world, ask(world, tenant="borealis"))["model"] == "test-model"
    world.clock.move(days=1)
    assert stamp(world, ask(world, f"{TEXT} Tomorrow."))["model"] == "test-model"


def test_a_run_that_is_repeated_pays_nothing_twice(opened: Callable[..., World], server: Loopback) -> None:
    world = opened()
    taken = world.deliver(
        world.event("psa.change_request.submitted", {"project_id": "prj-01", "text": TEXT})
    ).accepted[0]  # fmt: skip
    (item,) = world.queue.waiting("triage")
    # The first time it falls between the two calls.
    server.script = lambda asked: competent(asked) if asked.schema == "assess" else told(429, Retry_After="60")
    world.run()
    assert [asked.schema for asked in server.asked] == ["assess", "letter"]
    server.script = competent
    world.run(timedelta(minutes=5))
    assert [asked.schema for asked in server.asked] == ["assess", "letter", "letter"]
    assert world.one(TriageRun, case_id=taken.case_id).status == "done"
    assert item.row == world.one(TriageRun, case_id=taken.case_id).id
