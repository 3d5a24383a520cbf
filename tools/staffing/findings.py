"""Findings: what is wrong with the records that staffing was asked to plan with. Nothing wrong is guessed around."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tools.record import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Finding:
    """`record` is `kind/id`; `effect` is what the plan does about it."""

    record: str
    field: str
    problem: str
    effect: str

    def __str__(self) -> str:
        return f"{self.record}#{self.field}: {self.problem}; {self.effect}"


def once(records: Sequence[R], found: list[Finding]) -> list[R]:
    """Those whose id no other has. Of records with one id none is taken: which one holds is for people to say."""
    count = Counter(one.id for one in records)
    for ident, times in sorted(count.items()):
        if times > 1:
            kind = next(one.kind for one in records if one.id == ident)
            found.append(Finding(f"{kind}/{ident}", "id", f"{times} records have this id", "all are left out"))
    return [one for one in records if count[one.id] == 1]


def unbackwards(records: Iterable[R], found: list[Finding]) -> list[R]:
    """Those that end on or after the day they start."""
    kept = []
    for one in records:
        start_on, end_on = getattr(one, "start_on"), getattr(one, "end_on")  # noqa: B009
        if end_on < start_on:
            found.append(
                Finding(str(one.key), "end_on", f"{end_on} lies before the start {start_on}", "it is left out")
            )
        else:
            kept.append(one)
    return kept
