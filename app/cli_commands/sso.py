"""`sso`: a firm's identity provider (OpenID Connect), and whose its accounts are."""

import sys
from typing import Annotated

import typer

from app.cli_commands.console import Json, TenantOption, tell

sso_app = typer.Typer(no_args_is_help=True, help="Single sign-on through a firm's identity provider.")


@sso_app.command("set")
def put(
    issuer: Annotated[str, typer.Argument(help="As the provider's own configuration names it: https://…")],
    *,
    client: Annotated[str, typer.Option(help="The client id that the provider gave this service.")],
    by_verified_email: Annotated[
        bool, typer.Option(help="An account that is nobody's yet is the person's of its verified address.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="A client without a secret.")] = False,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Sign people in through a provider; the client's secret is asked for, or read from stdin.

    Answers {"issuer","return_to"}; the provider must know the second as a redirect address.
    """
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.openid import discover
    from app.identity.principals import machine_actor
    from app.identity.single_sign_on import RETURN_PATH, set_provider

    secret = None if public else _secret()
    with open_ground() as ground:
        actor = machine_actor(tenant_of(ground, tenant))
        found = discover(issuer)
        set_provider(ground, actor, found.issuer, client, secret, by_verified_email=by_verified_email)
        told = {"issuer": found.issuer, "return_to": ground.settings.public_url + RETURN_PATH}
    tell(told, as_json=as_json, text=lambda: [f"{key}  {value}" for key, value in told.items()])


def _secret() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Client secret", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\n")


@sso_app.command("remove")
def remove(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Nobody signs in through the provider any more; sessions go on. Answers {"tenant"}."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.single_sign_on import end_provider

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        end_provider(ground, machine_actor(firm))
    tell({"tenant": firm}, as_json=as_json, text=lambda: [f"{firm} has no identity provider any more"])


@sso_app.command("link")
def link(
    name: Annotated[str, typer.Argument(help="A name, an address or an id.")],
    subject: Annotated[str, typer.Argument(help="The account's `sub` at the provider.")],
    *,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Say whose an account of the provider is. Answers {"principal"}."""
    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.single_sign_on import link_subject

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        link_subject(ground, machine_actor(firm), row.id, subject)
    tell({"principal": row.id}, as_json=as_json, text=lambda: [f"the account signs {row.name} in"])


@sso_app.command("unlink")
def unlink(name: str, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """A person's accounts at the provider sign nobody in. Answers {"principal","ended"}."""
    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.single_sign_on import end_links

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        ended = end_links(ground, machine_actor(firm), row.id)
    tell({"principal": row.id, "ended": ended}, as_json=as_json, text=lambda: [f"{ended} accounts of {row.name} ended"])
