"""`sandbox`: the embedded firm, as its owner runs it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import (
    NEGATIVE,
    UNAVAILABLE,
    Json,
    TenantOption,
    Yes,
    confirmed,
    failed,
    note,
    table,
    tell,
)

if TYPE_CHECKING:
    from app.ground import Groundwork

sandbox_app = typer.Typer(no_args_is_help=True, help="The sandbox firm: its events, ledger and faults.")


@contextmanager
def _firm(tenant: str | None) -> "Iterator[tuple[Groundwork, str, Any]]":
    from app.cli_commands.local import first_tenant_of, open_ground, open_sandbox

    with open_ground() as ground:
        firm = first_tenant_of(ground, tenant)
        with open_sandbox(ground, firm) as sandbox:
            if sandbox.seed() is None:
                raise failed("not_found", f"{firm} has no sandbox firm; `countersign sandbox reset` makes one")
            yield ground, firm, sandbox


@sandbox_app.command("emit")
def emit(
    event_type: Annotated[str | None, typer.Argument(metavar="TYPE", help="An event type; else any.")] = None,
    *,
    count: Annotated[int, typer.Option(min=1, max=10_000)] = 1,
    duplicates: Annotated[int, typer.Option(min=0, max=20, help="Deliver each so many times more.")] = 0,
    send: Annotated[bool, typer.Option("--send/--no-send", help="Or leave it waiting for the next delivery.")] = True,
    source: Annotated[str | None, typer.Option(help="The source it speaks as; else the firm's `sandbox`.")] = None,
    url: Annotated[str | None, typer.Option(help="Where to; else the source's address on this machine.")] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Something happens in the firm, and its events are delivered to the service, signed.

    Answers {"emitted":[events],"sent":[ids],"refused":{id: why},"waiting":[ids]}. Exit 1 where one was refused, 4 where
    the service does not answer: what waits leaves with the next delivery.
    """
    from app.demo import delivery_of

    with _firm(tenant) as (ground, firm, sandbox):
        try:
            happened = sandbox.emit(event_type, count)
        except ValueError as wrong:
            raise failed("invalid_query", str(wrong)) from wrong
        told: dict[str, Any] = {"emitted": happened, "sent": [], "refused": {}, "waiting": sandbox.waiting()}
        if send:
            usual, secret = delivery_of(ground, firm, source)
            told |= _delivered(sandbox, url or usual, secret, duplicates + 1)
    tell(told, as_json=as_json, text=lambda: [
        *(f"{each['id']}  {each['type']}  {each.get('subject', '')}" for each in happened),
        f"{len(told['sent'])} taken, {len(told['refused'])} refused, {len(told['waiting'])} wait",
        *(f"refused {ident}: {why}" for ident, why in told["refused"].items()),
    ])  # fmt: skip
    if told["refused"]:
        raise typer.Exit(NEGATIVE)
    if send and told["waiting"]:
        note("countersign: the service does not answer; is `countersign serve` running?")
        raise typer.Exit(UNAVAILABLE)


def _delivered(sandbox: Any, url: str, secret: str, copies: int) -> dict[str, Any]:
    try:
        done = sandbox.deliver(url, secret, copies)
    except ValueError as wrong:
        raise failed("invalid_query", str(wrong)) from wrong
    return {"sent": list(done.sent), "refused": dict(done.refused), "waiting": list(done.waiting)}


@sandbox_app.command("live")
def live(
    *,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between events.")] = 4.0,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Let something happen every few seconds, until Ctrl-C. With --json, a line an event: {"id","type","subject"}."""
    from app.demo import Life, delivery_of
    from app.serving import until_signal

    with _firm(tenant) as (ground, firm, sandbox), until_signal() as over:
        life = Life(sandbox, *delivery_of(ground, firm))
        while not over.is_set():
            events, done = life.step()
            for each in events:
                _happened({"id": each["id"], "type": each["type"], "subject": each.get("subject")}, as_json=as_json)
            if done.waiting:
                note(f"countersign: the service does not answer; {len(done.waiting)} events wait")
            over.wait(every)


def _happened(event: dict[str, Any], *, as_json: bool) -> None:
    tell(event, as_json=as_json, text=lambda: [f"{event['id']}  {event['type']}  {event['subject']}"])


@sandbox_app.command("ledger")
def ledger(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Effects by idempotency key: [{"key","tool","count","calls","at","args_digest"}].

    `count` is how often it took effect, `calls` how often that was asked for.
    """
    with _firm(tenant) as (_ground, _name, sandbox):
        entries = sandbox.ledger()
    rows = [(each["key"], each["tool"], each["count"], each["calls"], str(each["at"])[:19]) for each in entries]
    tell(entries, as_json=as_json, text=lambda: [table(("KEY", "TOOL", "COUNT", "CALLS", "AT"), rows)])


@sandbox_app.command("show")
def show(
    kind: str,
    ident: Annotated[str, typer.Argument(metavar="ID")],
    *,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """One record, as `sandbox show contract ctr-02`."""
    with _firm(tenant) as (_ground, _name, sandbox):
        try:
            record = sandbox.show(kind, ident)
        except (ValueError, KeyError) as wrong:
            raise failed("invalid_query", f"{kind}/{ident} is no record's key") from wrong
    if record is None:
        raise failed("not_found", f"there is no {kind} {ident}")
    tell(record, as_json=as_json, text=lambda: [
        f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in record.items()
    ])  # fmt: skip


@sandbox_app.command("fault")
def fault(
    kind: Annotated[
        str | None,
        typer.Argument(help="refuse, timeout_before_apply, timeout_after_apply, slow, lie or unavailable; else list."),
    ] = None,
    *,
    tool: Annotated[str, typer.Option(help="A tool, `read` for the read side, or `*` for all.")] = "*",
    count: Annotated[int | None, typer.Option(min=1, help="How many calls; else until cleared.")] = None,
    seconds: Annotated[float, typer.Option(min=0, help="Of the fault `slow`.")] = 0.0,
    clear: Annotated[bool, typer.Option("--clear", help="Forget all faults first.")] = False,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Tell the firm's system to fail. Answers what is due: [{"fault","scope","remaining","seconds"}]."""
    with _firm(tenant) as (_ground, _name, sandbox):
        if clear:
            sandbox.clear_faults()
        try:
            if kind is not None:
                sandbox.fault(kind, tool, count, seconds)
        except ValueError as wrong:
            raise failed("invalid_query", str(wrong)) from wrong
        due = sandbox.due_faults()
    rows = [(each["fault"], each["scope"], each["remaining"] or "until cleared", each["seconds"]) for each in due]
    tell(due, as_json=as_json, text=lambda: [
        table(("FAULT", "OF", "CALLS", "SECONDS"), rows) if rows else "No faults."
    ])  # fmt: skip


@sandbox_app.command("reset")
def reset(
    *, seed: Annotated[int, typer.Option(min=0)] = 7, yes: Yes = False, tenant: TenantOption = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Replace the firm by that of a seed. Answers {"records","seed"}."""
    from app.cli_commands.local import first_tenant_of, open_ground, open_sandbox

    with open_ground() as ground, open_sandbox(ground, first_tenant_of(ground, tenant)) as sandbox:
        if sandbox.seed() is not None:
            confirmed("Replace everything in the sandbox firm?", yes=yes)
        records = sandbox.reset(seed)
    tell({"records": records, "seed": seed}, as_json=as_json, text=lambda: [f"{records} records of seed {seed}"])
