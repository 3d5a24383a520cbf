"""The service and a stand-in for Slack, each a real server; people of the firm with accounts there."""

import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from app.bootstrap import Service, works
from app.identity.passwords import Guesses
from app.identity.principals import by_name, machine_actor
from app.identity.sessions import start_session
from app.identity.slack_links import show_code, use_code
from app.main import Application, create_app
from app.slack.bolt import Surface
from app.slack.running import SocketMode
from app.slack.sender import send_all
from app.slack.workspaces import connect
from app.store.engine import read_only
from tests.integration.api.conftest import CountedQueue, FakeService
from tests.integration.slack.kit_rules import texts
from tests.integration.slack.stand_in import APP_TOKEN, BOT_TOKEN, SIGNING, StandIn
from tests.integration.slack.workspace import TEAM, Message, person
from tests.integration.world import World

LINKED = ("lena", "lars", "finn", "fred", "ruth", "rolf", "hal", "cora", "vera", "rhea", "ada", "fiona")
CHANNEL = "C0REVIEWS"


@dataclass
class Answer:
    """What Slack got in answer to something that it sent."""

    status: int
    body: Any


@dataclass
class Office:
    """A firm whose people are in Slack. `mode` is how Slack's requests come in: `http` or `socket`."""

    world: World
    slack: StandIn
    mode: str
    base: str
    app: Application
    socket: SocketMode | None
    slowest: float = 0.0
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    # -- the service's own part

    def tell(self) -> int:
        """What the telling thread does once a second."""
        return send_all(self.world.ctx)

    def settle(self) -> None:
        """Work that is due, and what Slack is told of it."""
        self.world.run()
        self.tell()

    def wait(self) -> None:
        """Until what was acknowledged is worked off, which begins a moment after; not of what nobody takes."""
        deadline = time.monotonic() + 3
        while self.surface.taken < self.sent and time.monotonic() < deadline:
            time.sleep(0.002)
        self.sent = self.surface.taken
        deadline = time.monotonic() + 20
        while self.surface._under_way and time.monotonic() < deadline:
            time.sleep(0.002)

    @property
    def surface(self) -> Surface:
        found: Surface = self.socket.surface if self.socket else self.app.state.slack
        return found

    # -- what people do

    def user(self, name: str) -> str:
        """The account of one of the firm's people; an account as it is."""
        return name if name.startswith("U") else f"U{name.upper()}"

    def press(self, who: str, message: Message, action: str, *, number: int = 0, wait: bool = True, **more: Any) -> Any:
        """Clicks the button of that action in a message as it stands now."""
        found = [each for each in buttons(message.blocks) if each["action_id"] == action]
        assert found, f"there is no {action} in it: {[each['action_id'] for each in buttons(message.blocks)]}"
        payload = self.click(who, message, found[number]) | more
        answer = self.send("interactive", payload)
        if wait:
            self.wait()
        return answer

    def click(self, who: str, message: Message, button: dict[str, Any]) -> dict[str, Any]:
        user = self.user(who)
        pressed = {key: value for key, value in button.items() if key not in ("options", "confirm")}
        return {
            "type": "block_actions", "team": {"id": TEAM}, "user": {"id": user, "team_id": TEAM},
            "trigger_id": self.slack.trigger(), "response_url": self.slack.response_url(user),
            "container": {"type": "message", "channel_id": message.channel, "message_ts": message.ts},
            "channel": {"id": message.channel}, "actions": [pressed | {"action_ts": "1.1"}],
        }  # fmt: skip

    def view(self) -> dict[str, Any]:
        """The view that was opened last."""
        return list(self.slack.views.values())[-1]

    def submit(self, who: str, view: dict[str, Any], /, **values: str | None) -> Any:
        """Submits a view with these inputs (`arg.` left out), the others as they stand; answers Slack's answer."""
        state: dict[str, Any] = {}
        for block in view["blocks"]:
            if block["type"] == "input":
                name = block["block_id"].removeprefix("arg.")
                state[block["block_id"]] = {block["element"]["action_id"]: answered(block["element"], values.get(name))}
        user = self.user(who)
        sent = {key: view.get(key) for key in ("id", "hash", "callback_id", "private_metadata", "blocks")}
        payload = {
            "type": "view_submission", "team": {"id": TEAM}, "user": {"id": user, "team_id": TEAM},
            "trigger_id": self.slack.trigger(), "view": sent | {"type": "modal", "state": {"values": state}},
        }  # fmt: skip
        answer = self.send("interactive", payload)
        self.wait()
        body = answer.body or {}
        if body.get("response_action") == "update":
            self.slack.keep_view(body["view"], view["id"])
        return body

    def command(self, who: str, text: str, **more: str) -> str:
        """Types `/countersign text`; answers what the person alone is told."""
        user = self.user(who)
        before = len(self.slack.heard(user))
        fields = {
            "command": "/countersign", "text": text, "team_id": TEAM, "user_id": user, "channel_id": CHANNEL,
            "trigger_id": self.slack.trigger(), "response_url": self.slack.response_url(user),
        } | more  # fmt: skip
        answer = self.send("slash_commands", fields)
        assert answer.status == 200
        self.wait()
        return "\n".join(self.slack.heard(user)[before:])

    # -- how Slack sends

    def send(self, kind: str, payload: dict[str, Any]) -> Answer:
        """Over HTTP, signed, or over the socket; Slack waits three seconds for the answer."""
        begun = time.monotonic()
        with self.lock:
            self.sent += 1
        if self.mode == "socket":
            answer = Answer(200, self.slack.run(self.slack.envelope(kind, payload)))
        else:
            raw = self.raw(kind, payload)
            answer = self.post(raw, kind)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        return answer

    def raw(self, kind: str, payload: dict[str, Any]) -> bytes:
        if kind == "events_api":
            return json.dumps(payload).encode()
        fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return urlencode(fields).encode()

    def post(self, raw: bytes, kind: str = "interactive", *, at: float | None = None, **headers: str) -> Answer:
        """One delivery, signed as Slack's documentation says, without the code under test."""
        media = "application/json" if kind == "events_api" else "application/x-www-form-urlencoded"
        stamp = str(int(at if at is not None else time.time()))
        mac = hmac.new(SIGNING.encode(), f"v0:{stamp}:".encode() + raw, sha256).hexdigest()
        signed = {"content-type": media, "x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mac}"}
        answer = self.client.post(f"{self.base}/slack/events", content=raw, headers=signed | headers)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return Answer(answer.status_code, answer.json() if is_json and answer.content else answer.text or None)

    def event(self, event: dict[str, Any]) -> Answer:
        ident = f"Ev{self.slack.number()}"
        payload = {"type": "event_callback", "team_id": TEAM, "event_id": ident, "api_app_id": "A1", "event": event}
        answer = self.send("events_api", payload)
        self.wait()
        return answer

    # -- accounts

    def link(self, who: str, user: str | None = None, tenant: str = "acme") -> None:
        ctx = self.world.ctx
        with read_only(ctx.engine) as session:
            row = by_name(session, tenant, who)
        assert row is not None
        code = show_code(ctx, machine_actor(tenant), row.id)
        use_code(ctx, Guesses(), tenant, TEAM, user or self.user(who), code)

    def sign_in(self, *names: str) -> None:
        """On the web, just now."""
        for who in names:
            with read_only(self.world.ctx.engine) as session:
                row = by_name(session, "acme", who)
            assert row is not None
            start_session(self.world.ctx, row, "link")


