"""`tenant`: the firms of this installation."""

from typing import Annotated

import typer

from app.cli_commands.console import Json, failed, table, tell

tenant_app = typer.Typer(no_args_is_help=True, help="The firms of this installation.")


@tenant_app.command("add")
def add(
    tenant: Annotated[str, typer.Argument(metavar="ID", help="Lower-case letters, digits and dashes.")],
    *,
    name: Annotated[str | None, typer.Option(help="As people call it; else the id.")] = None,
    currency: Annotated[str, typer.Option(help="Base currency, ISO 4217.")] = "EUR",
    zone: Annotated[str | None, typer.Option(help="IANA time zone; else that of the settings.")] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="With a sandbox firm as its systems.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the sandbox firm.")] = 7,
    as_json: Json = False,
) -> None:
    """A new firm; all its workflows start in mode `propose`. Answers {"tenant","name","sandbox"}."""
    from app.cli_commands.local import open_ground, set_up_tenant

    with open_ground() as ground:
        if sandbox and ground.settings.environment == "production":
            raise failed("not_permitted", "a sandbox firm does not run in production")
        set_up_tenant(ground, tenant, name, sandbox=sandbox, seed=seed, base_currency=currency, time_zone=zone)
    told = {"tenant": tenant, "name": name or tenant, "sandbox": sandbox}
    tell(told, as_json=as_json, text=lambda: [f"made the firm {tenant}" + (" with a sandbox firm" if sandbox else "")])


@tenant_app.command("list")
def show(*, as_json: Json = False) -> None:
    """All firms; [{"tenant","name","currency","time_zone","connectors"}]."""
    from sqlmodel import col, select

    from app.cli_commands.local import open_ground
    from app.store.engine import read_only
    from app.store.models import Tenant

    with open_ground() as ground, read_only(ground.engine) as session:
        found = session.exec(select(Tenant).order_by(col(Tenant.id))).all()
    told = [
        {
            "tenant": row.id, "name": row.name, "currency": row.base_currency, "time_zone": row.time_zone,
            "connectors": dict(row.connectors),
        }
        for row in found
    ]  # fmt: skip
    rows = [
        (row.id, row.name, row.base_currency, row.time_zone, ", ".join(sorted(set(row.connectors.values()))))
        for row in found
    ]
    tell(told, as_json=as_json, text=lambda: [table(("TENANT", "NAME", "CURRENCY", "ZONE", "SYSTEMS"), rows)])
