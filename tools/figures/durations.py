"""Durations: how long approvals take, from the times at which things were asked for and approved."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple


class Step(NamedTuple):
    """Something that happened to what was asked for under `subject`."""

    subject: str
    at: datetime
    what: Literal["asked", "approved"]


def approval_seconds(steps: Iterable[Step]) -> list[float]:
    """Of each subject that was both asked for and approved, from the first asking to the last approval; ascending.

    What is sent back and asked for anew counts from the first time: that is how long its asker has waited.
    """
    asked: dict[str, datetime] = {}
    approved: dict[str, datetime] = {}
    for one in steps:
        if one.what == "asked":
            asked[one.subject] = min(one.at, asked.get(one.subject, one.at))
        else:
            approved[one.subject] = max(one.at, approved.get(one.subject, one.at))
    return sorted((approved[one] - asked[one]).total_seconds() for one in asked.keys() & approved.keys())


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """By linear interpolation between the two nearest values of an ascending list; None of an empty one."""
    if not ordered:
        return None
    place, rest = divmod((len(ordered) - 1) * percent, 100)
    above = ordered[min(place + 1, len(ordered) - 1)]
    return ordered[place] + (above - ordered[place]) * rest / 100
