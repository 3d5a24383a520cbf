"""`countersign bench`."""

import json
import tempfile
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evals.bench.figure import Figure
    from evals.bench.site import Site

BENCHES = (
    "machine", "help", "cold_start", "decision", "verify", "commits", "accept", "queue_page", "end_to_end", "memory",
    "replay", "staffing",
)  # fmt: skip
"""Modules of evals.bench, each with `measure(site) -> list[Figure]`."""


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help=f"Of {', '.join(BENCHES)}; else all.")
    ] = None,
    *,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A PostgreSQL server, by a role that may create databases; else SQLite."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout instead of a table.")] = False,
) -> None:
    """Measure what the design promises, each figure beside its budget, on this machine as it is now.

    With --json: [{"name","figure","unit","budget","holds","n"}]; budget and holds are null for what is only stated.
    It takes minutes, and the figures mean something only where nothing else is running. With --database everything
    is kept in databases of that server, which are made for it and dropped; budgets are those of SQLite all the same.
    """
    wanted = names or list(BENCHES)
    if unknown := [name for name in wanted if name not in BENCHES]:
        raise typer.BadParameter(f"{unknown[0]} is not one of {', '.join(BENCHES)}", param_hint="NAME")
    figures: list[Figure] = []
    for name in wanted:
        typer.echo(f"measuring {name}", err=True)
        # Each in a folder of its own that goes with it: nothing is measured twice on what was left over.
        with tempfile.TemporaryDirectory(prefix=f"countersign-bench-{name}-") as folder:
            measured: list[Figure] = import_module(f"evals.bench.{name}").measure(_site(Path(folder), database))
        for figure in measured:
            typer.echo(f"  {figure.name} {figure.figure:,.10g} {figure.unit}", err=True)
        figures += measured
    if as_json:
        typer.echo(json.dumps([asdict(figure) for figure in figures], ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "figure", "unit", "budget", "holds", "n"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in ("figure", "n") else "left")
    for figure in figures:
        holds = "" if figure.holds is None else "yes" if figure.holds else "NO"
        table.add_row(
            figure.name, f"{figure.figure:,.10g}", figure.unit, figure.budget or "", holds, f"{figure.n:,}"
        )  # fmt: skip
    Console(highlight=False).print(table)


def _site(folder: Path, database: str | None) -> "Site":
    from evals.bench.site import site

    try:
        return site(folder, database)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--database") from error
