"""A server on the loopback that speaks the chat-completions protocol and answers as it is told, or not at all."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; names of headers in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def data(self) -> dict[str, Any]:
        """The JSON object of the user turn."""
        found: dict[str, Any] = json.loads(self.body["messages"][1]["content"])
        return found

    @property
    def schema(self) -> str:
        return str(self.body["response_format"]["json_schema"]["name"])

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What was answered to the calls of functions so far."""
        return [json.loads(one["content"]) for one in self.body["messages"] if one["role"] == "tool"]


@dataclass(frozen=True)
class Reply:
    """What goes back. `cut`: the connection ends after so many bytes. `drip_s`: the pause before each further byte;
    `drip_headers`: of the headers as well."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    cut: int | None = None
    drip_s: float = 0.0
    drip_headers: bool = False


Script = Callable[[Asked], Reply]


def said(
    content: str | None,
    *,
    finish_reason: str | None = "stop",
    refusal: str | None = None,
    calls: list[tuple[str, str]] | None = None,
    usage: Mapping[str, int] | None = None,
) -> Reply:
    """A chat completion with that text; or with calls of functions, each by name and JSON text of its arguments."""
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": refusal}
    if calls:
        message["tool_calls"] = [
            {"id": f"call-{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for place, (name, arguments) in enumerate(calls)
        ]
        finish_reason = "tool_calls"
    used = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150} if usage is None else dict(usage)
    return Reply(json.dumps({
        "id": "c-1", "object": "chat.completion", "created": 1, "model": "test-model-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    } | ({"usage": used} if used else {})).encode())  # fmt: skip


def told(status: int, **headers: str) -> Reply:
    """An error with that status; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(b'{"error": {"message": "no", "type": "x", "code": null}}', status, headers=named)


class Loopback:
    """`url` is what a client takes as its base address. `script` may be replaced at any time."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.url = ""
        self._over = threading.Event()
        self._lock = threading.Lock()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        asked = Asked(handler.path, {name.lower(): value for name, value in handler.headers.items()}, body)
        with self._lock:
            self.asked.append(asked)
        reply = self.script(asked)
        self._over.wait(reply.wait_s) if reply.wait_s else None
        if reply.drip_headers:
            self._drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 60_000, reply.drip_s)
            return
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        if not reply.drip_s:
            handler.wfile.write(reply.body[: reply.cut])
            return
        self._drip(handler, reply.body, reply.drip_s)

    def _drip(self, handler: BaseHTTPRequestHandler, raw: bytes, pause_s: float) -> None:
        for at in range(len(raw)):
            if self._over.is_set():
                return
            handler.wfile.write(raw[at : at + 1])
            handler.wfile.flush()
            time.sleep(pause_s)

    @contextmanager
    def serving(self) -> Iterator["Loopback"]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                try:
                    loopback._answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client has had enough

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            server.shutdown()
            server.server_close()
            thread.join()
