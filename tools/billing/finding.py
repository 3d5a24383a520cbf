"""Finding: one thing that is wrong, or may be, with the evidence for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from tools.billing.kinds import KINDS, Kind, Owner
from tools.values import MAX_MINOR, Money, RecordKey


@dataclass(frozen=True)
class Finding:
    """`says` is one or more whole sentences; `evidence` are ids of the facts that they rest on; `computed` are the
    sums that they state. `confidence` is the percentage of such findings that people confirm. `stake` is None where no
    money hangs on it, or no record tells how much. `owner_id` is the person who owns the correct value, None where
    only a role does, or nobody on record.
    """

    kind: Kind
    record: RecordKey
    says: str
    evidence: tuple[str, ...]
    confidence: int
    stake: Money | None = None
    owner_id: str | None = None
    computed: tuple[int | date | str, ...] = ()

    @property
    def title(self) -> str:
        return KINDS[self.kind].title

    @property
    def owner_role(self) -> Owner:
        return KINDS[self.kind].owner

    @property
    def remedy(self) -> str:
        return KINDS[self.kind].remedy


def together(record: RecordKey, same: Sequence[Finding]) -> Finding:
    """Findings of one kind about parts of a record, as one about the record: what the first says, and how many."""
    first, count = same[0], len(same)
    part = f"{first.record.kind.replace('_', ' ')} {first.record.id}"
    said = f"{part[0].upper()}{part[1:]}: {first.says}"
    if count > 1:
        said = f"{count} of these: {first.title[0].lower()}{first.title[1:]}. {said}"
    stakes = [one.stake for one in same if one.stake is not None and first.stake is not None]
    total = sum(one.amount_minor for one in stakes if first.stake and one.currency == first.stake.currency)
    return replace(
        first, record=record, says=said, evidence=tuple(dict.fromkeys(fact for one in same for fact in one.evidence)),
        stake=first.stake and Money(amount_minor=min(total, MAX_MINOR), currency=first.stake.currency),
        computed=(*(part for one in same for part in one.computed), count, first.record.id),
    )  # fmt: skip
