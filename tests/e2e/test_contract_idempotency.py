"""`Idempotency-Key` on every POST but `/events`."""

import threading
import time
import uuid
from typing import Any

import httpx
import pytest

from tests.e2e.approvals import one
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BODY = {"kind": "other", "text": "Once, please."}


def ask(site: Site, key: str, body: Any = None, who: str = "reviewer", path: str = "/v1/triage") -> httpx.Response:
    return site.post(path, BODY if body is None else body, who, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_give_the_first_answer_and_do_nothing(site: Site) -> None:
    key = str(uuid.uuid4())
    first = ask(site, key)
    assert first.status_code == 202
    site.case(first.json()["case_id"])
    before = site.tally()
    for _ in range(3):
        again = ask(site, key)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["content-type"] == first.headers["content-type"]
    assert site.tally() == before


def test_another_body_under_the_key_is_a_mismatch(site: Site) -> None:
    key = str(uuid.uuid4())
    ask(site, key)
    problem(ask(site, key, BODY | {"text": "Twice."}), 422, "idempotency_mismatch")
    assert ask(site, key).status_code == 202


def test_the_scope_is_principal_and_path(site: Site) -> None:
    key = str(uuid.uuid4())
    cases = {ask(site, key, who=who).json()["case_id"] for who in ("reviewer", "finance", "stranger")}
    assert len(cases) == 3
    elsewhere = ask(site, key, {"scope": "tool", "name": "none"}, path="/v1/control/pause")
    problem(elsewhere, 422, "invalid_body", "/name")


def test_refusals_are_kept_too(site: Site) -> None:
    key, bad = str(uuid.uuid4()), {"kind": "none", "text": "x"}
    first = problem(ask(site, key, bad), 422, "invalid_body", "/kind")
    assert problem(ask(site, key, bad), 422, "invalid_body") == first
    problem(ask(site, key), 422, "idempotency_mismatch")


def test_a_verdict_repeated_is_answered_as_the_first_time(site: Site) -> None:
    review, key = one(site), str(uuid.uuid4())
    body = {"verdict": "approve", "args_digest": review["args_digest"]}
    path = f"/v1/reviews/{review['id']}/verdicts"
    first, again = (ask(site, key, body, path=path) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    problem(site.post(path, body, "reviewer"), 409, "already_decided")


def test_of_many_at_once_one_is_done(site: Site) -> None:
    key = str(uuid.uuid4())
    answers: list[httpx.Response] = []
    before = site.tally()["accepted"]
    gate = threading.Barrier(12)

    def go() -> None:
        gate.wait()
        answers.append(ask(site, key))

    threads = [threading.Thread(target=go) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [each for each in answers if each.status_code == 202]
    assert taken
    assert len({each.json()["case_id"] for each in taken}) == 1
    for each in answers:
        if each.status_code != 202:
            problem(each, 409, "idempotency_in_progress")
    assert site.tally()["accepted"] == before + 1


def test_in_flight(site: Site) -> None:
    """A request that waits for its case holds its key."""
    key = str(uuid.uuid4())
    ended: list[httpx.Response] = []
    site.post("/v1/control/pause", {"scope": "agent", "name": "triage"})
    try:
        waiting = threading.Thread(
            target=lambda: ended.append(
                site.post("/v1/triage", BODY, "reviewer", headers={"Idempotency-Key": key}, params={"wait": "4"})
            )
        )
        waiting.start()
        time.sleep(1.5)
        second = site.post("/v1/triage", BODY, "reviewer", headers={"Idempotency-Key": key}, params={"wait": "4"})
        problem(second, 409, "idempotency_in_progress")
        waiting.join()
    finally:
        assert site.post("/v1/control/resume", {"scope": "agent", "name": "triage"}).status_code == 200
    assert ended[0].status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 300])
def test_keys_that_are_none(site: Site, key: str) -> None:
    before = site.tally()
    assert ask(site, key).status_code in (202, 422)
    if key:
        problem(ask(site, key), 422, "invalid_query", "/Idempotency-Key")
        assert site.tally() == before


def test_without_a_token_the_key_is_not_looked_at(site: Site) -> None:
    key = str(uuid.uuid4())
    problem(site.post("/v1/triage", BODY, None, headers={"Idempotency-Key": key}), 401, "unauthenticated")
    assert ask(site, key).status_code == 202


def test_events_take_no_key(site: Site) -> None:
    sender, key = site.senders["all"], {"Idempotency-Key": str(uuid.uuid4())}
    answers = [sender.post(site.fresh("erp.invoice.drafted"), headers=key) for _ in range(2)]
    assert [each.json()["accepted"][0]["duplicate"] for each in answers] == [False, False]
