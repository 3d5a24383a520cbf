"""The API over a world: requests go through the whole application, work is done when a test says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from app.actor import Grant
from app.bootstrap import Service
from app.context import Context
from app.durable.port import Depth
from app.identity.principals import add_principal, by_name, machine_actor
from app.identity.tokens import create_token
from app.main import create_app
from app.store.engine import read_only
from tests.integration.fakes import FakeQueue
from tests.integration.world import World

DAY = "2026-03-09"


@dataclass
class FakeWorker:
    alive: bool = True
    others: bool = True

    def anyone(self) -> bool:
        return self.alive or self.others


@dataclass
class CountedQueue:
    queue: FakeQueue

    def depth(self) -> dict[str, Depth]:
        found: dict[str, Depth] = {}
        for item in self.queue.waiting():
            found[item.kind] = Depth(queued=found.get(item.kind, Depth()).queued + 1)
        return found


@dataclass
class FakeService:
    """What the application takes of app.bootstrap.Service; the work is done by the world's queue, on call."""

    context: Context
    queue: CountedQueue
    worker: FakeWorker = field(default_factory=FakeWorker)


@dataclass
class Api:
    """A client, with a token for each of the world's people."""

    world: World
    client: TestClient
    service: FakeService
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    def token(self, who: str, *scopes: str, tenant: str = "acme") -> str:
        """As whom requests speak; made by that person's machine, so to say."""
        ctx, key = self.world.ctx, (tenant, who)
        if not scopes and key in self._tokens:
            return self._tokens[key]
        with read_only(ctx.engine) as session:
            row = by_name(session, tenant, who)
        assert row is not None, who
        made = create_token(ctx, machine_actor(tenant), row.id, "test", scopes=scopes)
        if not scopes:
            self._tokens[key] = made
        return made

    def add(self, name: str, *grants: Grant, tenant: str = "acme") -> None:
        add_principal(self.world.ctx, machine_actor(tenant), name=name, kind="person", roles=grants)

    def headers(self, who: str | None, more: Mapping[str, str] | None = None, tenant: str = "acme") -> dict[str, str]:
        mine = {"Authorization": f"Bearer {self.token(who, tenant=tenant)}"} if who else {}
        return mine | dict(more or {})

    def get(self, path: str, who: str | None = "lena", *, tenant: Any = "acme", **query: Any) -> Any:
        return self.client.get(path, headers=self.headers(who, tenant=tenant), params=query or None)

    def post(
        self, path: str, body: Any = None, who: str | None = "lena", *, tenant: str = "acme",
        headers: Mapping[str, str] | None = None, **query: Any,
    ) -> Any:  # fmt: skip
        sent: dict[str, Any] = (
            {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        )
        return self.client.post(path, headers=self.headers(who, headers, tenant), params=query or None, **sent)


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    service = FakeService(world.ctx, CountedQueue(world.queue))
    with TestClient(create_app(cast(Service, service), works=True), raise_server_exceptions=False) as client:
        yield Api(world, client, service)


def problem(response: Any, status: int, code: str, *pointers: str) -> dict[str, Any]:
    """The problem document, which must be of this status and code and name these fields."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    # Of what is decided already, `status` says how it was decided.
    assert body["status"] == status or code == "already_decided"
    assert {"type", "title", "detail", "errors"} <= body.keys()
    assert body["type"].endswith(f"/{code}")
    for pointer in pointers:
        assert pointer in [error["pointer"] for error in body["errors"]], body["errors"]
    return body
