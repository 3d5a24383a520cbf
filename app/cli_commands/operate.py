"""`serve`, `demo`, `migrate`, `doctor`: running the installation."""

import json
import sys
from typing import Annotated

import typer

from app.cli_commands.console import NEGATIVE, UNAVAILABLE, Json, failed, note, table, tell


def serve(
    *,
    role: Annotated[str, typer.Option(help="all, api (no durable work) or worker (no HTTP).")] = "all",
    as_json: Json = False,
) -> None:
    """Run the service until Ctrl-C or SIGTERM.

    It then takes nothing new and finishes what it has begun; nothing is lost. With --json, one line once it serves:
    {"url","role"}.
    """
    if role not in ("all", "api", "worker"):
        raise typer.BadParameter("must be all, api or worker", param_hint="--role")
    from app.bootstrap import build
    from app.serving import listen, until_signal
    from app.serving import serve as run
    from app.settings import load_settings

    settings = load_settings()
    _logging(settings.log_level)

    def ready() -> None:
        where = f" on {settings.public_url}" if role != "worker" else ""
        note(f"countersign: {role} ready{where}" + (f" as {service.worker.executor_id}" if role != "api" else ""))
        if as_json:
            _told_at_once({"url": None if role == "worker" else settings.public_url, "role": role})

    with until_signal() as over:
        at = None if role == "worker" else listen(settings)
        service = build(settings)
        try:
            remaining = run(service, at, over, ready, works=role != "api")
        finally:
            service.close()
    _ended(remaining)


def demo(
    *,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between events of the sandbox firm.")] = 4.0,
    still: Annotated[
        bool, typer.Option("--still", help="Nothing happens by itself; see `countersign sandbox emit`.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a sandbox firm and supervise it, to look around.

    Prints the address, a one-time sign-in link and a token. What happened is kept and goes on at the next start.
    With --json, one line once it serves: {"url","link","token","principal","name","tenant","source"}.
    """
    from app.bootstrap import build
    from app.demo import Demonstration
    from app.serving import listen, until_signal
    from app.serving import serve as run
    from app.settings import load_settings

    settings = load_settings()
    if settings.environment == "production":
        raise failed("not_permitted", "a demonstration does not run in production")
    _logging(settings.log_level if settings.log_level != "INFO" else "WARNING")
    note("countersign: starting")
    with until_signal() as over:
        at = listen(settings)
        service = build(settings)
        shown = Demonstration(service, every_s=None if still else every, say=_quiet if as_json else _say)

        def ready() -> None:
            access = shown.start()
            if as_json:
                _told_at_once(access.as_json())
            else:
                _say(access.as_text())

        try:
            shown.prepare()
            remaining = run(service, at, over, ready, works=True)
        finally:
            shown.stop()
            service.close()
    _ended(remaining)


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()


def _quiet(_text: str) -> None:
    pass


def _told_at_once(data: object) -> None:
    _say(json.dumps(data, ensure_ascii=False))


def _ended(remaining: int) -> None:
    if remaining:
        note(f"countersign: stopped; {remaining} items were still at work and go on at the next start")
        raise typer.Exit(UNAVAILABLE)
    note("countersign: stopped, nothing left undone")


def _logging(level: str) -> None:
    import logging

    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)


def migrate(*, as_json: Json = False) -> None:
    """Bring the database to this version's tables. Answers {"migrated","former","revision"}."""
    from app.settings import load_settings, make_home
    from app.store.engine import make_engine
    from app.store.migrate import HEAD, revision
    from app.store.migrate import migrate as bring

    settings = load_settings()
    make_home(settings)
    engine = make_engine(settings.database_url)
    try:
        former = revision(engine)
        moved = bring(engine)
    finally:
        engine.dispose()
    told = {"migrated": moved, "former": former, "revision": HEAD}
    tell(told, as_json=as_json, text=lambda: [f"at revision {HEAD}" + ("" if moved else " already")])


def doctor(*, as_json: Json = False) -> None:
    """Look whether everything that the service needs is there. Exit 1 where something is not."""
    from app.doctor import examine

    found = examine()
    rows = [("ok" if each["ok"] else "BAD", each["what"], each["detail"]) for each in found]
    tell(found, as_json=as_json, text=lambda: [table(("", "WHAT", "FOUND"), rows, folds=("FOUND",))])
    if not all(each["ok"] for each in found):
        raise typer.Exit(NEGATIVE)
