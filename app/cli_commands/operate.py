"""`serve`, `demo`, `migrate`, `doctor`: running the installation."""

import signal
import sys
import threading
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli_commands.console import REFUSED, UNCONFIGURED, Json, note, tell

if TYPE_CHECKING:
    from app.bootstrap import Service

Role = Literal["all", "api", "worker"]


def serve(
    *, role: Annotated[str, typer.Option(help="all, api (no durable work) or worker (no HTTP).")] = "all"
) -> None:
    """Run the service until SIGTERM or Ctrl-C; what runs is finished, nothing is lost."""
    if role not in ("all", "api", "worker"):
        raise typer.BadParameter("must be all, api or worker", param_hint="--role")
    from app.bootstrap import build
    from app.settings import load_settings

    settings = load_settings()
    _logging(settings.log_level)
    service = build(settings)
    try:
        if role == "worker":
            _work(service)
        else:
            _serve(service, works=role == "all", ready=lambda: note(f"serving on {settings.public_url}"))
    finally:
        service.close()


def demo(
    *,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between events of the sandbox firm.")] = 4.0,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="The firm stays still; use `countersign sandbox emit`.")
    ] = False,
) -> None:
    """A sandbox firm, its events, the review queue: prints the address and a one-time sign-in link."""
    from datetime import timedelta

    from app.bootstrap import build
    from app.demo import Life, seed, visitors_link
    from app.settings import load_settings

    settings = load_settings()
    _logging(settings.log_level if settings.log_level != "INFO" else "WARNING")
    service = build(settings)
    life = Life(service, timedelta(seconds=every))

    def ready() -> None:
        typer.echo(f"Countersign runs on {settings.public_url}")
        typer.echo(f"Sign in (once, within an hour): {visitors_link(service.context)}")
        typer.echo("Ctrl-C stops it and loses nothing.")
        sys.stdout.flush()
        if not quiet:
            life.start()

    try:
        seed(service)
        _serve(service, works=True, ready=ready, stop=None if quiet else life.stop)
    finally:
        service.close()


def _serve(service: "Service", *, works: bool, ready: Any, stop: Any = None) -> None:
    import uvicorn

    from app.main import create_app

    settings = service.context.settings
    config = uvicorn.Config(
        create_app(service, works=works), host=settings.host, port=settings.port, log_config=None, access_log=False,
        server_header=False, timeout_graceful_shutdown=20,
    )  # fmt: skip

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    # uvicorn raises the signal again once it is down; the draining below must not be cut short by it.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: None)
    if works:
        service.start()
    server = Server(config)
    try:
        server.run()
    finally:
        if stop is not None:
            stop()
        _drain(service, works=works)
    if not server.started:
        raise typer.Exit(UNCONFIGURED)


def _work(service: "Service") -> None:
    over = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: over.set())
    service.start()
    note("working")
    over.wait()
    _drain(service, works=True)


def _drain(service: "Service", *, works: bool) -> None:
    if not works:
        return
    remaining = service.drain()
    note("stopped" if not remaining else f"stopped; {remaining} items go on at the next start")


def _logging(level: str) -> None:
    import logging

    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)


def migrate(*, as_json: Json = False) -> None:
    """Bring the database to this version's tables. Answers {"migrated","revision"}."""
    from app.settings import load_settings, make_home
    from app.store.engine import make_engine
    from app.store.migrate import HEAD
    from app.store.migrate import migrate as bring

    settings = load_settings()
    make_home(settings)
    engine = make_engine(settings.database_url)
    try:
        moved = bring(engine)
    finally:
        engine.dispose()
    told = {"migrated": moved, "revision": HEAD}
    tell(told, as_json=as_json, lines=lambda: [f"at revision {HEAD}" + ("" if moved else " already")])


def doctor(*, as_json: Json = False) -> None:
    """Look whether everything that the service needs is there. Exit 1 where something is not."""
    from app.doctor import examine

    found = examine()
    rows = [f"{'ok ' if each['ok'] else 'BAD'}  {each['what']}: {each['detail']}" for each in found]
    tell(found, as_json=as_json, lines=lambda: rows)
    if not all(each["ok"] for each in found):
        raise typer.Exit(REFUSED)
