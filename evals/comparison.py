"""Comparison: a run against an earlier one, figure by figure, each difference with its interval.

Figures of both are made anew by the present code from the rows that both runs answered, so that a difference is one of
the answers. Rows are the same where they have the same name and the same truth; then the resamples are the same too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.intervals import Estimate, difference
from evals.prepared import Row
from evals.runs import Earlier, RunUnusable

Figures = Callable[[Sequence[Any], Sequence[Mapping[str, Any]]], Mapping[str, Estimate]]


@dataclass(frozen=True)
class Difference:
    """`change` is now less then; `n` rows were compared, the same ones where `paired`."""

    figure: str
    now: Estimate
    then: Estimate
    change: Estimate
    n: int
    paired: bool

    @property
    def beyond_chance(self) -> bool:
        return self.change.low > 0 or self.change.high < 0

    def plain(self) -> dict[str, Any]:
        return {
            "now": self.now.plain(), "then": self.then.plain(), "change": self.change.plain(), "n": self.n,
            "paired": self.paired,
        }  # fmt: skip


def compare(rows: Sequence[Row], before: Earlier, figures: Figures) -> list[Difference]:
    """Differences of the figures that both have. Without a row in common all rows of each are compared, unpaired.

    Raises RunUnusable where the earlier answers are not of the form that the figures are made of.
    """
    known = {row.name: row for row in before.rows}
    common = [(row, known[row.name]) for row in rows if row.name in known and known[row.name].truth == row.truth]
    ours: Sequence[Row] = [one for one, _ in common] or rows
    theirs: Sequence[Row] = [one for _, one in common] or before.rows
    if not ours or not theirs:
        return []
    try:
        now, then = (figures([row.truth for row in side], [row.answer for row in side]) for side in (ours, theirs))
    except (KeyError, TypeError) as error:
        raise RunUnusable(f"{before.task}: the earlier answers are of another form ({error!r})") from error
    return [
        Difference(
            name, now[name], then[name], difference(now[name], then[name], paired=bool(common)), len(ours),
            bool(common),
        )
        for name in now
        if name in then
    ]  # fmt: skip