def buttons(blocks: list[Any]) -> list[dict[str, Any]]:
    found = []
    for block in blocks:
        found += list(block.get("elements", ())) if block["type"] == "actions" else []
        found += [block["accessory"]] if "accessory" in block else []
    return [each for each in found if "action_id" in each]


def answered(element: dict[str, Any], text: str | None) -> dict[str, Any]:
    """What Slack sends of an input: as it stood, or with this in it."""
    kind = element["type"]
    if kind == "static_select":
        chosen = next((each for each in element["options"] if each["value"] == text), element.get("initial_option"))
        return {"type": kind, "selected_option": chosen}
    if kind == "datepicker":
        return {"type": kind, "selected_date": text or element.get("initial_date")}
    if kind == "users_select":
        return {"type": kind, "selected_user": text}
    return {"type": kind, "value": text if text is not None else element.get("initial_value")}


def said(message: Message) -> str:
    """All that a reader sees of a message."""
    return texts(message.blocks)


def open_office(world: World, mode: str = "http") -> Iterator[Office]:
    slack = StandIn(lambda: world.clock().timestamp()).start()
    slack.channels |= {CHANNEL, "C0FINANCE", "C0LEADS"}
    for name in LINKED:
        slack.users[f"U{name.upper()}"] = person(f"U{name.upper()}")
    settings = world.ctx.settings.model_copy(
        update={
            "slack_api_url": slack.api, "slack_signing_secret": SecretStr(SIGNING),
            "slack_app_token": SecretStr(APP_TOKEN),
        }
    )  # fmt: skip
    world.ctx = replace(world.ctx, settings=settings)
    world.queue.handle_by(works(world.ctx))
    connect(world.ctx, machine_actor("acme"), BOT_TOKEN)
    app = create_app(cast(Service, FakeService(world.ctx, CountedQueue(world.queue))), works=True)
    server, thread, port = _served(app)
    held = SocketMode(world.ctx) if mode == "socket" else None
    if held is not None:
        held.start()
        assert held.connected.wait(10)
    office = Office(world, slack, mode, f"http://127.0.0.1:{port}", app, held)
    for name in LINKED:
        office.link(name)
    world.set("slack", {"routes": [{"channel": CHANNEL}]})
    office.tell()
    try:
        yield office
    finally:
        office.client.close()
        if held is not None:
            held.stop()
        server.should_exit = True
        thread.join()
        app.state.slack.close()
        slack.stop()


def _served(app: Application) -> tuple[uvicorn.Server, threading.Thread, int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    return server, thread, port


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    yield from open_office(world)


@pytest.fixture(params=["http", "socket"])
def either(request: pytest.FixtureRequest, world: World) -> Iterator[Office]:
    """An office in each of the two modes."""
    yield from open_office(world, str(request.param))
