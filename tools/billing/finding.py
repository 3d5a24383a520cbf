"""Finding: one thing that is wrong, or may be, with the evidence for it."""

from dataclasses import dataclass
from datetime import date

from tools.billing.kinds import KINDS, Kind, Owner
from tools.values import Money, RecordKey


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
