"""`user`, `token`, `source`, `setting`, `import`: who and what takes part."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import UNUSABLE, AsOption, Failed, Json, TenantOption, table, tell

if TYPE_CHECKING:
    from app.actor import Grant

user_app = typer.Typer(no_args_is_help=True, help="People of a firm.")
token_app = typer.Typer(no_args_is_help=True, help="Bearer tokens of the API.")
source_app = typer.Typer(no_args_is_help=True, help="Senders of events.")
setting_app = typer.Typer(no_args_is_help=True, help="A firm's settings; each change takes two people.")

Roles = Annotated[list[str], typer.Option("--role", help="A role, or ROLE/UNIT for one unit alone; may be repeated.")]


def _grants(roles: list[str]) -> "list[Grant]":
    from app.actor import Grant

    return [Grant(role, unit) for role, _, unit in (each.partition("/") for each in roles)]


@user_app.command("add")
def add_user(
    name: str,
    *,
    role: Roles,
    email: str | None = None,
    record: Annotated[str | None, typer.Option(help="The person's id in the system of record.")] = None,
    limit_minor: Annotated[int | None, typer.Option(min=0, help="Most they may approve, in minor units.")] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Add a person. Answers {"principal","name","roles"}."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import add_principal, machine_actor

    with open_ground() as ground:
        actor = machine_actor(tenant_of(ground, tenant, make=True))
        row = add_principal(
            ground, actor, name=name, kind="person", roles=_grants(role), email=email, record_id=record,
            limit_minor=limit_minor,
        )  # fmt: skip
    tell(
        {"principal": row.id, "name": row.name, "roles": role}, as_json=as_json, lines=lambda: [f"{row.id}  {row.name}"]
    )


@user_app.command("link")
def make_link(
    name: str,
    *,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long the link lasts.")] = 15,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """A link that signs a person in once. Answers {"link"}."""
    from datetime import timedelta

    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.links import create_link
    from app.identity.principals import by_name, machine_actor
    from app.store.engine import read_only

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        with read_only(ground.engine) as session:
            row = by_name(session, firm, name)
        if row is None:
            raise Failed(f"there is no principal {name!r} in {firm}")
        link = create_link(ground, machine_actor(firm), row.id, timedelta(minutes=minutes))
    tell({"link": link}, as_json=as_json, lines=lambda: [link])


@user_app.command("password")
def set_user_password(name: str, *, tenant: TenantOption = None) -> None:
    """Set a person's password; it is asked for, or read from stdin where that is no terminal."""
    import sys

    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.passwords import set_password
    from app.identity.principals import by_name, machine_actor
    from app.store.engine import read_only

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        with read_only(ground.engine) as session:
            row = by_name(session, firm, name)
        if row is None:
            raise Failed(f"there is no principal {name!r} in {firm}")
        asked = typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        set_password(ground, machine_actor(firm), row.id, asked)
    typer.echo(f"password of {row.name} set")


