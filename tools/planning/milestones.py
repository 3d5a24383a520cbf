"""Milestones: which of them wait for each other, so that no day follows for any of them."""

from collections.abc import Iterable

from tools.records import Milestone


def tied(milestones: Iterable[Milestone]) -> list[str]:
    """Ids of those from which following what they wait for comes back to them, in their order; of a plan, none."""
    after = {one.id: one.after_id for one in milestones}
    found = []
    for start in after:
        at = after[start]
        for _ in after:
            if at is None or at == start:
                break
            at = after.get(at)
        if at == start:
            found.append(start)
    return sorted(found)
