"""`sandbox`: the embedded firm, as its owner runs it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import REFUSED, UNUSABLE, Failed, Json, TenantOption, table, tell

if TYPE_CHECKING:
    from app.ground import Groundwork

sandbox_app = typer.Typer(no_args_is_help=True, help="The sandbox firm.")


@contextmanager
def _firm(tenant: str | None) -> "Iterator[tuple[Groundwork, str, Any]]":
    from app.bootstrap import TenantConnectors
    from app.cli_commands.local import open_ground, tenant_of

    with open_ground() as ground:
        firm = tenant_of(ground, tenant, make=True)
        connectors = TenantConnectors(ground.engine, ground.settings.home / "sandbox", ground.clock)
        try:
            yield ground, firm, connectors.sandbox(firm)
        finally:
            connectors.close()


@sandbox_app.command("emit")
def emit(
    event_type: Annotated[str | None, typer.Argument(metavar="TYPE", help="An event type; else any.")] = None,
    *,
    count: Annotated[int, typer.Option(min=1, max=10_000)] = 1,
    copies: Annotated[int, typer.Option(min=1, max=20, help="Deliver each so many times.")] = 1,
    source: Annotated[str | None, typer.Option(help="The source it speaks as; else the firm's `sandbox`.")] = None,
    url: Annotated[str | None, typer.Option(help="Where to; else the source's address here.")] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Something happens in the firm, and its events are delivered, signed. Exit 1 where one was not taken.

    Answers {"emitted","sent","refused","waiting"}; what waits leaves with the next delivery.
    """
    from app.demo import sandbox_source

    with _firm(tenant) as (ground, firm, sandbox):
        slug, secret = sandbox_source(ground, firm, source)
        try:
            happened = sandbox.emit(event_type, count)
        except ValueError as wrong:
            raise Failed(str(wrong), UNUSABLE) from wrong
        done = sandbox.deliver(url or f"{ground.settings.public_url}/v1/events/{slug}", secret, copies)
    told = {
        "emitted": [{"id": each["id"], "type": each["type"], "subject": each.get("subject")} for each in happened],
        "sent": list(done.sent), "refused": dict(done.refused), "waiting": list(done.waiting),
    }  # fmt: skip
    tell(told, as_json=as_json, lines=lambda: [
        *(f"{each['id']}  {each['type']}  {each['subject']}" for each in told["emitted"]),
        f"{len(done.sent)} taken, {len(done.refused)} refused, {len(done.waiting)} wait",
        *(f"refused {ident}: {why}" for ident, why in done.refused.items()),
    ])  # fmt: skip
    if done.refused or done.waiting:
        raise typer.Exit(REFUSED)


@sandbox_app.command("ledger")
def ledger(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Effects by idempotency key: each should count 1."""
    with _firm(tenant) as (_ground, _name, sandbox):
        entries = sandbox.ledger()
    rows = [(each["key"], each["tool"], each["count"], each.get("at")) for each in entries]
    tell(entries, as_json=as_json, lines=lambda: table(("KEY", "TOOL", "COUNT", "AT"), rows))


@sandbox_app.command("show")
def show(kind: str, ident: Annotated[str, typer.Argument(metavar="ID")], *, tenant: TenantOption = None) -> None:
    """One record, as JSON."""
    with _firm(tenant) as (_ground, _name, sandbox):
        try:
            record = sandbox.show(kind, ident)
        except ValueError as wrong:
            raise Failed(f"{kind}/{ident} is no record's key", UNUSABLE) from wrong
    if record is None:
        raise Failed(f"there is no {kind} {ident}")
    typer.echo(json.dumps(record, ensure_ascii=False))


@sandbox_app.command("fault")
def fault(
    name: Annotated[str | None, typer.Argument(help="A fault; none: list what is due.")] = None,
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help="A tool, `read`, or `*` for all.")] = "*",
    *,
    count: Annotated[int | None, typer.Option(min=1, help="How often; else until cleared.")] = None,
    seconds: Annotated[float, typer.Option(min=0, help="Of the fault `slow`.")] = 0.0,
    clear: Annotated[bool, typer.Option("--clear", help="Forget all faults.")] = False,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Tell the firm's system to fail: refuse, time out, be slow, lie about a write, be unavailable."""
    with _firm(tenant) as (_ground, _name, sandbox):
        if clear:
            sandbox.clear_faults()
        try:
            if name is not None:
                sandbox.fault(name, scope, count, seconds)
        except (ValueError, KeyError) as wrong:
            raise Failed(str(wrong), UNUSABLE) from wrong
        due = sandbox.due_faults()
    tell(due, as_json=as_json, lines=lambda: [json.dumps(each) for each in due] or ["No faults."])


@sandbox_app.command("reset")
def reset(
    *,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Replace the firm by that of a seed. Answers {"records","seed"}."""
    if not yes:
        typer.confirm("Replace everything in the sandbox firm?", abort=True)
    with _firm(tenant) as (_ground, _name, sandbox):
        records = sandbox.reset(seed)
    tell({"records": records, "seed": seed}, as_json=as_json, lines=lambda: [f"{records} records of seed {seed}"])
