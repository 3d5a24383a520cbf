"""GET /v1/live over real sockets: two surfaces on one database, resuming, sight, and an end in time."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest
import uvicorn

from app import live as live_module
from app.actor import Grant
from app.api import live as api_module
from app.bootstrap import Service
from app.identity.sessions import start_session
from app.identity.tokens import digest_of, revoke_token
from app.main import Application, create_app
from app.store.models import Principal
from tests.e2e.installation import free_port
from tests.integration.api.conftest import Api, CountedQueue, FakeService
from tests.integration.workflow.scenes import agree, pending
from tests.integration.world import World

SOON_S = 10


@dataclass
class Heard:
    """What one listener was told, and the seq of the last."""

    lines: Iterator[str]
    last: int | None = None

    def wait_until_it_listens(self) -> None:
        assert next(line for line in self.lines if line) == f"retry: {2_000}"
        assert next(line for line in self.lines if line) == ":"

    def next(self) -> dict[str, Any]:
        fields: dict[str, str] = {}
        for line in self.lines:
            if not line and "data" in fields:
                break
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        assert fields["event"] == "entry"
        data: dict[str, Any] = json.loads(fields["data"])
        assert data.keys() == {"seq", "kind", "refs"}
        assert int(fields["id"]) == data["seq"]
        self.last = data["seq"]
        return data

    def until(self, seq: int) -> list[dict[str, Any]]:
        told = [self.next()]
        while told[-1]["seq"] < seq:
            told.append(self.next())
        return told


@dataclass
class Served:
    app: Application
    server: uvicorn.Server
    http: httpx.Client

    @contextmanager
    def listening(
        self, headers: dict[str, str], after: int | None = None, patience_s: float = SOON_S
    ) -> Iterator[Heard]:
        more = {} if after is None else {"Last-Event-ID": str(after)}
        with self.http.stream("GET", "/v1/live", headers=headers | more, timeout=patience_s) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            heard = Heard(answer.iter_lines())
            heard.wait_until_it_listens()
            yield heard


@contextmanager
def serving(world: World) -> Iterator[Served]:
    app, port = create_app(cast(Service, FakeService(world.ctx, CountedQueue(world.queue)))), free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SOON_S) as http:
            yield Served(app, server, http)
    finally:
        app.state.live.end()
        server.should_exit = True
        thread.join()


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    with serving(world) as one:
        yield one


def size(world: World, tenant: str = "acme") -> int:
    return len(world.entries(tenant))


def test_two_surfaces_tell_the_same_and_go_on_after_what_was_told(api: Api, served: Served) -> None:
    world = api.world
    with serving(world) as other, served.listening(api.headers("abel")) as one:
        with other.listening(api.headers("abel")) as two:
            first = size(world)
            asked = pending(world)
            told = one.until(size(world) - 1)
            assert told == two.until(size(world) - 1)
        assert [each["seq"] for each in told] == list(range(first, size(world)))
        assert {"event.accepted", "triage.finished", "decision.made"} <= {each["kind"] for each in told}
        # While one listener is away things happen; the other surface has them all for it.
        agree(world, asked)
        world.run()
        later = one.until(size(world) - 1)
        with other.listening(api.headers("abel"), after=told[-1]["seq"]) as two:
            assert two.until(size(world) - 1) == later
        with other.listening(api.headers("abel"), after=0) as two:
            assert [each["seq"] for each in two.until(size(world) - 1)] == list(range(1, size(world)))
    assert {each["refs"]["case"] for each in told if each["kind"] == "decision.made"} == {asked.case_id}


def test_everyone_hears_what_they_may_see(api: Api, served: Served) -> None:
    world = api.world
    before = size(world)
    asked = pending(world)
    unit = world.case(asked.case_id).unit
    assert unit
    api.add("Here", Grant("delivery_lead", unit=unit))
    api.add("Elsewhere", Grant("delivery_lead", unit="another-unit"))
    end = size(world) - 1
    with served.listening(api.headers("abel"), after=before - 1) as heard:
        everything = heard.until(end)
    of_case = [each for each in everything if "case" in each["refs"]]
    assert len(of_case) < len(everything)  # people were added
    for who in ("vera", "Here"):
        with served.listening(api.headers(who), after=before - 1) as heard:
            assert heard.until(of_case[-1]["seq"]) == of_case
    with served.listening(api.headers("Elsewhere"), after=before - 1, patience_s=2) as heard:
        hear_nothing(heard)


def hear_nothing(heard: Heard) -> None:
    with pytest.raises(httpx.ReadTimeout):
        heard.next()


def test_another_firm_is_not_heard(api: Api, served: Served) -> None:
    world = api.world
    with served.listening(api.headers("abel", tenant="borealis")) as theirs:
        ours = size(world)
        pending(world)
        assert size(world) > ours
        world.case_of(
            "psa.timesheet.missing", {"person_id": "per-12", "week_start_on": "2026-02-02"}, tenant="borealis"
        )
        first = theirs.next()
    assert first["seq"] < size(world, "borealis")
    case_ids = {entry.refs.get("case") for entry in world.entries("borealis")}
    assert first["refs"].get("case") in case_ids


def test_the_webs_session_is_heard_too(api: Api, served: Served) -> None:
    cookie = start_session(api.world.ctx, api.world.one(Principal, tenant="acme", name="lena"), "link")
    with served.listening({"Cookie": f"countersign={cookie}"}) as heard:
        asked = pending(api.world)
        assert heard.next()["refs"]["case"] == asked.case_id


@pytest.mark.parametrize("after", ["-1", "x", "1.0", "1e3", "9" * 21])
def test_a_last_event_id_that_is_none_is_refused(api: Api, served: Served, after: str) -> None:
    answer = served.http.get("/v1/live", headers=api.headers("abel") | {"Last-Event-ID": after})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query")


def test_who_may_not_see_cases_may_not_listen(api: Api, served: Served) -> None:
    assert served.http.get("/v1/live").status_code == 401
    assert served.http.get("/v1/live", headers={"Cookie": "countersign=made-up"}).status_code == 401
    assert served.http.get("/v1/live", headers=api.headers("mona")).status_code == 403
    narrow = api.token("abel", "control:write")
    assert served.http.get("/v1/live", headers={"Authorization": f"Bearer {narrow}"}).status_code == 403


def test_whose_token_is_revoked_is_sent_away(api: Api, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (live_module, api_module):
        monkeypatch.setattr(module, "HEARTBEAT_S", 0.2)
    world = api.world
    token = api.token("abel", "cases:read")
    with served.listening({"Authorization": f"Bearer {token}"}) as heard:
        assert next(line for line in heard.lines if line) == ":"
        revoke_token(world.ctx, world.actor("ada"), digest_of(token))
        assert set(heard.lines) <= {":", ""}  # and there is an end of them


def test_many_listeners_share_a_reader_and_all_go_in_time(api: Api, served: Served) -> None:
    headers = api.headers("abel")
    threads = threading.active_count()
    with httpx.Client(base_url=served.http.base_url, timeout=SOON_S, limits=httpx.Limits(max_connections=None)) as http:
        answers = [http.send(http.build_request("GET", "/v1/live", headers=headers), stream=True) for _ in range(60)]
        listening = [Heard(answer.iter_lines()) for answer in answers]
        for each in listening:
            each.wait_until_it_listens()
        # Its own forty threads are all that the surface ever has.
        assert threading.active_count() - threads <= 41
        pool: Any = api.world.ctx.engine.pool
        pending(api.world)
        end = size(api.world) - 1
        assert len({json.dumps(each.until(end)) for each in listening}) == 1
        time.sleep(live_module.LOOK_S)
        assert pool.checkedout() <= 1
        begun = time.monotonic()
        served.app.state.live.end()
        for each in listening:
            assert list(each.lines) == []
        assert time.monotonic() - begun < 3
        for answer in answers:
            answer.close()


def test_it_is_described(api: Api) -> None:
    described = api.client.get("/openapi.json").json()["paths"]["/v1/live"]["get"]
    assert "text/event-stream" in described["responses"]["200"]["content"]
    assert [each["name"] for each in described["parameters"]] == ["last-event-id"]
