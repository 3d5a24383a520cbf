"""What every command shares: JSON or text on stdout, one clear line on stderr, documented exit codes."""

import errno
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from app.errors import Code, Problem

OK, NEGATIVE, UNUSABLE, REFUSED, UNAVAILABLE = range(5)
EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 a negative result: it does not hold, was decided already, is not ready; 2 wrong usage or "
    "unusable input; 3 refused by policy or permission; 4 unavailable. With --json stdout is pure JSON, and an error "
    "is a problem document on stderr. The settings are environment variables, COUNTERSIGN_HOME first of all."
)
_EXIT_OF: Final = {
    "unauthenticated": REFUSED, "bad_signature": REFUSED, "stale_signature": REFUSED, "not_permitted": REFUSED,
    "self_approval": REFUSED, "denied": REFUSED, "paused": REFUSED,
    "already_decided": NEGATIVE, "expired": NEGATIVE, "args_mismatch": NEGATIVE, "policy_changed": NEGATIVE,
    "stale_facts": NEGATIVE, "not_undoable": NEGATIVE, "erased": NEGATIVE, "conflict": NEGATIVE,
    "rate_limited": UNAVAILABLE, "unavailable": UNAVAILABLE,
}  # fmt: skip
_PIPE_WIDTH: Final = 400  # what is read by another program is not folded

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
TenantOption = Annotated[
    str | None, typer.Option("--tenant", metavar="T", help="The firm; needed where there are several.")
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Act as this person on this machine; else COUNTERSIGN_TOKEN says who."),
]


def failed(code: "Code", detail: str) -> "Problem":
    """The problem to raise that ends a command with one line on stderr."""
    from app.errors import Problem

    return Problem(code, detail)


def tell(data: Any, *, as_json: bool, text: "Callable[[], Iterable[str | Table]]") -> None:
    """Writes the result: `data` as one line of JSON, or `text` for people."""
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    for part in text():
        if isinstance(part, str):
            typer.echo(plain(part))
        else:
            show_table(part)


def show_table(made: "Table") -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False).print(made)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, folds: Sequence[str] = ()) -> "Table":
    """A table; only the columns of `folds` may take several lines."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, no_wrap=heading not in folds, overflow="fold")
    for row in rows:
        made.add_row(*(Text("" if cell is None else plain(str(cell))) for cell in row))
    return made


def plain(text: str) -> str:
    """Text that cannot steer a terminal: what is not printable (escapes, bidirectional marks) shows as a box."""
    return "".join(each if each.isprintable() or each in "\n\t" else "�" for each in text)


def note(line: str) -> None:
    """Progress and remarks go to stderr, so that stdout stays the result."""
    typer.echo(plain(line), err=True)


def confirmed(question: str, *, yes: bool) -> None:
    """Goes on after a yes. Without a terminal there is nobody to ask, so `--yes` must have been said."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise failed("invalid_query", "nobody can be asked here; say --yes")
    typer.confirm(question, abort=True, err=True)


@contextmanager
def reported() -> Iterator[None]:
    """Turns what commands raise into one line (or problem document) on stderr and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        problem = _problem(error)
        if problem is None:
            raise
        if "--json" in sys.argv:
            typer.echo(json.dumps(problem.document(), ensure_ascii=False), err=True)
        else:
            note(_said(problem))
        sys.exit(_EXIT_OF.get(problem.code, UNUSABLE))


def _problem(error: Exception) -> "Problem | None":
    """Errors of the installation as problems; None for a defect of the program. Nothing is imported before it fails."""
    from sqlalchemy.exc import DBAPIError

    from agents.memory import MemoryUnavailable
    from app.audit.erasure import ScrubIncomplete
    from app.errors import Problem
    from app.settings import SettingsInvalid
    from policies.reading import RulesetInvalid
    from tools.ports import SourceUnavailable

    if isinstance(error, Problem):
        return error
    if isinstance(error, SettingsInvalid):
        return Problem("invalid_body", "; ".join(str(error).splitlines()))
    if isinstance(error, RulesetInvalid):
        errors = [each.model_dump(mode="json") for each in error.errors]
        return Problem("invalid_body", "; ".join(map(str, error.errors)), extra={"rules": errors})
    if isinstance(error, DBAPIError):
        return Problem("unavailable", f"the database cannot be used: {error.orig}")
    if isinstance(error, SourceUnavailable | MemoryUnavailable | ScrubIncomplete):
        return Problem("unavailable", str(error))
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        detail = f"{error.filename or 'a file'}: {error.strerror or error}"
        return Problem("unavailable" if full else "invalid_body", detail)
    return None


def _said(problem: "Problem") -> str:
    fields = "; ".join(f"{error.pointer or '/'} {error.detail}" for error in problem.errors)
    told = f"countersign: {problem.code}: {problem.detail}" + (f" ({fields})" if fields else "")
    return " ".join(told.split())
