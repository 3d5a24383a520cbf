"""`setting`: a firm's settings."""

import json
from typing import Annotated, Any

import typer

from app.cli_commands.console import AsOption, Json, TenantOption, table, tell

setting_app = typer.Typer(no_args_is_help=True, help="A firm's settings; each change takes two people.")


@setting_app.command("list")
def show(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Settings, and changes that wait for a second person. Answers {"settings","pending"}."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.views.settings import settings

    with open_ground() as ground:
        found = settings(ground, machine_actor(tenant_of(ground, tenant)))
    rows = [(each["name"], json.dumps(each["value"]), f"version {each['version']}") for each in found["settings"]]
    rows += [(each["name"], json.dumps(each["value"]), f"waits: {each['id']}") for each in found["pending"]]
    tell(found, as_json=as_json, text=lambda: [table(("NAME", "VALUE", "STATE"), rows, folds=("VALUE",))])


@setting_app.command("set")
def propose(
    name: Annotated[str, typer.Argument(help="As mode/psa.sow.approved, thresholds, hours/UNIT, assignee/TOOL.")],
    value: Annotated[str, typer.Argument(help="JSON, or a plain word.")],
    *,
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Propose a change; another person confirms it. Answers {"change","status"}."""
    from app.cli_commands.local import open_ground, writing
    from app.identity.setting_changes import propose_setting

    with open_ground() as ground:
        change = propose_setting(ground, writing(ground, tenant, as_name, "admin"), name, _value(value))
    tell(
        {"change": change, "status": "pending"}, as_json=as_json,
        text=lambda: [f"{change} waits; another person: countersign setting confirm {change} --as NAME"],
    )  # fmt: skip


@setting_app.command("confirm")
def confirm(change: str, *, as_name: AsOption = None, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Confirm another person's change. Answers {"change","status"}."""
    from app.cli_commands.local import open_ground, writing
    from app.identity.setting_changes import confirm_setting

    with open_ground() as ground:
        confirm_setting(ground, writing(ground, tenant, as_name, "admin"), change)
    tell({"change": change, "status": "confirmed"}, as_json=as_json, text=lambda: [f"{change} confirmed"])


@setting_app.command("withdraw")
def withdraw(change: str, *, as_name: AsOption = None, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Drop a change that waits. Answers {"change","status"}."""
    from app.cli_commands.local import open_ground, writing
    from app.identity.setting_changes import withdraw_setting

    with open_ground() as ground:
        withdraw_setting(ground, writing(ground, tenant, as_name, "admin"), change)
    tell({"change": change, "status": "withdrawn"}, as_json=as_json, text=lambda: [f"{change} withdrawn"])


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
