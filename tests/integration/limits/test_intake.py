"""Too much at a time: sent away with a time to come back, nothing stored, and over by itself."""

import time
from collections import Counter
from typing import Any

import pytest
from sqlmodel import func, select

from app.store.engine import make_engine, read_only
from app.store.models import Event
from tests.integration.backup.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def stored(house: House) -> int:
    engine = make_engine(house.url, pool_size=1)
    try:
        with read_only(engine) as session:
            return session.exec(select(func.count()).select_from(Event)).one()
    finally:
        engine.dispose()


def readiness(house: House) -> dict[str, Any]:
    answer = house.service.http.get("/readyz")
    return {"http": answer.status_code, **answer.json()}


def test_a_full_queue_sends_deliveries_away_and_recovers(house: House) -> None:
    events = house.happen(40)
    assert house.call("POST", "/v1/control/pause", json={"scope": "agent", "name": "triage"}).status_code == 200
    answers = [house.sender.post(each) for each in events]
    counts = Counter(answer.status_code for answer in answers)
    assert counts[202] == 20
    assert set(counts) == {202, 429}
    away = next(answer for answer in answers if answer.status_code == 429)
    assert int(away.headers["retry-after"]) >= 1
    assert away.headers["content-type"].startswith("application/problem+json")
    assert away.json()["code"] == "rate_limited"
    assert stored(house) == 20
    found = readiness(house)
    assert (found["http"], found["status"], found["checks"]["queue"]["waiting"]) == (200, "degraded", 20)
    since = found["checks"]["queue"]["since"]
    time.sleep(0.1)
    assert readiness(house)["checks"]["queue"]["since"] == since
    batch = house.sender.post(events[20:24], media="application/cloudevents-batch+json")
    assert batch.status_code == 429
    assert house.service.http.get("/healthz").status_code == 200

    assert house.call("POST", "/v1/control/resume", json={"scope": "agent", "name": "triage"}).status_code == 200
    waiting = {each["id"]: each for each in events[20:]}

    def sent_again() -> bool:
        for ident, each in list(waiting.items()):
            if house.sender.post(each).status_code == 202:
                del waiting[ident]
        return not waiting

    until(sent_again, 90)
    until(house.idle)
    assert stored(house) == 40
    assert readiness(house)["status"] == "ready"
    assert "since" not in readiness(house)["checks"]["queue"]


def test_a_token_that_asks_too_often_is_told_when_to_come_back(house: House) -> None:
    answers = [house.call("GET", "/v1/control") for _ in range(200)]
    away = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert away[0].json()["code"] == "rate_limited"
    assert int(away[0].headers["retry-after"]) >= 1
    assert house.call("GET", "/v1/control", who=1).status_code == 200
    time.sleep(1.2)
    assert house.call("GET", "/v1/control").status_code == 200
