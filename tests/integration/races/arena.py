"""Arena: a world behind real HTTP, two people's clients, and rounds in which two of them act at the same moment."""

import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn

from app.bootstrap import Service
from app.identity.links import create_link
from app.identity.principals import by_name, machine_actor
from app.main import create_app
from app.store.engine import read_only
from app.store.models import Review
from tests.integration.api.conftest import Api, CountedQueue, FakeService
from tests.integration.web.conftest import Form, Forms
from tests.integration.workflow.scenes import request, task
from tests.integration.world import World

FULL = os.environ.get("RACES") == "full"
"""Set by `make races`; else each race takes a share of its rounds."""
_SHARE = 50
JITTER_S = 0.003
PAGE_S = 0.015
"""A form costs its page more work than a call of the API: so long may the call be held back to let either win."""

Act = Callable[[], Any]


def rounds(full: int) -> range:
    """So many rounds, or the share of them that CI has time for."""
    return range(full if FULL else max(4, full // _SHARE))


def together(*acts: Act, seed: int = 0, late: float = JITTER_S) -> list[Any]:
    """Begins all at one moment, give or take milliseconds (the first up to `late` seconds) so that each may win, and
    answers with what each returned, or the exception that it raised."""
    gate, wait = threading.Barrier(len(acts)), random.Random(seed)
    starts = [wait.uniform(0, JITTER_S if place else late) for place in range(len(acts))]

    def begin(act: Act, after: float) -> Any:
        gate.wait(timeout=30)
        time.sleep(after)
        try:
            return act()
        except Exception as raised:  # noqa: BLE001 - the test looks at what was raised
            return raised

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts, starts))


@dataclass
class Tally:
    """One race: rounds, who won them, effects that came of it, and what was wrong in words."""

    race: str
    backend: str
    rounds: int = 0
    winners: Counter[str] = field(default_factory=Counter)
    effects: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 - as assert has it
        if not holds:
            self.wrong.append(f"round {self.rounds}: {otherwise}")

    def line(self) -> str:
        won = ", ".join(f"{name} {count}" for name, count in sorted(self.winners.items()))
        return f"{self.race} | {self.backend} | {self.rounds} | {won} | {self.effects} | {len(self.wrong)}"


@dataclass
class Web:
    """One person's browser, without script. Forms are loaded before the race and sent in it."""

    client: httpx.Client

    def form(self, review_id: str, verdict: str) -> Form:
        return self._offered(self.client.get(f"/reviews/{review_id}"), review_id, verdict)

    def edit(self, review_id: str, **fields: str) -> Form:
        """The form that sends an edit, whose author has seen what it changes."""
        shown = self.send(self.form(review_id, "preview"), verdict="preview", **fields)
        return self._offered(shown, review_id, "edit")

    def _offered(self, page: httpx.Response, review_id: str, verdict: str) -> Form:
        assert page.status_code == 200, page.text
        known = Forms(page.text).forms
        wanted = [form for form in known if form.action == f"/reviews/{review_id}"]
        return next(form for form in wanted if ("verdict", verdict) in {*form.buttons, *form.fields.items()})

    def send(self, form: Form, **fields: str) -> httpx.Response:
        return self.client.post(form.action, data=form.fields | fields)


@dataclass
class Arena:
    """`api` speaks for any of the world's people by token, `web` is a browser of one of them."""

    world: World
    backend: str
    base: str
    _clients: list[httpx.Client] = field(default_factory=list)
    _api: Api | None = None
    _webs: dict[str, Web] = field(default_factory=dict)

    def tally(self, race: str) -> Tally:
        return Tally(race, self.backend)

    def client(self) -> httpx.Client:
        made = httpx.Client(base_url=self.base, follow_redirects=True, timeout=60, trust_env=False)
        self._clients.append(made)
        return made

    def token(self, who: str) -> str:
        self._api = self._api or Api(self.world, cast(Any, None), cast(Any, None))
        return self._api.token(who)

    def post(self, client: httpx.Client, who: str, path: str, body: Any = None) -> httpx.Response:
        return client.post(f"/v1{path}", headers={"Authorization": f"Bearer {self.token(who)}"}, json=body)

    def verdict(self, client: httpx.Client, who: str, review: Review, verdict: str) -> Act:
        """The call, ready to be made; the review's digest is the one it shows now."""
        self.token(who)
        body = {"verdict": verdict, "args_digest": review.args_digest}
        return lambda: self.post(client, who, f"/reviews/{review.id}/verdicts", body)

    def web(self, who: str) -> Web:
        if who not in self._webs:
            ctx, client = self.world.ctx, self.client()
            with read_only(ctx.engine) as session:
                row = by_name(session, "acme", who)
            assert row is not None
            secret = parse_qs(urlsplit(create_link(ctx, machine_actor("acme"), row.id)).query)["link"][0]
            assert client.post("/sign-in", data={"link": secret}).url.path == "/queue"
            self._webs[who] = Web(client)
        return self._webs[who]

    def asked(self, number: int) -> Review:
        """A pending review of a task of its own."""
        (found,) = self.several(task(f"Look into {number}"))
        return found

    def several(self, *tasks: Any) -> list[Review]:
        """The pending reviews of one case, in no order."""
        case = request(self.world, *tasks)
        return self.world.rows(Review, case_id=case.id, status="pending")

    def applied(self) -> dict[str, int]:
        """Idempotency key → how often the firm's system acted under it."""
        return {str(entry["key"]): int(entry["count"]) for entry in self.world.ledger()}

    def said(self, kind: str) -> dict[str, list[Any]]:
        """Review id → the log's entries of that kind about it, in order."""
        found: dict[str, list[Any]] = {}
        for entry in self.world.entries(kind=kind):
            found.setdefault(entry.refs.get("review", ""), []).append(entry)
        return found

    def order(self, *kinds: str) -> list[tuple[str, Any]]:
        """What the log says happened, of these kinds, in its order."""
        return [(entry.kind, entry) for entry in self.world.entries() if entry.kind in kinds]

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextmanager
def open_arena(world: World, backend: str) -> Iterator[Arena]:
    app = create_app(cast(Service, FakeService(world.ctx, CountedQueue(world.queue))), works=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.02)
    arena = Arena(world, backend, f"http://127.0.0.1:{port}")
    try:
        yield arena
    finally:
        arena.close()
        server.should_exit = True
        thread.join()
