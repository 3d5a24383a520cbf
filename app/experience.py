"""Experience: what a firm's people said of the findings that proposals were made for, read from the log.

It moves how sure a finding is (see tools.billing.confidence), and so whether it is enough to hold money back. There is
one count a process and tenant; it goes on from the entry where it left off.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlmodel import col, select

from app.audit.leaf import Entry
from app.store.engine import read_only
from app.store.models import AuditEntry, AuditHead
from tools.billing.confidence import Learned, Vote
from tools.billing.kinds import KINDS

_MOST = 5_000
"""Verdicts that are read at once, the newest: what was said long before them tells little of today's records."""
_SAYS = {"approve": True, "reject": False}


@dataclass
class _Count:
    size: int = 0
    votes: list[Vote] = field(default_factory=list)


class Experience:
    """Safe for use by several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}

    def of(self, tenant: str) -> Learned:
        """Whoever approves a proposal finds each of its findings right, whoever rejects it none.

        A release that only mentions findings says nothing of them, either way.
        """
        with self._lock:
            count = self._counts.setdefault(tenant, _Count())
            self._go_on(tenant, count)
            return Learned.of(count.votes)

    def _go_on(self, tenant: str, count: _Count) -> None:
        with read_only(self._engine) as session:
            size = session.exec(select(AuditHead.size).where(col(AuditHead.tenant) == tenant)).first() or 0
            if size < count.size:
                count.size, count.votes = 0, []  # the log was restored to an earlier day
            query = select(AuditEntry.leaf).where(
                col(AuditEntry.tenant) == tenant, col(AuditEntry.seq) >= count.size, col(AuditEntry.seq) < size,
                col(AuditEntry.kind) == "verdict.given",
            )  # fmt: skip
            leaves = list(session.exec(query.order_by(col(AuditEntry.seq).desc()).limit(_MOST)))
        newer = [vote for leaf in reversed(leaves) for vote in _votes(Entry.from_leaf(leaf))]
        count.size, count.votes = size, (count.votes + newer)[-_MOST:]


def _votes(entry: Entry) -> Iterator[Vote]:
    confirms, kinds = _SAYS.get(str(entry.details.get("verdict"))), entry.details.get("findings")
    if confirms is None or not isinstance(kinds, list) or entry.details.get("tool") == "release_invoice":
        return
    for kind in KINDS:
        if kind in kinds:
            yield Vote(kind, entry.actor.id, confirms)