@user_app.command("list")
def list_users(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Everyone with their roles."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.views.people import directory

    with open_ground() as ground:
        people = directory(ground, machine_actor(tenant_of(ground, tenant)))
    rows = [
        (each["id"], each["name"], each["kind"], ", ".join(_said(grant) for grant in each["roles"])) for each in people
    ]
    tell(people, as_json=as_json, lines=lambda: table(("PRINCIPAL", "NAME", "KIND", "ROLES"), rows))


def _said(grant: dict[str, str]) -> str:
    return f"{grant['role']}/{grant['unit']}" if grant["unit"] else grant["role"]


@token_app.command("create")
def create(
    *,
    name: Annotated[str, typer.Option(help="The service that the token speaks for; made where it is not there yet.")],
    role: Roles = [],  # noqa: B006 - typer copies it
    scope: Annotated[list[str], typer.Option(help="Narrows what the roles allow; may be repeated.")] = [],  # noqa: B006
    days: Annotated[int | None, typer.Option(min=1, help="Until it expires; else it does not.")] = None,
    limit_minor: Annotated[int | None, typer.Option(min=0, help="Most it may approve, in minor units.")] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """A token of a person or service. Answers {"token","principal"}; the token is told this once."""
    from datetime import timedelta

    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import add_principal, by_name, grant_role, grants_of, machine_actor
    from app.identity.tokens import create_token
    from app.store.engine import read_only

    with open_ground() as ground:
        actor = machine_actor(tenant_of(ground, tenant, make=True))
        with read_only(ground.engine) as session:
            row = by_name(session, actor.tenant, name)
            held = grants_of(session, row, ground.clock()) if row else ()
        if row is None:
            row = add_principal(ground, actor, name=name, kind="service", roles=_grants(role), limit_minor=limit_minor)
        else:
            for each in _grants(role):
                if each not in held:
                    grant_role(ground, actor, row.id, each)
        expires = ground.clock() + timedelta(days=days) if days else None
        secret = create_token(ground, actor, row.id, name, scopes=scope, expires_at=expires)
    tell({"token": secret, "principal": row.id}, as_json=as_json, lines=lambda: [secret])


@token_app.command("revoke")
def revoke(token: str, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """End a token, named by itself or by the first 16 characters of its SHA-256. Answers {"revoked"}."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.tokens import PREFIX, digest_of, revoke_token

    with open_ground() as ground:
        digest = digest_of(token) if token.startswith(PREFIX) else token
        revoke_token(ground, machine_actor(tenant_of(ground, tenant)), digest)
    tell({"revoked": digest[:16]}, as_json=as_json, lines=lambda: [f"revoked {digest[:16]}"])


@source_app.command("add")
def add(
    name: str,
    *,
    verifier: Annotated[str, typer.Option(help="How its deliveries are signed: standard-webhooks.")],
    types: Annotated[
        str | None, typer.Option(help="What it may emit, by commas; `crm.*` is a pattern. Else all.")
    ] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """A sender of events. Answers {"source","secret","url"}; the secret is told this once."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.sources import ANY_TYPE, add_source

    allowed = tuple(each.strip() for each in types.split(",") if each.strip()) if types is not None else ANY_TYPE
    with open_ground() as ground:
        actor = machine_actor(tenant_of(ground, tenant, make=True))
        slug, secret = add_source(ground, actor, name, verifier=verifier, types=allowed)
        url = f"{ground.settings.public_url}/v1/events/{slug}"
    made = {"source": slug, "secret": secret, "url": url}
    tell(made, as_json=as_json, lines=lambda: [f"{key}  {value}" for key, value in made.items()])


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
    tell({"source": source, "secret": secret}, as_json=as_json, lines=lambda: [secret])


@setting_app.command("show")
def show(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Settings, and changes that wait for a second person."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.views.settings import settings

    with open_ground() as ground:
        found = settings(ground, machine_actor(tenant_of(ground, tenant)))
    rows = [(each["name"], json.dumps(each["value"]), f"version {each['version']}") for each in found["settings"]]
    rows += [(each["name"], json.dumps(each["value"]), f"waits: {each['id']}") for each in found["pending"]]
    tell(found, as_json=as_json, lines=lambda: table(("NAME", "VALUE", "STATE"), rows))


@setting_app.command("set")
def propose(
    name: str,
    value: Annotated[str, typer.Argument(help="JSON, or a plain word.")],
    *,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Propose a change; another person confirms it. Answers {"change","status"}."""
    from app.cli_commands.local import acting, open_ground
    from app.identity.setting_changes import propose_setting

    with open_ground() as ground:
        change = propose_setting(ground, acting(ground, tenant, as_name), name, _value(value))
    tell(
        {"change": change, "status": "pending"}, as_json=as_json,
        lines=lambda: [f"{change} waits; another person: countersign setting confirm {change}"],
    )  # fmt: skip


@setting_app.command("confirm")
def confirm(change: str, *, as_name: AsOption = None, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Confirm another person's change. Answers {"change","status"}."""
    from app.cli_commands.local import acting, open_ground
    from app.identity.setting_changes import confirm_setting

    with open_ground() as ground:
        confirm_setting(ground, acting(ground, tenant, as_name), change)
    tell({"change": change, "status": "confirmed"}, as_json=as_json, lines=lambda: [f"{change} confirmed"])


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def import_people(file: Path, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """People from a CSV file with the columns name, email, roles (by blanks), unit, record_id, limit_minor.

    Who is there already is left as they are. Answers {"added","known"}.
    """
    from app.cli_commands.local import open_ground, tenant_of
    from app.errors import Problem
    from app.identity.principals import add_principal, by_name, machine_actor
    from app.store.engine import read_only

    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as unreadable:
        raise Failed(f"{file} cannot be read: {unreadable}", UNUSABLE) from unreadable
    added: list[str] = []
    known: list[str] = []
    with open_ground() as ground:
        actor = machine_actor(tenant_of(ground, tenant, make=True))
        for number, row in enumerate(rows, start=2):
            name, limit = (row.get("name") or "").strip(), (row.get("limit_minor") or "").strip()
            with read_only(ground.engine) as session:
                there = by_name(session, actor.tenant, name) if name else None
            if there is not None:
                known.append(there.id)
                continue
            try:
                made = add_principal(
                    ground, actor, name=name, kind="person", roles=_grants((row.get("roles") or "").split()),
                    email=(row.get("email") or "").strip() or None, unit=(row.get("unit") or "").strip() or None,
                    record_id=(row.get("record_id") or "").strip() or None, limit_minor=int(limit) if limit else None,
                )  # fmt: skip
            except (Problem, ValueError) as wrong:
                raise Failed(f"{file} line {number}: {wrong}; {len(added)} added before it", UNUSABLE) from wrong
            added.append(made.id)
    tell(
        {"added": added, "known": known}, as_json=as_json,
        lines=lambda: [f"{len(added)} added, {len(known)} known already"],
    )  # fmt: skip
