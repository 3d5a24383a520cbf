"""Fair shares: every tenant and every customer has a lane, and an item's place in the queue is its lane's pace.

Each item gets a start tag by start-time fair queueing (Goyal, Vin, Cheng 1996): `tag = max(now, head of the queue,
last tag of the lane)`, and the lane moves on by `1/share`. The queue is served in the order of tags. Who has more
waiting than is served of theirs gets tags further and further ahead of the queue's head and is passed by everybody
else, however slow or fast the workers are; who waits for nobody pays nothing for it later; no worker idles on that
account, and no tag is so late that it is never reached. It costs one upsert a lane and a look at the head a second,
and nothing in the dequeue however many tenants there are.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session

from app.durable.port import WorkItem

metadata: Final = sa.MetaData()
lane_table: Final = sa.Table(
    "work_lane",
    metadata,
    sa.Column("lane", sa.String(201), primary_key=True),
    sa.Column("tag_ms", sa.BigInteger, nullable=False),
)

EPOCH_MS: Final = 1_735_689_600_000
"""2025-01-01: priorities are 31 bits, counted in seconds from here they last until 2093."""
HEAD_START_S: Final = 60
"""What one step of `WorkItem.priority` is worth."""

# What would be inserted is now + step, so the step is what it exceeds now by.
_ADVANCE: Final = {
    (dialect, lanes): sa.text(
        "INSERT INTO work_lane (lane, tag_ms) VALUES "  # noqa: S608 - made of constants
        + ", ".join(f"(:lane{place}, :now + :step{place})" for place in range(lanes))
        + f" ON CONFLICT (lane) DO UPDATE SET tag_ms = {greatest}(work_lane.tag_ms, :now) + excluded.tag_ms - :now "
        "RETURNING lane, tag_ms"
    )
    for dialect, greatest in (("sqlite", "max"), ("postgresql", "greatest"))
    for lanes in (1, 2)
}


@dataclass(frozen=True, slots=True)
class Shares:
    """How a tenant's, and a customer's, items are spaced against those of others: so many to a second of start tags.

    Tags are ordered by whole seconds, so at more than one a second some are equal. What one customer gets at least of a
    contended queue is to what one tenant gets as these two are to each other.
    """

    tenant_per_s: float = 1.0
    customer_per_s: float = 0.25


def advance(session: Session, item: WorkItem, shares: Shares, now_ms: int) -> int:
    """Count `item` in its lanes and answer its start tag (Unix ms). The tenant's lane goes first: it serialises, so two
    transactions of one tenant cannot wait for each other's customers."""
    connection = session.connection()
    values: dict[str, str | int] = {"now": now_ms}
    steps: dict[str, int] = {}
    for place, (lane, rate) in enumerate(zip(item.lanes, (shares.tenant_per_s, shares.customer_per_s), strict=False)):
        steps[lane] = max(1, round(1000 / rate))
        values |= {f"lane{place}": lane, f"step{place}": steps[lane]}
    advanced = connection.execute(_ADVANCE[connection.dialect.name, len(steps)], values)
    return max(now_ms, *(int(tag_ms) - steps[lane] for lane, tag_ms in advanced))


def place(tag_ms: int, priority: int) -> int:
    """The place in the queue, 1 to 2**31-1, lowest first."""
    seconds = (tag_ms - EPOCH_MS) // 1000 + priority * HEAD_START_S
    return min(max(seconds, 1), 2**31 - 1)


def level(place: int, priority: int) -> int:
    """The start tag (Unix ms) by which an item of this priority comes to that place in the queue."""
    return (place - priority * HEAD_START_S) * 1000 + EPOCH_MS


def forget_idle(session: Session, now_ms: int) -> None:
    """Drop lanes whose tag has passed: no row says the same. One that somebody is counting in is left for next time:
    who waits for nobody is part of no deadlock, in whatever order the lanes come."""
    connection = session.connection()
    idle = sa.select(lane_table.c.lane).where(lane_table.c.tag_ms < now_ms).with_for_update(skip_locked=True)
    connection.execute(sa.delete(lane_table).where(lane_table.c.lane.in_(idle)))
