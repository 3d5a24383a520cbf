import sqlite3
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from app.api import idempotency
from app.store.engine import unit_of_work
from app.store.models import Case, Event, IdempotencyKey
from app.workflow import ingest
from tests import postgres
from tests.integration.api.actions import waiting
from tests.integration.api.conftest import Api, problem

ASKED = {"kind": "billing_question", "text": "a sentence that must not lie open", "project": "prj-01"}
KEY = {"Idempotency-Key": "k-1"}


def ask(api: Api, body: dict[str, Any] = ASKED, who: str = "lena", **query: Any) -> Any:
    return api.post("/v1/triage", body, who, headers=KEY, **query)


def test_the_same_key_gives_the_same_answer_and_does_nothing_again(api: Api) -> None:
    first, again = ask(api), ask(api)
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert len(api.world.rows(Case)) == 1


def test_another_body_or_query_under_the_key_is_refused(api: Api) -> None:
    ask(api)
    problem(ask(api, ASKED | {"text": "another"}), 422, "idempotency_mismatch")
    problem(ask(api, wait=1), 422, "idempotency_mismatch")
    assert len(api.world.rows(Case)) == 1


def test_keys_are_apart_by_person_and_path(api: Api) -> None:
    _, (row,) = waiting(api)
    assert ask(api).json() != ask(api, who="finn").json()
    body = {"verdict": "respond", "comment": "really?"}
    assert api.post(f"/v1/reviews/{row.id}/verdicts", body, "finn", headers=KEY).status_code == 200
    assert len(api.world.rows(Case)) == 3


def test_a_verdict_is_replayed_instead_of_already_decided(api: Api) -> None:
    _, (row,) = waiting(api)
    body = {"verdict": "approve", "args_digest": row.args_digest}
    first = api.post(f"/v1/reviews/{row.id}/verdicts", body, "finn", headers=KEY)
    again = api.post(f"/v1/reviews/{row.id}/verdicts", body, "finn", headers=KEY)
    assert (first.status_code, first.content) == (again.status_code, again.content)


def test_a_refusal_is_kept_too(api: Api) -> None:
    wrong = ASKED | {"kind": "wish"}
    first, again = ask(api, wrong), ask(api, wrong)
    problem(first, 422, "invalid_body", "/kind")
    assert again.content == first.content
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotency-replayed"] == "true"


def test_without_a_token_no_key_is_taken(api: Api) -> None:
    problem(api.post("/v1/triage", ASKED, None, headers=KEY), 401, "unauthenticated")
    assert api.world.rows(IdempotencyKey) == []


def cut_off(api: Api) -> None:
    """As a process leaves its key that died before it could keep the answer."""
    with unit_of_work(api.world.ctx.engine) as session:
        (row,) = api.world.rows(IdempotencyKey)
        row.status, row.response_payload = None, None
        session.add(session.merge(row))


def test_what_was_cut_off_is_asked_again_half_a_minute_later_and_not_done_again(api: Api) -> None:
    first = ask(api)
    cut_off(api)
    refused = ask(api)
    problem(refused, 409, "idempotency_in_progress")
    assert int(refused.headers["retry-after"]) >= 1
    api.world.clock.move(seconds=31)
    again = ask(api)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(api.world.rows(Case)) == 1
    assert ask(api).headers["idempotency-replayed"] == "true"


def test_a_request_that_takes_long_keeps_its_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "_HEARD_S", 0.02)
    begun, over = threading.Event(), threading.Event()
    request_triage = ingest.request_triage

    def slowly(*args: Any, **more: Any) -> str:
        begun.set()
        assert over.wait(20)
        return request_triage(*args, **more)

    monkeypatch.setattr(ingest, "request_triage", slowly)
    answers: list[Any] = []
    slow = threading.Thread(target=lambda: answers.append(ask(api)))
    slow.start()
    assert begun.wait(20)
    for _ in range(3):
        (before,) = api.world.rows(IdempotencyKey)
        api.world.clock.move(seconds=20)
        while api.world.rows(IdempotencyKey)[0].held_at == before.held_at:
            time.sleep(0.01)
        problem(ask(api), 409, "idempotency_in_progress")
    over.set()
    slow.join()
    assert answers[0].status_code == 202
    assert ask(api).content == answers[0].content


def test_who_goes_on_after_another_took_the_key_leaves_it_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process does that was stopped for a minute: both are answered, one case is there, one answer is kept."""
    monkeypatch.setattr(idempotency, "_HEARD_S", 600)
    request_triage, answers = ingest.request_triage, []

    def stopped(*args: Any, **more: Any) -> str:
        monkeypatch.setattr(ingest, "request_triage", request_triage)
        api.world.clock.move(seconds=40)
        answers.append(ask(api))
        return request_triage(*args, **more)

    monkeypatch.setattr(ingest, "request_triage", stopped)
    late = ask(api)
    assert late.content == answers[0].content == ask(api).content
    assert len(api.world.rows(Case)) == 1
    assert len(api.world.rows(Event)) == 1


def test_a_key_is_free_again_after_a_day(api: Api) -> None:
    first = ask(api)
    api.world.clock.move(hours=24)
    assert ask(api, ASKED | {"text": "tomorrow"}).json() != first.json()


def test_what_went_wrong_here_may_be_tried_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr("app.workflow.ingest.request_triage", broken)
    problem(ask(api), 500, "internal")
    monkeypatch.undo()
    assert ask(api, ASKED | {"text": "something else"}).status_code == 202


def test_what_broke_after_it_was_stored_is_not_done_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    request_triage = ingest.request_triage

    def broken(*args: Any, **more: Any) -> None:
        request_triage(*args, **more)
        raise RuntimeError("not today")

    monkeypatch.setattr(ingest, "request_triage", broken)
    problem(ask(api), 500, "internal")
    monkeypatch.undo()
    assert ask(api).status_code == 202
    assert len(api.world.rows(Case)) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
def test_absurd_keys(api: Api, key: str) -> None:
    answer = api.post("/v1/triage", ASKED, headers={"Idempotency-Key": key})
    problem(answer, 422, "invalid_query", "/Idempotency-Key")


def test_the_kept_answer_is_sealed(api: Api) -> None:
    _, (row,) = waiting(api)
    body = {"verdict": "respond", "comment": ASKED["text"]}
    assert ASKED["text"] in api.post(f"/v1/reviews/{row.id}/verdicts", body, "finn", headers=KEY).text
    engine = api.world.ctx.engine
    if engine.dialect.name == "postgresql":
        dump = b"\n".join(postgres.contents(engine).values()).decode(errors="replace")
    else:
        engine.dispose()
        with closing(sqlite3.connect(str(engine.url.database))) as connection:
            dump = "\n".join(connection.iterdump())
    assert row.id in dump
    assert ASKED["text"] not in dump


def test_only_posts_heed_the_header(api: Api) -> None:
    assert api.client.get("/v1/cases", headers=api.headers("lena", KEY)).status_code == 200
    assert api.world.rows(IdempotencyKey) == []
    assert idempotency.LIFETIME.total_seconds() == 86_400
