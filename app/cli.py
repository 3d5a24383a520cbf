"""`countersign`: the command line. Groups are light to import; each command imports what it needs when it runs."""

import typer

from app.cli_commands import external, log, operate, people, policy, sandbox, work
from app.cli_commands.console import EXIT_CODES, reported

app = typer.Typer(
    name="countersign",
    help="Agents propose. Policy decides. People countersign. Everything is on the record.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for each in (operate.serve, operate.demo, work.triage, work.queue, work.approve, work.reject, work.edit, work.respond):
    app.command()(each)
app.add_typer(policy.policy_app, name="policy")
app.add_typer(log.audit_app, name="audit")
app.add_typer(sandbox.sandbox_app, name="sandbox")
app.add_typer(people.source_app, name="source")
app.add_typer(people.user_app, name="user")
app.add_typer(people.token_app, name="token")
app.add_typer(people.setting_app, name="setting")
app.command("import")(people.import_people)
app.command()(log.erase)
app.command()(operate.migrate)
app.command()(operate.doctor)
for name in external.HELP:
    app.command(name, context_settings=external.PASSED_ON)(external.handed_on(name))


def main() -> None:
    with reported():
        app()
