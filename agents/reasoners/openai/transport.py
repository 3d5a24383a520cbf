"""Transport: one HTTP exchange with a model's server, as a whole in bounded time and size, in plain JSON.

The library's own time-out is between two bytes, and it reads whatever is sent: a server that drips, even in its
headers, would hold a worker for ever, and a small answer may unpack to gigabytes.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

MAX_ANSWER_BYTES = 2_000_000
"""Of a whole answer; a server that sends more is cut off."""

_KINDS = {"text/html": "a web page", "text/plain": "plain text", "text/event-stream": "a stream"}


class NoAnswer(Exception):
    """What came back is no answer of such a server; the message names nothing that the server wrote."""


class Exchange:
    """One exchange that is cut off after `seconds`, whatever it waits for by then. A context manager, used once."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._stream: Any = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Exchange":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by the HTTP library of each of its steps: keeps the connection that is to be cut."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            with self._lock:
                self._stream = info["return_value"]
            if self.over:
                self._cut()

    def _end(self) -> None:
        self.over = True
        self._cut()

    def _cut(self) -> None:
        with self._lock:
            connection = self._stream.get_extra_info("socket") if self._stream is not None else None
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Exchanges:
    """Makes HTTP clients whose requests are each part of the exchange that their thread has begun."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._of_thread = threading.local()

    def begin(self) -> Exchange:
        self._of_thread.current = Exchange(self._seconds)
        return self._current

    @property
    def _current(self) -> Exchange:
        current: Exchange = self._of_thread.current
        return current

    def http_client(self) -> "httpx2.Client":
        from httpx2 import Limits
        from openai import DefaultHttpxClient

        return DefaultHttpxClient(
            # A redirect would send a customer's text to wherever it says.
            follow_redirects=False,
            # Each exchange has a connection of its own, which it may cut.
            limits=Limits(max_connections=None, max_keepalive_connections=0),
            event_hooks={"request": [self._watch], "response": [_bound]},
        )

    def _watch(self, request: "httpx2.Request") -> None:
        request.headers["Accept-Encoding"] = "identity"
        request.extensions["trace"] = self._current.trace


def _bound(response: "httpx2.Response") -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise NoAnswer("it answered in packed form, which was not asked for")
    if response.is_success and kind != "application/json":
        raise NoAnswer(f"it answered with {_KINDS.get(kind, 'something else')} instead of JSON")
    assert hasattr(response.stream, "__iter__")
    response.stream = _bounded(response.stream)


def _bounded(stream: Any) -> "httpx2.SyncByteStream":
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in stream:
                size += len(chunk)
                if size > MAX_ANSWER_BYTES:
                    raise NoAnswer(f"its answer is longer than {MAX_ANSWER_BYTES:,} bytes")
                yield chunk

        def close(self) -> None:
            stream.close()

    return Bounded()
