"""`countersign bench` and `countersign eval`."""

import json
import tempfile
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.tasks import TASKS

if TYPE_CHECKING:
    from evals.harness import Result

BENCHES = ("help", "cold_start", "decision", "verify", "accept", "queue_page", "end_to_end", "memory", "replay")
"""Modules of evals.bench, each with `measure(folder) -> list[Figure]`."""

eval_app = typer.Typer(add_completion=False, help="Run evaluation tasks.")


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help=f"Of {', '.join(BENCHES)}; else all.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout instead of a table.")] = False,
) -> None:
    """Measure what the design promises, each figure beside its budget, on this machine as it is now.

    With --json: [{"name","figure","unit","budget","holds","n"}]; budget and holds are null for what is only stated.
    It takes minutes, and the figures mean something only where nothing else is running.
    """
    wanted = names or list(BENCHES)
    if unknown := [name for name in wanted if name not in BENCHES]:
        raise typer.BadParameter(f"{unknown[0]} is not one of {', '.join(BENCHES)}", param_hint="NAME")
    figures = []
    for name in wanted:
        typer.echo(f"measuring {name}", err=True)
        # Each in a folder of its own that goes with it: nothing is measured twice on what was left over.
        with tempfile.TemporaryDirectory(prefix=f"countersign-bench-{name}-") as folder:
            figures += import_module(f"evals.bench.{name}").measure(Path(folder))
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


@eval_app.command()
def tasks(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TASK]...", help=f"Of {', '.join(TASKS)}; else all.")
    ] = None,
    *,
    train: Annotated[Path | None, typer.Option(metavar="FILE", help="Train on this file, in the set's format.")] = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="Test on this file, in the set's format.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout instead of a table.")] = False,
) -> None:
    """Run evaluation tasks with the embedded reasoner; nothing is asked of a model or of the network.

    Without files: the public sets in COUNTERSIGN_DATA_DIR, split as each task says; without a name all whose data is
    there. With --json: [{"task","n","figures":{NAME:{"value","low","high"}},"seconds","train_file","test_file",
    "commit","dirty","notes","under"}], the files by sha256. Intervals are of 95 %. Exits with 1 where a figure's whole
    interval lies under the baseline in evals/baselines, with 2 where a set cannot be used.
    """
    wanted = names or list(TASKS)
    if unknown := [name for name in wanted if name not in TASKS]:
        raise typer.BadParameter(f"{unknown[0]} is not one of {', '.join(TASKS)}", param_hint="TASK")
    if (train or test) and len(wanted) != 1:
        raise typer.BadParameter("files are for one task; name it", param_hint="--train, --test")
    results = _run(wanted, train, test, skipping=not names)
    if as_json:
        typer.echo(json.dumps([one.document() for one in results], ensure_ascii=False))
    else:
        _show(results)
    for one in results:
        for figure in one.under:
            typer.echo(f"{one.task}: {figure} is under its baseline", err=True)
    if any(one.under for one in results):
        raise typer.Exit(1)


def _run(wanted: list[str], train: Path | None, test: Path | None, *, skipping: bool) -> "list[Result]":
    from agents.reasoners.embedded.encoder import EncoderUnavailable
    from app.settings import load_settings
    from evals.harness import EvaluationFailed, run
    from evals.prepared import Files, SetUnusable

    settings = load_settings()
    files = Files(settings.data_dir, settings.models_dir, train, test, lambda line: typer.echo(line, err=True))
    results = []
    for name in wanted:
        typer.echo(f"evaluating {name}", err=True)
        try:
            results.append(run(name, files))
        except SetUnusable as error:
            typer.echo(f"{name}: {error}", err=True)
            if not skipping:
                raise typer.Exit(2) from error
        except (EncoderUnavailable, EvaluationFailed) as error:
            typer.echo(f"{name}: {error}", err=True)
            raise typer.Exit(4 if isinstance(error, EncoderUnavailable) else 2) from error
    return results


def _show(results: "list[Result]") -> None:
    from rich.console import Console
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("task", "n", "figure", "value", "95 % interval", ""):
        made.add_column(heading, no_wrap=True, justify="right" if heading in ("n", "value") else "left")
    for one in results:
        for place, (name, figure) in enumerate(one.figures.items()):
            made.add_row(
                "" if place else one.task, "" if place else f"{one.n:,}", name, f"{figure.value:.3f}",
                f"{figure.low:.3f} to {figure.high:.3f}", "UNDER" if name in one.under else "",
            )  # fmt: skip
    Console(highlight=False).print(made)
