"""Commands that other rooms bring, found by name in the entry points `countersign.commands` and loaded when called."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

import typer

from app.cli_commands.console import failed

GROUP = "countersign.commands"
HELP = {
    "eval": "Run evaluation tasks.",
    "bench": "Measure what the design promises.",
}
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def handed_on(name: str) -> Callable[[typer.Context], None]:
    """A command that hands its arguments to the entry point `name`."""

    def command(context: typer.Context) -> None:
        found = [each for each in entry_points(group=GROUP) if each.name == name]
        if not found:
            raise failed("invalid_query", f"`{name}` is not part of this installation")
        try:
            loaded: Any = found[0].load()
        except ImportError as missing:
            raise failed("invalid_query", f"`{name}` is not part of this installation: {missing}") from missing
        if not isinstance(loaded, typer.Typer):
            inner = typer.Typer(add_completion=False)
            inner.command(name)(loaded)
            loaded = inner
        loaded(args=context.args, prog_name=f"countersign {name}")

    command.__doc__ = HELP[name]
    return command
