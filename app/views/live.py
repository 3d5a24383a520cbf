"""Live updates: what is new in a tenant's log, as little of each entry as is needed to look again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from app.actor import READS_ALL, Actor
from app.audit.leaf import Entry
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import AuditEntry, AuditHead, Case
from app.views.sight import require_any_role, sees


@dataclass(frozen=True, slots=True)
class News:
    """An entry of the log: its place, what it is about, and the unit of its case. No content, no name."""

    seq: int
    kind: str
    refs: Mapping[str, str]
    unit: str | None

    @property
    def of_case(self) -> bool:
        return "case" in self.refs


def require_listener(actor: Actor) -> None:
    """Raises Problem `not_permitted`."""
    require_any_role(actor)
    actor.require_scope("cases:read")


def size(ground: Ground, tenant: str) -> int:
    """How many entries the tenant's log has: the place of the next one."""
    with read_only(ground.engine) as session:
        return session.exec(select(AuditHead.size).where(col(AuditHead.tenant) == tenant)).first() or 0


def news(ground: Ground, tenant: str, start: int, limit: int) -> Sequence[News]:
    """Up to `limit` entries from `start` on, in order."""
    query = (
        select(AuditEntry.leaf, Case.unit)
        .join(Case, col(Case.id) == col(AuditEntry.case_id), isouter=True)
        .where(col(AuditEntry.tenant) == tenant, col(AuditEntry.seq) >= start)
        .order_by(col(AuditEntry.seq))
        .limit(limit)
    )
    with read_only(ground.engine) as session:
        rows = session.exec(query).all()
    entries = [(Entry.from_leaf(leaf), unit) for leaf, unit in rows]
    return [News(entry.seq, entry.kind, {str(ref): each for ref, each in entry.refs.items()}, unit)
            for entry, unit in entries]  # fmt: skip


def may_hear(actor: Actor, told: News) -> bool:
    """Who reads the log hears everything; others what happens to the cases of their units."""
    if {grant.role for grant in actor.grants} & READS_ALL:
        return True
    return told.of_case and sees(actor, told.unit)
