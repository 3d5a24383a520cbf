"""`slack`: connecting a workspace, and whose accounts are whose."""

from typing import Annotated

import typer

from app.cli_commands.console import Json, TenantOption, failed, table, tell

slack_app = typer.Typer(no_args_is_help=True, help="A firm's Slack workspace and its people's accounts there.")

Name = Annotated[str, typer.Argument(help="A name, an address or an id.")]


@slack_app.command("connect")
def connect(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Connect the workspace of COUNTERSIGN_SLACK_BOT_TOKEN to a firm. Answers {"team","tenant"}.

    The token is kept encrypted; the variable is not needed afterwards. Again with a new token, it takes the old one's
    place.
    """
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.slack.workspaces import connect as tie

    with open_ground() as ground:
        token = ground.settings.slack_bot_token
        if token is None:
            raise failed("invalid_query", "COUNTERSIGN_SLACK_BOT_TOKEN is not set; it is the app's bot token, xoxb-…")
        made = tie(ground, machine_actor(tenant_of(ground, tenant)), token.get_secret_value())
    tell(
        {"team": made.team_id, "tenant": made.tenant}, as_json=as_json,
        text=lambda: [f"workspace {made.team_id} is connected to {made.tenant}"],
    )  # fmt: skip


@slack_app.command("disconnect")
def disconnect(team: str, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Send nothing more to a workspace, and take nothing from it. Answers {"team"}."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.slack.workspaces import disconnect as untie

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        untie(ground, firm, team, "asked_for", machine_actor(firm))
    tell({"team": team}, as_json=as_json, text=lambda: [f"workspace {team} is not connected any more"])


@slack_app.command("code")
def code(name: Name, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """A code that links a person's Slack account once, within ten minutes. Answers {"code","principal"}.

    They type it in Slack: /countersign link CODE.
    """
    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.slack_links import show_code

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        made = show_code(ground, machine_actor(firm), row.id)
    tell({"code": made, "principal": row.id}, as_json=as_json, text=lambda: [f"/countersign link {made}"])


@slack_app.command("unlink")
def unlink(name: Name, *, tenant: TenantOption = None, as_json: Json = False) -> None:
    """A person's Slack accounts speak for nobody from now on. Answers {"principal","ended"}."""
    from app.cli_commands.local import open_ground, principal_of, tenant_of
    from app.identity.principals import machine_actor
    from app.identity.slack_links import end_link

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        row = principal_of(ground, firm, name)
        ended = end_link(ground, machine_actor(firm), row.id)
    tell({"principal": row.id, "ended": ended}, as_json=as_json, text=lambda: [f"{ended} accounts of {row.name} ended"])


@slack_app.command("list")
def show(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """Connected workspaces, and whose accounts are linked. Answers {"workspaces","accounts"}."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.identity.principals import machine_actor
    from app.views.slack import slack

    with open_ground() as ground:
        found = slack(ground, machine_actor(tenant_of(ground, tenant)))
    rows = [(each["team"], "workspace", each["name"], each["ended_at"] or "") for each in found["workspaces"]]
    rows += [(each["team"], each["user"], each["name"], each["ended_at"] or "") for each in found["accounts"]]
    tell(found, as_json=as_json, text=lambda: [table(("TEAM", "ACCOUNT", "NAME", "ENDED"), rows)])
