"""What every command shares: JSON or lines on stdout, one clear line on stderr, documented exit codes."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

OK, REFUSED, UNUSABLE, UNCONFIGURED = 0, 1, 2, 3
EXIT_CODES = (
    "Exit codes: 0 done; 1 refused, or what was checked does not hold; 2 wrong usage or unusable input; "
    "3 the configuration or the database cannot be used."
)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout instead of text.")]
TenantOption = Annotated[
    str | None, typer.Option("--tenant", metavar="T", help="The firm; needed where there are several.")
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Act as this principal (development); else COUNTERSIGN_TOKEN says who."),
]


class Failed(Exception):
    """Ends the command with one line on stderr and this exit code."""

    def __init__(self, message: str, code: int = REFUSED) -> None:
        super().__init__(message)
        self.code = code


def tell(data: Any, *, as_json: bool, lines: Callable[[], Sequence[str]]) -> None:
    """Writes the result: `data` as one line of JSON, or `lines` for people."""
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    for line in lines():
        typer.echo(line)


def note(line: str) -> None:
    """Progress and remarks go to stderr, so that stdout stays the result."""
    typer.echo(line, err=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Aligned columns; the last one takes what is left."""
    texts = [[str(cell) if cell is not None else "" for cell in row] for row in rows]
    widths = [max([len(heading), *(len(row[at]) for row in texts)]) for at, heading in enumerate(headings)]
    lined = [headings, *texts]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lined]


@contextmanager
def reported() -> Iterator[None]:
    """Turns what commands raise into one line on stderr and an exit code."""
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except Failed as failed:
        _end(str(failed), failed.code)
    except Exception as error:
        # Imported only now: `countersign --help` raises nothing and stays quick.
        from sqlalchemy.exc import DBAPIError

        from app.errors import Problem
        from app.settings import SettingsInvalid

        if isinstance(error, Problem):
            _end(_said(error), UNUSABLE if error.status in (413, 422) else REFUSED)
        if isinstance(error, SettingsInvalid):
            _end("; ".join(str(error).splitlines()), UNCONFIGURED)
        if isinstance(error, DBAPIError):
            _end(f"the database cannot be used: {error.orig}", UNCONFIGURED)
        raise


def _said(problem: Any) -> str:
    fields = "; ".join(f"{error.pointer or '/'} {error.detail}" for error in problem.errors)
    return f"{problem.code}: {problem.detail}" + (f" ({fields})" if fields else "")


def _end(message: str, code: int) -> None:
    note(f"countersign: {' '.join(message.split())}")
    sys.exit(code)
