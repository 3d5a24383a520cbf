"""`token`: bearer tokens of people and services."""

from typing import Annotated

import typer

from app.cli_commands.console import Json, TenantOption, failed, table, tell
from app.cli_commands.user import Roles, grants

token_app = typer.Typer(no_args_is_help=True, help="Bearer tokens for the API.")


@token_app.command("create")
def create(
    *,
    name: Annotated[str, typer.Option(help="Whom the token speaks for; a service of that name is made if need be.")],
    role: Roles = [],  # noqa: B006 - typer copies it
    scope: Annotated[list[str], typer.Option(help="Narrows what the roles allow; may be repeated.")] = [],  # noqa: B006
    days: Annotated[int | None, typer.Option(min=1, help="Until it expires; else it does not.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Most a new service may approve, in minor units.")] = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """A token of a person or service. Answers {"token","principal"}; the token is told this once."""
    from datetime import timedelta

    from app.cli_commands.local import joined_tenant_of, open_ground
    from app.identity.principals import add_principal, by_name, grant_role, grants_of, machine_actor
    from app.identity.tokens import SCOPES, create_token
    from app.store.engine import read_only

    if unknown := sorted(set(scope) - SCOPES.keys()):
        raise failed("invalid_query", f"--scope {unknown[0]!r} is not a scope; scopes are {', '.join(SCOPES)}")
    wanted = grants(role)
    with open_ground() as ground:
        actor = machine_actor(joined_tenant_of(ground, tenant))
        with read_only(ground.engine) as session:
            row = by_name(session, actor.tenant, name)
            held = grants_of(session, row, ground.clock()) if row else ()
        if row is None:
            row = add_principal(ground, actor, name=name, kind="service", roles=wanted, limit_minor=limit)
        else:
            for each in wanted:
                if each not in held:
                    grant_role(ground, actor, row.id, each)
        expires = ground.clock() + timedelta(days=days) if days else None
        secret = create_token(ground, actor, row.id, name, scopes=scope, expires_at=expires)
    tell({"token": secret, "principal": row.id}, as_json=as_json, text=lambda: [secret])


@token_app.command("list")
def show(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Tokens by the beginning of their SHA-256; [{"token","principal","name","scopes","created_at",…}]."""
    from sqlmodel import col, select

    from app.cli_commands.local import open_ground, tenant_of
    from app.store.engine import read_only
    from app.store.models import Principal, Token
    from app.views.sight import stamp

    with open_ground() as ground, read_only(ground.engine) as session:
        firm = tenant_of(ground, tenant)
        found = session.exec(
            select(Token, Principal.name)
            .join(Principal, col(Principal.id) == col(Token.principal_id))
            .where(col(Token.tenant) == firm)
            .order_by(col(Token.created_at))
        ).all()
    told = [
        {
            "token": row.digest[:16], "principal": row.principal_id, "principal_name": owner, "name": row.name,
            "scopes": list(row.scopes), "created_at": stamp(row.created_at), "expires_at": stamp(row.expires_at),
            "revoked_at": stamp(row.revoked_at),
        }
        for row, owner in found
    ]  # fmt: skip
    rows = [
        (
            row.digest[:16], owner, ", ".join(row.scopes) or "all", stamp(row.created_at),
            "revoked" if row.revoked_at else stamp(row.expires_at) or "does not expire",
        )
        for row, owner in found
    ]  # fmt: skip
    tell(told, as_json=as_json, text=lambda: [table(("TOKEN", "OF", "SCOPES", "MADE", "UNTIL"), rows)])


@token_app.command("revoke")
def revoke(token: str, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """End a token, named by itself or by the first 16 characters of its SHA-256. Answers {"revoked"}."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.tokens import PREFIX, digest_of, revoke_token

    with open_ground() as ground:
        digest = digest_of(token) if token.startswith(PREFIX) else token
        revoke_token(ground, machine_actor(tenant_of(ground, tenant)), digest)
    tell({"revoked": digest[:16]}, as_json=as_json, text=lambda: [f"revoked {digest[:16]}"])
