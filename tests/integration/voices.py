"""Who had a hand in each effect, told from the log alone: whoever asked, edited, corrected or lent is not a second."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.store.models import Execution, Review, Verdict
from tests.integration.world import World

_KINDS = frozenset({"event.accepted", "verdict.given", "case.corrected", "undo.asked", "execution.claimed"})


@dataclass
class Hands:
    """A tenant's log as far as it tells who did what: `seq` and who, by case, proposal and execution."""

    asked: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    corrected: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    joined: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    edited: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    claimed: dict[str, int] = field(default_factory=dict)

    def barred(self, execution: Execution) -> set[str]:
        """Whose yes did not count when the execution was last claimed."""
        until = self.claimed.get(execution.id, 0)
        cases = self._cases(execution.case_id, until)
        found: set[str] = set()
        for told, keys in (
            (self.asked, [*cases, execution.proposal_id]), (self.corrected, cases),
            (self.edited, [execution.proposal_id]),
        ):  # fmt: skip
            found |= {who for key in keys for seq, who in told.get(key, ()) if seq < until}
        return found

    def _cases(self, case_id: str, until: int) -> set[str]:
        """The case with those that were merged into it."""
        found, new = {case_id}, [case_id]
        while new:
            for seq, other in self.joined.get(new.pop(), ()):
                if seq < until and other not in found:
                    found.add(other)
                    new.append(other)
        return found


def hands(world: World, tenant: str) -> Hands:
    found = Hands()
    for entry in world.entries(tenant):
        if entry.kind not in _KINDS:
            continue
        who, refs, at = entry.actor.id, entry.refs, entry.seq
        if entry.kind == "execution.claimed":
            found.claimed[refs["execution"]] = at
        elif entry.kind == "event.accepted" and entry.actor.kind == "person":
            found.asked.setdefault(refs["case"], []).append((at, who))
        elif entry.kind == "undo.asked":
            found.asked.setdefault(refs["proposal"], []).append((at, who))
        elif entry.kind == "verdict.given" and entry.details["verdict"] == "edit":
            found.edited.setdefault(refs["proposal"], []).append((at, who))
        elif entry.kind == "case.corrected" and entry.details["kind"] != "dismiss":
            for case in entry.details["cases"]:
                found.corrected.setdefault(case, []).append((at, who))
            if entry.details["kind"] == "merge":
                old, into = entry.details["cases"]
                found.joined.setdefault(into, []).append((at, old))
    return found


def satisfied(review: Review, said: Iterable[Verdict], barred: set[str]) -> bool:
    """Whether these approvals meet all that the review requires, counted without the code that counted them."""
    said = list(said)
    return bool(said) and all(
        len(counted(review, item, said, barred)) >= int(item["approvers"]) for item in review.required
    )


def counted(review: Review, required: Mapping[str, Any], said: Iterable[Verdict], barred: set[str]) -> set[str]:
    """Whose yes counts for what is required; who speaks in a lent role speaks for its lender."""
    roles = {*required["roles"]} | ({required["escalate_to"]} if review.escalated_at else set())
    out = barred if required["excluded"] else set()
    voices = set()
    for each in said:
        fitting = roles & set(each.roles)
        own = [role for role in fitting if role not in each.lent]
        lenders = {each.lent[role] for role in fitting if role in each.lent} - out
        if each.principal_id in out or not fitting:
            continue
        if own:
            voices.add(each.principal_id)
        elif lenders:
            voices.add(min(lenders))
    return voices
