"""The table that a run opens with."""

from collections.abc import Sequence

from rich.table import Table

from app.cli_commands.console import show_table
from evals.harness import Result
from evals.report.page import shown_interval, shown_value


def show(results: Sequence[Result]) -> None:
    """Writes one line a figure, and its difference from an earlier run where there is one."""
    headings = ["task", "n", "figure", "value", "95 % interval", ""]
    headings += ["then", "difference", "95 % interval"] if any(one.differences for one in results) else []
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, no_wrap=True, justify="right" if heading in ("n", "value", "then") else "left")
    for one in results:
        changes = {each.figure: each for each in one.differences}
        for place, (name, figure) in enumerate(one.figures.items()):
            cells = [
                "" if place else one.task, "" if place else f"{one.n:,}", name, shown_value(figure),
                shown_interval(figure), "MISSED" if name in one.under else "",
            ]  # fmt: skip
            if (change := changes.get(name)) is not None:
                by = change.change
                told = f"{by.low:+.3f} to {by.high:+.3f}" + ("" if change.paired else " (other rows)")
                cells += [shown_value(change.then), f"{by.value:+.3f}", told]
            made.add_row(*cells)
    show_table(made)
