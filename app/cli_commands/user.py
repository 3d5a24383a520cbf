"""`user`: the people of a firm."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_commands.console import Json, TenantOption, failed, table, tell

if TYPE_CHECKING:
    from app.actor import Grant

user_app = typer.Typer(no_args_is_help=True, help="People, their roles, and one-time sign-in links.")

Roles = Annotated[list[str], typer.Option("--role", help="A role, or ROLE/UNIT for one unit alone; may be repeated.")]


def grants(roles: list[str], unit: str | None = None) -> "list[Grant]":
    """Grants as said; a role without a unit of its own holds in `unit`, else everywhere. Raises Problem."""
    from app.actor import Grant
    from app.identity.principals import ROLES

    split = [each.partition("/") for each in roles]
    if unknown := [role for role, _, _ in split if role not in ROLES]:
        raise failed("invalid_query", f"{unknown[0]!r} is not a role; roles are {', '.join(ROLES)}")
    return [Grant(role, own or unit or "") for role, _, own in split]


@user_app.command("add")
def add(
    name: str,
    *,
    role: Roles,
    email: Annotated[str | None, typer.Option(help="The address by which they also sign in.")] = None,
    unit: Annotated[str | None, typer.Option(help="Their unit, in which the roles hold.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Most they may approve, in minor units.")] = None,
    record: Annotated[str | None, typer.Option(help="Their id in the system of record, as per-17.")] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Add a person. Answers {"principal","name","roles"}."""
    from app.cli_commands.local import joined_tenant_of, open_ground
    from app.identity.principals import add_principal, machine_actor

    wanted = grants(role, unit)
    with open_ground() as ground:
        actor = machine_actor(joined_tenant_of(ground, tenant))
        row = add_principal(
            ground, actor, name=name, kind="person", roles=wanted, email=email, record_id=record, unit=unit,
            limit_minor=limit,
        )  # fmt: skip
    tell(
        {"principal": row.id, "name": row.name, "roles": role}, as_json=as_json,
        text=lambda: [f"{row.id}  {row.name}: {', '.join(role)}"],
    )  # fmt: skip


@user_app.command("list")
def show(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Everyone, people and services, with their roles."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.views.people import directory

    with open_ground() as ground:
        people = directory(ground, machine_actor(tenant_of(ground, tenant)))
    rows = [
        (each["id"], each["name"], each["kind"], ", ".join(_said(grant) for grant in each["roles"]), each["record_id"])
        for each in people
    ]
    tell(people, as_json=as_json, text=lambda: [table(("PRINCIPAL", "NAME", "KIND", "ROLES", "RECORD"), rows)])


def _said(grant: dict[str, str]) -> str:
    return f"{grant['role']}/{grant['unit']}" if grant["unit"] else grant["role"]


@user_app.command("link")
def link(
    name: Annotated[str, typer.Argument(help="A name, an address or an id.")],
    *,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long the link lasts.")] = 15,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """A link that signs a person in once. Answers {"link","principal"}."""
    from datetime import timedelta

    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.links import create_link
    from app.identity.principals import machine_actor

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        made = create_link(ground, machine_actor(firm), row.id, timedelta(minutes=minutes))
    tell({"link": made, "principal": row.id}, as_json=as_json, text=lambda: [made])


@user_app.command("password")
def password(name: str, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Set a person's password: asked for, or read from stdin where that is no terminal. Answers {"principal"}."""
    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.passwords import set_password
    from app.identity.principals import machine_actor

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        if sys.stdin.isatty():
            asked = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        else:
            asked = sys.stdin.readline().rstrip("\n")
        set_password(ground, machine_actor(firm), row.id, asked)
    tell({"principal": row.id}, as_json=as_json, text=lambda: [f"password of {row.name} set"])


@user_app.command("record")
def record(
    name: str,
    record: Annotated[str, typer.Argument(help="Their id in the system of record, as per-17; - for none.")],
    *,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Say which person of the system of record somebody is. Answers {"principal","record_id"}."""
    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.principals import change_record, machine_actor

    wanted = None if record == "-" else record
    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        change_record(ground, machine_actor(firm), row.id, wanted)
    tell(
        {"principal": row.id, "record_id": wanted}, as_json=as_json,
        text=lambda: [f"{row.name} is {wanted or 'nobody there'}"],
    )  # fmt: skip


@user_app.command("deactivate")
def deactivate(name: str, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Shut a person or service out of everything, at once. Answers {"principal"}."""
    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.principals import deactivate as shut_out
    from app.identity.principals import machine_actor

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        shut_out(ground, machine_actor(firm), row.id)
    tell({"principal": row.id}, as_json=as_json, text=lambda: [f"{row.name} is shut out"])


@user_app.command("handover")
def handover(
    name: Annotated[str, typer.Argument(help="Who leaves.")],
    to: Annotated[str, typer.Argument(help="Who takes it on.")],
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only what would be done is told.")] = False,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Hand a leaver's cases and open tasks to another; delegations from and to them end.

    Answers {"applied","cases","tasks","delegations_ended","unseen_cases","roles_of_nobody_else","settings"}.
    """
    from app.cli_commands.local import open_service, principal_of, tenant_of
    from app.identity.principals import machine_actor
    from app.workflow.handover import hand_over, plan_handover

    with open_service() as service:
        ctx = service.context
        firm = tenant_of(ctx, tenant)
        leaver, other = principal_of(ctx, firm, name), principal_of(ctx, firm, to)
        step = hand_over if apply else plan_handover
        found = step(ctx, machine_actor(firm), leaver.id, other.id).as_json()
    tell({"applied": apply} | found, as_json=as_json, text=lambda: [
        *(f"{what.replace('_', ' ')}: {len(idents)}" for what, idents in found.items() if isinstance(idents, list)),
        *(f"{role}: nobody else holds it; {count} reviews wait for it" for role, count in
          found["roles_of_nobody_else"].items()),
        f"handed over to {other.name}" if apply else "nothing was changed yet; the same with --apply does it",
    ])  # fmt: skip
