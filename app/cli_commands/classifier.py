"""`train` and `classify`: text classifiers of the firm's own."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import Json, failed, note, tell

if TYPE_CHECKING:
    from app.classifiers import Trained

_NAMED = Annotated[str, typer.Option("--name", help="What to call it: letters, digits, - and _.")]
_TEXT = Annotated[str, typer.Option("--text", metavar="COL[,COL…]", help="Columns that hold the text.")]


def train(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON Lines, UTF-8, with .gz or without.")],
    *,
    text: _TEXT,
    label: Annotated[str, typer.Option("--label", metavar="COL", help="The column that holds the label.")],
    name: _NAMED,
    outside: Annotated[
        str | None,
        typer.Option("--outside", metavar="LABEL", help="Rows with this label are examples of what no label fits."),
    ] = None,
    error_target: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Share of wrong labels to allow where it does not abstain.")
    ] = 0.05,
    as_json: Json = False,
) -> None:
    """Train a text classifier on a file of yours; one of the same name is replaced when the new one is whole.

    Answers {"name","path","rows","skipped","labels","data_sha256","encoder","error_target","report"}; the report is
    cross-validated. Nothing leaves this machine.
    """
    from app.classifiers import learn

    made = learn(_home(), name, file, text.split(","), label, outside, error_target, note)
    tell(_said(made), as_json=as_json, text=lambda: _report(made))


def classify(
    name: Annotated[str, typer.Argument(help="A classifier that was trained.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON Lines, UTF-8, with .gz or without.")],
    *,
    text: _TEXT,
    out: Annotated[Path, typer.Option(metavar="FILE.jsonl", help="Where the answers go.")],
    as_json: Json = False,
) -> None:
    """Label a file's rows, in their order: a line {"label","confidence","abstained"} each.

    The label is the likeliest even where `abstained` says that it should not be relied on; a row without a letter or a
    digit has no label. Answers {"name","rows","abstained","unreadable","out"}.
    """
    from app.classifiers import label_rows

    answers, unreadable = label_rows(_home(), name, file, text.split(","), note)
    _write(out, answers)
    counted = {
        "name": name, "rows": len(answers), "abstained": sum(one["abstained"] for one in answers),
        "unreadable": unreadable, "out": str(out.absolute()),
    }  # fmt: skip
    tell(counted, as_json=as_json, text=lambda: [
        f"{counted['rows']:,} rows, {counted['abstained']:,} abstained on, {unreadable:,} with nothing to read: {out}"
    ])  # fmt: skip


def _home() -> "Path":
    from app.settings import load_settings

    return load_settings().home


def _write(path: Path, answers: Sequence[dict[str, Any]]) -> None:
    """All lines or none: another file of that name stays until the new one is whole."""
    if not path.absolute().parent.is_dir():
        raise failed("invalid_query", f"{path}: there is no folder {path.absolute().parent}")
    number, draft = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in answers)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _said(made: "Trained") -> dict[str, Any]:
    return {**made.document, "path": str(made.path)}


def _report(made: "Trained") -> list[Any]:
    from app.cli_commands.console import table

    report = made.document["report"]
    rows = [
        (label, f"{one['rows']:,.0f}", *(f"{one[part]:.3f}" for part in ("precision", "recall", "f1")))
        for label, one in report["per_label"].items()
    ]
    return [
        f"{made.document['name']}: {report['rows']:,} rows, {len(rows)} labels, each row left out once",
        f"accuracy {report['accuracy']:.3f}, macro-F1 {report['macro_f1']:.3f}",
        f"expected calibration error {report['calibration_error']:.3f}",
        f"does not abstain on {report['coverage']:.1%}, of which {report['error']:.1%} are wrong",
        table(("label", "rows", "precision", "recall", "F1"), rows, folds=("label",)),
        f"saved as {made.path}",
    ]
