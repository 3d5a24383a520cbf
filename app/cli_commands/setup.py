"""`setup`: the first firm of an installation, its first person, and the link by which they sign in."""

from typing import Annotated

import typer

from app.cli_commands.console import Json, failed, tell

_ROLES = ("admin", "head_of_delivery", "delivery_lead", "resource_manager", "finance")


def setup(
    name: Annotated[str, typer.Argument(help="Who sets it up, and approves until there are others.")],
    *,
    firm: Annotated[str, typer.Option(help="The firm's id: lower-case letters, digits and dashes.")] = "firm",
    currency: Annotated[str, typer.Option(help="Base currency, ISO 4217.")] = "EUR",
    email: Annotated[str | None, typer.Option(help="The address by which they also sign in.")] = None,
    as_json: Json = False,
) -> None:
    """Make a firm without systems and its first person, who goes on in the browser.

    Answers {"tenant","principal","link"}; the link signs in once, within an hour.
    """
    from datetime import timedelta

    from app.actor import Grant
    from app.cli_commands.local import open_ground, set_up_tenant
    from app.identity.links import create_link
    from app.identity.principals import add_principal, machine_actor
    from app.store.engine import read_only
    from app.store.models import Tenant

    with open_ground() as ground:
        with read_only(ground.engine) as session:
            if session.get(Tenant, firm) is not None:
                raise failed("conflict", f"there is a firm {firm} already; `countersign user link NAME` signs in to it")
        set_up_tenant(ground, firm, sandbox=False, base_currency=currency)
        machine = machine_actor(firm)
        grants = [Grant(role) for role in _ROLES]
        row = add_principal(ground, machine, name=name, kind="person", roles=grants, email=email)
        link = create_link(ground, machine, row.id, timedelta(hours=1)) + "&next=/setup"
    made = {"tenant": firm, "principal": row.id, "link": link}
    tell(made, as_json=as_json, text=lambda: [f"{name} signs in once, within an hour, while the service runs:", link])
