"""Running the service until SIGINT or SIGTERM: HTTP in a thread of its own, the work beside it, an orderly end."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from app import heaps
from app.bootstrap import Service
from app.errors import Problem
from app.main import create_app
from app.patience import patient
from app.settings import Settings

_BACKLOG = 2048
_POLL_S = 0.01
_REQUESTS_S = 5
"""How long requests under way are waited for; a page that listens for news would keep them for ever."""


def listen(settings: Settings) -> socket.socket:
    """The socket on which the service answers; who connects now is answered once it is up. Raises Problem."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((settings.host, settings.port))
        made.listen(_BACKLOG)
    except OSError as taken:
        made.close()
        why = f"cannot listen on {settings.host}:{settings.port}: {taken.strerror}"
        raise Problem("unavailable", f"{why}; COUNTERSIGN_PORT names another port") from taken
    return made


@contextmanager
def until_signal() -> Iterator[threading.Event]:
    """An event that the first SIGINT or SIGTERM sets; a second one interrupts whatever is still going on."""
    over = threading.Event()

    def told(_number: int, _frame: Any) -> None:
        if over.is_set():
            raise KeyboardInterrupt
        over.set()

    former = {each: signal.signal(each, told) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield over
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


def serve(
    service: Service, at: socket.socket | None, over: threading.Event, ready: Callable[[], None], *, works: bool
) -> int:
    """Serves HTTP on `at`, if any, and does the work, if it `works`, until `over` is set.

    Then it accepts nothing more, answers what it has begun to, lets the work under way end. `ready` is called once it
    serves. Answers how many items of work still ran when the time was up; they are taken over at the next start.
    """
    heaps.share()
    app = server = thread = socket_mode = None
    if at is not None:
        if service.context.settings.slack_app_token is not None:
            from app.slack.running import SocketMode

            socket_mode = SocketMode(service.context)
            socket_mode.start()
        app = create_app(service, works=works)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=patient(service.context.settings.request_timeout),
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_REQUESTS_S,
            )
        )
        thread = threading.Thread(target=_answer, args=(server, at, over), name="http")
        thread.start()
    try:
        if works:
            service.start()
        while server is not None and not server.started and not over.wait(_POLL_S):
            pass
        if not over.is_set():
            ready()
        over.wait()
    finally:
        over.set()
        if socket_mode is not None:
            socket_mode.stop()
        if app is not None and server is not None and thread is not None:
            app.state.live.end()
            server.should_exit = True
            thread.join()
    return service.drain() if works else 0


def _answer(server: uvicorn.Server, at: socket.socket, over: threading.Event) -> None:
    try:
        server.run(sockets=[at])
    finally:
        over.set()  # a server that ends by itself ends the service
