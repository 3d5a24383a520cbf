"""`countersign eval`; `countersign bench` is passed on."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from evals.bench.command import bench
from evals.tasks import TASKS

if TYPE_CHECKING:
    from evals.harness import Result
    from evals.prepared import Files, ReasonerName
    from evals.runs import Earlier

__all__ = ["bench", "eval_app"]


class _TasksFirst(TyperGroup):
    """`eval TASK…` runs tasks; what is named like another command is that command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["tasks", *args]
        return super().parse_args(ctx, args)


eval_app = typer.Typer(
    add_completion=False, cls=_TasksFirst, help="Run evaluation tasks: `eval [TASK]...`, as `eval tasks --help` says.",
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


@eval_app.command()
def tasks(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TASK]...", help=f"Of {', '.join(TASKS)}; else all.")
    ] = None,
    *,
    train: Annotated[Path | None, typer.Option(metavar="FILE", help="Train on this file, in the set's format.")] = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="Test on this file, in the set's format.")] = None,
    reasoner: Annotated[str, typer.Option(metavar="embedded|model", help="What reads and words.")] = "embedded",
    repeat: Annotated[int, typer.Option(min=1, max=50, help="Answer every row so often; adds pass^k.")] = 1,
    limit: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.1, help="For each row that a solver answers.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--compare", metavar="RUN", help="Folder of an earlier run to compare with.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A sample, drawn by a seed, where rows take long.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Tasks at a time, in so many processes.")] = 1,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Else a new one in COUNTERSIGN_HOME.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout instead of a table.")] = False,
) -> None:
    """Run evaluation tasks with the embedded reasoner, or with the model that the settings name.

    Without files: the public sets in COUNTERSIGN_DATA_DIR, split as each task says; without a name all whose data is
    there. With --json: [{"task","n","figures":{NAME:{"value","low","high"}},"seconds","train_file","test_file",
    "commit","dirty","notes","under","cpu_seconds","reasoner","repeat","compared"}], the files by sha256; of mspsp
    alone a row an instance, {"instance","makespan","optimal","seconds","bound"}. Intervals are of 95 %. The
    folder that is named at the end holds run.json (every row), report.html and Inspect's logs. Exits with 1 where a
    figure's whole interval misses the baseline in evals/baselines, with 2 where a set or an earlier run cannot be used.
    """
    wanted = names or list(TASKS)
    if unknown := [name for name in wanted if name not in TASKS]:
        raise typer.BadParameter(f"{unknown[0]} is not one of {', '.join(TASKS)}", param_hint="TASK")
    if (train or test) and len(wanted) != 1:
        raise typer.BadParameter("files are for one task; name it", param_hint="--train, --test")
    if reasoner not in ("embedded", "model"):
        raise typer.BadParameter(f"{reasoner} is neither embedded nor model", param_hint="--reasoner")
    before = _before(against)
    chosen: ReasonerName = "model" if reasoner == "model" else "embedded"
    files = _files(train, test, chosen, limit, quick=quick)
    folder, results = _run(wanted, files, repeat, out, before, jobs, skipping=not names)
    _keep(folder, results, against)
    if as_json and len(results) == 1 and results[0].listed:
        typer.echo(json.dumps([row.answer for row in results[0].rows], ensure_ascii=False))
    elif as_json:
        typer.echo(json.dumps([one.document() for one in results], ensure_ascii=False))
    else:
        from evals.table import show

        show(results)
    typer.echo(f"written to {folder}", err=True)
    for one in results:
        for figure in one.under:
            typer.echo(f"{one.task}: {figure} misses its baseline", err=True)
    if any(one.under for one in results):
        raise typer.Exit(1)


@eval_app.command()
def harvest(
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="A new YAML file to go through; none is written over.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only of that day (UTC) and later.")
    ] = None,
    as_name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="As whom; else as the machine.")] = None,
    tenant: Annotated[str | None, typer.Option(metavar="T", help="The firm; needed where there are several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout instead of text.")] = False,
) -> None:
    """Make candidate cases of the verdicts and corrections that people gave; nothing of what anybody wrote is in them.

    With --json: {"candidates","erased","file"}. Needs a role that reads all. Exits with 2 where the file is there.
    """
    from app.cli_commands.console import reported
    from app.cli_commands.local import open_ground, reading
    from evals import harvest as harvesting

    with reported(), open_ground() as ground:
        actor = reading(ground, tenant, as_name, "audit:read")
        found = harvesting.harvest(ground, actor, since.replace(tzinfo=UTC) if since else None)
        harvesting.write(out, found)
    told = {"candidates": len(found.candidates), "erased": found.erased, "file": str(out)}
    typer.echo(
        json.dumps(told) if as_json else f"{told['candidates']} candidates in {out}; {found.erased} left out as erased"
    )


def _before(path: Path | None) -> "dict[str, Earlier]":
    if path is None:
        return {}
    from evals.runs import RunUnusable, earlier

    try:
        return earlier(path)
    except RunUnusable as error:
        raise typer.BadParameter(str(error), param_hint="--compare") from error


def _files(
    train: Path | None, test: Path | None, reasoner: "ReasonerName", limit: float | None, *, quick: bool
) -> "Files":
    from app.settings import load_settings
    from evals.prepared import Files

    settings = load_settings()
    return Files(settings.data_dir, settings.models_dir, train, test, _told, reasoner, settings, limit, quick)


def _told(line: str) -> None:
    typer.echo(line, err=True)


def _run(
    wanted: list[str], files: "Files", repeat: int, out: Path | None, before: "dict[str, Earlier]", jobs: int,
    *, skipping: bool,
) -> "tuple[Path, list[Result]]":  # fmt: skip
    from agents.reasoners.embedded.encoder import EncoderUnavailable
    from app.settings import load_settings
    from evals.harness import EvaluationFailed, stamp
    from evals.prepared import SetUnusable
    from evals.running import each
    from evals.runs import RunUnusable, folder_of

    folder = out or folder_of((files.settings or load_settings()).home, datetime.now(UTC), stamp()[0])
    results = []
    for name, outcome in each(wanted, files, repeat, folder / "inspect", before, jobs):
        if not isinstance(outcome, Exception):
            results.append(outcome)
            continue
        typer.echo(f"{name}: {outcome}", err=True)
        if isinstance(outcome, SetUnusable):
            if not skipping:
                raise typer.Exit(2)
        elif isinstance(outcome, EncoderUnavailable | EvaluationFailed | RunUnusable):
            raise typer.Exit(4 if isinstance(outcome, EncoderUnavailable) else 2)
        else:
            raise outcome
    return folder, results


def _keep(folder: Path, results: "Sequence[Result]", against: Path | None) -> None:
    from evals.report import page
    from evals.runs import keep

    now = datetime.now(UTC)
    keep(folder, [one.whole() for one in results], now)
    page.write(folder, results, now, against.name if against else None)
