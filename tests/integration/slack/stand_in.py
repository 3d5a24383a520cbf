"""A stand-in for Slack's Web API over loopback: real HTTP and WebSocket, with Slack's own limits and refusals."""

import asyncio
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from tests.integration.slack import kit_rules
from tests.integration.slack.workspace import TEAM, Limit, Message

T = TypeVar("T")
RESPONSES = 5
"""How often a response address may be used."""
FORMS = ("auth.test", "conversations.history", "conversations.replies", "users.info")
BOT, BOT_TOKEN, APP_TOKEN, SIGNING = "UBOT", "xoxb-stand-in", "xapp-stand-in", "8f742231b10e8888abcd99yyyzzz85a5"


class StandIn:
    """Start it, tell it of people and channels, hand its address to the app. All of it may be asked from any thread.

    `away`: connections end without an answer; `loses`: so many calls take effect and their answers are lost.
    `now` is the clock by which calls are counted, `page` the most messages that are listed at once,
    `trigger_s` how long a trigger opens a view.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.users: dict[str, dict[str, Any]] = {}
        self.channels: set[str] = set()
        self.messages: list[Message] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.told: list[tuple[str, str]] = []  # ephemeral: (user or response address, text)
        self.calls: Counter[str] = Counter()
        self.refused: list[tuple[str, str, list[str]]] = []
        self.limits: dict[str, Limit] = {}
        self.away, self.loses, self.revoked = False, 0, False
        self.files: dict[str, bytes] = {}
        self.page = 200
        self.trigger_s = 3.0
        self._numbers = itertools.count(1)
        self._triggers: dict[str, float] = {}
        self._responses: dict[str, tuple[str, int]] = {}
        self._sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Any]] = {}
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.base = ""

    # -- its life

    def start(self) -> "StandIn":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        self._ready.set()
        self._loop.run_forever()
        self._loop.close()

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_post("/api/{method}", self._api)
        app.router.add_post("/response/{token}", self._response)
        app.router.add_get("/socket", self._socket)
        app.router.add_get("/files/{name}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        address = self._runner.addresses[0]
        self.base = f"http://127.0.0.1:{address[1]}"

    async def _close(self) -> None:
        for socket in self._sockets:
            await socket.close()
        await self._runner.cleanup()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 20) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    # -- what a test asks and does

    @property
    def api(self) -> str:
        return f"{self.base}/api"

    def number(self) -> int:
        return next(self._numbers)

    def trigger(self) -> str:
        made = f"{self.number()}.trigger"
        self._triggers[made] = time.monotonic()
        return made

    def response_url(self, user: str) -> str:
        token = f"r{self.number()}"
        self._responses[token] = (user, RESPONSES)
        return f"{self.base}/response/{token}"

    def message(self, channel: str, ts: str) -> Message | None:
        return next((each for each in self.messages if (each.channel, each.ts) == (channel, ts)), None)

    def cards(self, channel: str) -> list[Message]:
        return [each for each in self.messages if each.channel == channel and each.thread_ts is None]

    def thread(self, of: Message) -> list[Message]:
        return [each for each in self.messages if each.thread_ts == of.ts and each.channel == of.channel]

    def heard(self, user: str) -> list[str]:
        """What was said to one person alone, in order."""
        return [text for to, text in self.told if to == user]

    async def envelope(self, kind: str, payload: dict[str, Any], **more: Any) -> Any:
        """Sends over the socket, as Slack does, to one of those that are open; answers what was acknowledged."""
        live = [each for each in self._sockets if not each.closed]
        assert live, "no socket is open"
        ident = f"env-{self.number()}"
        waiting = self._acks[ident] = self._loop.create_future()
        sent = {"envelope_id": ident, "type": kind, "payload": payload, "accepts_response_payload": True} | more
        await live[-1].send_json(sent)
        return await asyncio.wait_for(waiting, 3)

    # -- the Web API

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls[method] += 1
        if self.away:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=503)
        is_json = request.content_type == "application/json"
        # Some methods read no JSON; to them such a body says nothing.
        body = dict(await request.post()) if not is_json else {} if method in FORMS else await request.json()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (BOT_TOKEN, APP_TOKEN) or self.revoked:
            return self._no(method, "token_revoked" if self.revoked else "invalid_auth")
        limit = self.limits.get(method)
        if limit is not None and limit.exceeded(str(body.get("channel", "")), self.now()):
            answer = {"ok": False, "error": "ratelimited"}
            return web.json_response(answer, status=429, headers={"Retry-After": str(limit.retry_after)})
        known = getattr(self, "_" + method.replace(".", "_"), None)
        if known is None:
            return self._no(method, "unknown_method")
        answer = known(body)
        if isinstance(answer, web.Response):
            return answer
        if self.loses:
            self.loses -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True} | answer)

    def _no(self, method: str, code: str, messages: list[str] | None = None) -> web.Response:
        self.refused.append((method, code, messages or []))
        return web.json_response({"ok": False, "error": code, "response_metadata": {"messages": messages or []}})

    def _auth_test(self, _body: Any) -> dict[str, Any]:
        return {"team_id": TEAM, "team": "Acme", "user_id": BOT, "bot_id": "BBOT", "user": "countersign"}

    def _place(self, channel: Any) -> str | None:
        if channel in self.users:
            return f"D{channel}"
        known = channel in self.channels or (isinstance(channel, str) and channel[1:] in self.users)
        return channel if known else None

    def _chat_postMessage(self, body: Any) -> Any:  # noqa: N802 - the method's name
        channel = self._place(body.get("channel"))
        if channel is None:
            return self._no("chat.postMessage", "channel_not_found")
        if wrong := self._wrong("chat.postMessage", body):
            return wrong
        thread = body.get("thread_ts")
        if thread is not None and self.message(channel, thread) is None:
            return self._no("chat.postMessage", "thread_not_found")
        ts = f"{int(self.now())}.{self.number():06d}"
        made = Message(channel, ts, body.get("blocks") or [], body.get("text") or "", thread, body.get("metadata"))
        self.messages.append(made)
        return {"channel": channel, "ts": ts}

    def _chat_update(self, body: Any) -> Any:
        found = self.message(body.get("channel", ""), body.get("ts", ""))
        if found is None:
            known = self._place(body.get("channel")) is not None
            return self._no("chat.update", "message_not_found" if known else "channel_not_found")
        if wrong := self._wrong("chat.update", body):
            return wrong
        found.versions.append(found.blocks)
        found.blocks, found.text = body.get("blocks") or [], body.get("text") or ""
        return {"channel": found.channel, "ts": found.ts}

    def _chat_postEphemeral(self, body: Any) -> Any:  # noqa: N802 - the method's name
        if self._place(body.get("channel")) is None:
            return self._no("chat.postEphemeral", "channel_not_found")
        self.told.append((body["user"], body.get("text") or kit_rules.texts(body.get("blocks"))))
        return {"message_ts": "1.1"}

    def _wrong(self, method: str, body: Any) -> web.Response | None:
        errors = kit_rules.message_errors(body.get("blocks"), body.get("text"))
        if "no_text" in errors:
            return self._no(method, "no_text")
        if errors:
            return self._no(method, "invalid_blocks", errors)
        return self._no(method, "msg_blocks_too_long") if kit_rules.too_long(body.get("blocks")) else None

    def _conversations_open(self, body: Any) -> Any:
        known = body.get("users") in self.users
        return {"channel": {"id": f"D{body['users']}"}} if known else self._no("conversations.open", "user_not_found")

    def _conversations_history(self, body: Any) -> Any:
        channel = self._place(body.get("channel"))
        if channel is None:
            return self._no("conversations.history", "channel_not_found")
        return self._listed(self.cards(channel)[::-1], body)

    def _conversations_replies(self, body: Any) -> Any:
        found = self.message(body.get("channel", ""), body.get("ts", ""))
        if found is None:
            return self._no("conversations.replies", "thread_not_found")
        return self._listed([found, *self.thread(found)], body)

    def _listed(self, found: list[Message], body: Any) -> dict[str, Any]:
        """One page, a channel's newest first, with the cursor of the next."""
        late = [each for each in found if each.ts >= str(body.get("oldest", "0"))]
        begin = int(body.get("cursor") or 0)
        end = begin + min(int(body.get("limit", 100)), self.page)
        with_all = str(body.get("include_all_metadata", "")).lower() == "true"
        messages = [
            {"ts": each.ts, "user": BOT, "text": each.text, "files": each.files}
            | ({"metadata": each.metadata} if with_all else {})
            for each in late[begin:end]
        ]
        return {"messages": messages, "response_metadata": {"next_cursor": str(end) if end < len(late) else ""}}

    def _users_info(self, body: Any) -> Any:
        found = self.users.get(str(body.get("user")))
        return {"user": found} if found else self._no("users.info", "user_not_found")

    # -- views

    def _views_open(self, body: Any) -> Any:
        return self._shown("views.open", body, None)

    def _views_push(self, body: Any) -> Any:
        return self._shown("views.push", body, None)

    def _views_update(self, body: Any) -> Any:
        if body.get("view_id") not in self.views:
            return self._no("views.update", "not_found")
        return self._shown("views.update", body, body["view_id"])

    def _views_publish(self, body: Any) -> Any:
        if body.get("user_id") not in self.users:
            return self._no("views.publish", "user_not_found")
        if errors := kit_rules.view_errors(body.get("view")):
            return self._no("views.publish", "invalid_arguments", errors)
        self.homes[body["user_id"]] = body["view"]
        return {"view": body["view"]}

    def _shown(self, method: str, body: Any, ident: str | None) -> Any:
        if ident is None:
            begun = self._triggers.pop(str(body.get("trigger_id")), None)
            if begun is None:
                return self._no(method, "invalid_trigger_id")
            if time.monotonic() - begun > self.trigger_s:
                return self._no(method, "expired_trigger_id")
        if errors := kit_rules.view_errors(body.get("view")):
            return self._no(method, "invalid_arguments", errors)
        return {"view": self.keep_view(body["view"], ident)}

    def keep_view(self, view: dict[str, Any], ident: str | None = None) -> dict[str, Any]:
        ident = ident or f"V{self.number()}"
        self.views[ident] = view | {"id": ident, "hash": f"h{self.number()}"}
        return self.views[ident]

    # -- the rest

    def _apps_connections_open(self, _body: Any) -> Any:
        return {"url": f"{self.base.replace('http', 'ws')}/socket"}

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        async for received in socket:
            if received.type == WSMsgType.TEXT:
                said = json.loads(received.data)
                waiting = self._acks.pop(said.get("envelope_id", ""), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(said.get("payload"))
        return socket

    async def _response(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        user, left = self._responses.get(token, ("", 0))
        if not left:
            return web.Response(status=404, text="used_url")
        body = await request.json()
        if errors := kit_rules.message_errors(body.get("blocks"), body.get("text")):
            self.refused.append(("response_url", "invalid_blocks", errors))
            return web.Response(status=400, text="invalid_blocks")
        self._responses[token] = (user, left - 1)
        self.told.append((user, kit_rules.texts(body.get("blocks")) or body.get("text", "")))
        return web.Response(text="ok")

    async def _file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["name"])
        if content is None or request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            return web.Response(status=403)
        return web.Response(body=content)
