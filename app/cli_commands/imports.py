"""`import`: what a firm keeps in spreadsheets becomes its own records."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_commands.console import UNUSABLE, AsOption, Json, TenantOption, failed, table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from app.imports.headings import Memory
    from app.imports.plan import Plan


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV files and XLSX workbooks.")],
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Write it; without, only what would be done is told.")] = False,
    sheet: Annotated[
        list[str], typer.Option(help="SHEET=KIND: what a sheet or CSV file holds; SHEET= leaves it out.")
    ] = [],  # noqa: B006 - typer copies it
    heading: Annotated[
        list[str], typer.Option("--map", help="HEADING=COLUMN: how a heading is read; HEADING= leaves it out.")
    ] = [],  # noqa: B006 - typer copies it
    as_name: AsOption = None,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Import people, skills, leave, rates, customers, contacts, contracts, projects, assignments, accounts with limits.

    First a dry run: every bad cell is named, and while there is one nothing can be imported. Answers {"applied",
    "sheets","counts","duplicates","digest","errors"}. Exit 2 where a cell is bad.
    """
    from app.cli_commands.local import open_ground, tenant_of, writing
    from app.identity.principals import machine_actor
    from app.imports.run import apply_import, plan_import

    said, read = _said(sheet, heading), {str(file): file.read_bytes() for file in files}
    names = {Path(name).name for name in read}
    if len(names) == len(read):
        read = {Path(name).name: raw for name, raw in read.items()}
    with open_ground() as ground:
        named = as_name is not None or ground.settings.token is not None
        actor = writing(ground, tenant, as_name, "admin") if named else machine_actor(tenant_of(ground, tenant))
        plan = plan_import(ground, actor, read, said)
        if apply and not plan.faults:
            plan = apply_import(ground, actor, read, said, plan.digest)
    applied = apply and not plan.faults
    tell({"applied": applied} | plan.as_json(), as_json=as_json, text=lambda: _shown(plan, applied=applied))
    if plan.faults:
        raise typer.Exit(UNUSABLE)


def _said(sheets: list[str], headings: list[str]) -> "Memory":
    from app.imports.headings import IGNORED, Memory, folded
    from app.imports.kinds import BY_NAME, KINDS

    kinds: dict[str, str] = {}
    for each in sheets:
        name, _, holds = each.rpartition("=")
        if not name or (holds and holds not in BY_NAME):
            raise failed("invalid_query", f"--sheet {each!r}: say SHEET=KIND; kinds are {', '.join(BY_NAME)}")
        kinds[folded(name)] = holds
    fields: dict[tuple[str, str], str] = {}
    for each in headings:
        name, _, wanted = each.rpartition("=")
        found = {
            kind.name: column.field
            for kind in KINDS
            for column in kind.columns
            if wanted in (column.name, column.field)
        }
        if not name or (wanted and not found):
            raise failed("invalid_query", f"--map {each!r}: say HEADING=COLUMN, with a column as exports name it")
        for kind in KINDS:
            if not wanted or kind.name in found:
                fields[kind.name, folded(name)] = found.get(kind.name, IGNORED)
    return Memory(kinds, fields)


def _shown(plan: "Plan", *, applied: bool) -> "Iterator[str | Table]":
    rows = [
        (one.file if one.sheet == one.file else f"{one.file}: {one.sheet}", one.kind or "not read", one.rows,
         ", ".join(one.ignored))
        for one in plan.sheets
    ]  # fmt: skip
    yield table(("SHEET", "HOLDS", "ROWS", "HEADINGS NOT READ"), rows, folds=("HEADINGS NOT READ",))
    for kind, each in plan.counts().items():
        yield f"{kind.replace('_', ' ')}: {each['new']} new, {each['changed']} changed"
    if plan.duplicates:
        again = "1 row says" if plan.duplicates == 1 else f"{plan.duplicates} rows say"
        yield f"{again} the same as an earlier one"
    yield from map(str, plan.faults)
    if plan.faults:
        bad = "1 cell is" if len(plan.faults) == 1 else f"{len(plan.faults)} cells are"
        yield f"{bad} not usable; nothing was written"
    elif plan.empty:
        yield "nothing to import: all of it is there already"
    else:
        yield "imported" if applied else "nothing was written yet; the same with --apply imports it"
