"""`countersign`: the command line. Modules of commands are light; each command imports what it needs when it runs."""

import typer

from app.cli_commands import (
    backup,
    classifier,
    external,
    imports,
    log,
    look,
    operate,
    policy,
    review,
    sandbox,
    setting,
    setup,
    slack,
    source,
    sso,
    summary,
    tenant,
    token,
    triage,
    user,
)
from app.cli_commands.console import EXIT_CODES, reported

app = typer.Typer(
    name="countersign",
    help="Agents propose. Policy decides. People countersign. Everything is on the record.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for each in (operate.demo, operate.serve, triage.triage, review.queue, review.approve, summary.summary):
    app.command()(each)
app.add_typer(policy.policy_app, name="policy")
app.add_typer(log.audit_app, name="audit")
app.add_typer(sandbox.sandbox_app, name="sandbox")
app.add_typer(source.source_app, name="source")
app.add_typer(user.user_app, name="user")
app.add_typer(token.token_app, name="token")
app.add_typer(tenant.tenant_app, name="tenant")
app.add_typer(setting.setting_app, name="setting")
app.add_typer(slack.slack_app, name="slack")
app.add_typer(sso.sso_app, name="sso")
app.command()(setup.setup)
app.command()(look.look)
app.command("import")(imports.import_files)
app.command()(log.erase)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(classifier.train)
app.command()(classifier.classify)
app.command()(operate.migrate)
app.command()(operate.doctor)
for name in external.HELP:
    app.command(name, context_settings=external.PASSED_ON)(external.handed_on(name))


def main() -> None:
    """The program; see console.EXIT_CODES for what it exits with."""
    with reported():
        app()
