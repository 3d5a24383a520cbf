"""`source`: senders of events."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli_commands.console import Json, TenantOption, failed, table, tell

source_app = typer.Typer(no_args_is_help=True, help="Senders of events and their secrets.")


@source_app.command("add")
def add(
    name: str,
    *,
    verifier: Annotated[str, typer.Option(help="How its deliveries are signed: standard-webhooks.")],
    types: Annotated[
        list[str], typer.Option(help="What it may emit, by commas or repeated; `crm.*` is a pattern. Else all.")
    ] = [],  # noqa: B006 - typer copies it
    mapping: Annotated[Path | None, typer.Option(help="JSON file: how its own events become ours.")] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """A sender of events. Answers {"source","secret","url"}; the secret is told this once."""
    from app.cli_commands.local import joined_tenant_of, open_ground
    from app.identity.principals import machine_actor
    from app.identity.sources import ANY_TYPE, add_source

    allowed = tuple(each.strip() for several in types for each in several.split(",") if each.strip())
    if types and not allowed:
        raise failed("invalid_query", "--types names no type; leave it out to allow all")
    mapped = None if mapping is None else _mapping(mapping)
    with open_ground() as ground:
        actor = machine_actor(joined_tenant_of(ground, tenant))
        slug, secret = add_source(ground, actor, name, verifier=verifier, types=allowed or ANY_TYPE, mapping=mapped)
        url = f"{ground.settings.public_url}/v1/events/{slug}"
    made = {"source": slug, "secret": secret, "url": url}
    tell(made, as_json=as_json, text=lambda: [f"{key}  {value}" for key, value in made.items()])


def _mapping(file: Path) -> object:
    try:
        return json.loads(file.read_text("utf-8"))
    except ValueError as wrong:
        raise failed("invalid_body", f"{file} is not JSON: {wrong}") from wrong


@source_app.command("list")
def show(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """The firm's sources; [{"source","verifier","types","url","created_at"}]."""
    from sqlmodel import col, select

    from app.cli_commands.local import open_ground, tenant_of
    from app.store.engine import read_only
    from app.store.models import Source
    from app.views.sight import stamp

    with open_ground() as ground, read_only(ground.engine) as session:
        firm = tenant_of(ground, tenant)
        found = session.exec(select(Source).where(col(Source.tenant) == firm).order_by(col(Source.slug))).all()
        address = f"{ground.settings.public_url}/v1/events"
    told = [
        {
            "source": row.slug, "verifier": row.verifier, "types": list(row.types), "url": f"{address}/{row.slug}",
            "created_at": stamp(row.created_at),
        }
        for row in found
    ]  # fmt: skip
    rows = [(row.slug, row.verifier, ", ".join(row.types), f"{address}/{row.slug}") for row in found]
    tell(told, as_json=as_json, text=lambda: [table(("SOURCE", "VERIFIER", "TYPES", "URL"), rows)])


@source_app.command("rotate")
def rotate(
    source: str,
    *,
    hours: Annotated[int, typer.Option(min=0, max=720, help="How long the secret before still counts.")] = 24,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """A new secret for a source. Answers {"source","secret"}."""
    from datetime import timedelta

    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.sources import rotate_source

    with open_ground() as ground:
        actor = machine_actor(tenant_of(ground, tenant))
        secret = rotate_source(ground, actor, source, grace=timedelta(hours=hours))
    tell({"source": source, "secret": secret}, as_json=as_json, text=lambda: [secret])
