"""Precedents: what people said of actions like one that waits."""

from collections import Counter
from typing import Any, Final

from sqlmodel import col, select

from app.actor import Actor
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Review
from app.views.sight import in_sight, stamp

MOST: Final = 200
_SHOWN: Final = 3


def precedents(ground: Ground, actor: Actor, review: dict[str, Any]) -> dict[str, Any]:
    """Of the last MOST decided reviews of the same tool that the actor may see, and of those of the same customer.

    `{"all": counts, "customer": counts or None, "latest": [{"id", "status", "edited", "decided_at"}]}`; counts are
    `{"like", "unedited", "edited", "rejected"}`; the latest are of the same customer.
    """
    query = (
        select(Review)
        .where(
            col(Review.tenant) == actor.tenant, col(Review.tool) == review["action"]["tool"],
            col(Review.status).in_(("approved", "rejected")), col(Review.id) != review["id"],
            *in_sight(actor, Review.unit),
        )
        .order_by(col(Review.id).desc())
        .limit(MOST)
    )  # fmt: skip
    with read_only(ground.engine) as session:
        rows = session.exec(query).all()
        own = [row for row in rows if review["customer"] and row.customer_id == review["customer"]]
        return {
            "all": _counts(rows),
            "customer": _counts(own) if own else None,
            "latest": [
                {
                    "id": row.id,
                    "status": row.status,
                    "edited": bool(row.editor_ids),
                    "decided_at": stamp(row.decided_at),
                }
                for row in own[:_SHOWN]
            ],
        }


def _counts(rows: Any) -> dict[str, int]:
    found = Counter(
        "rejected" if row.status == "rejected" else "edited" if row.editor_ids else "unedited" for row in rows
    )
    return {"like": found.total(), **{name: found[name] for name in ("unedited", "edited", "rejected")}}
