"""What every response carries, as plain ASGI: security headers, and the time it took for the metrics."""

import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = "default-src 'none'; frame-ancestors 'none'"
_WEB = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

Observe = Callable[[Scope, int, float], None]


class Headers:
    """Wraps the application. `observe(scope, status, seconds)` is called once a response is complete."""

    def __init__(self, app: ASGIApp, *, observe: Observe, secure: bool) -> None:
        self._app, self._observe, self._secure = app, observe, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        of_api = scope["path"].startswith("/v1/")

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                # With `no-referrer` browsers would send forms from the origin "null".
                headers["Referrer-Policy"] = "same-origin"
                headers["X-Frame-Options"] = "DENY"
                headers["Content-Security-Policy"] = _API if of_api else _WEB
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._observe(scope, status, time.perf_counter() - started)
