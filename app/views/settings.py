"""A tenant's settings, and the changes that wait for a second person."""

from typing import Any

from sqlmodel import col, select

from app.actor import READS_ALL, Actor
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Setting, SettingChange
from app.views.people import names
from app.views.sight import stamp


def settings(ground: Ground, actor: Actor) -> dict[str, Any]:
    """`{"settings": [...], "pending": [...]}`. Raises Problem `not_permitted`."""
    actor.require(READS_ALL)
    with read_only(ground.engine) as session:
        rows = session.exec(
            select(Setting).where(col(Setting.tenant) == actor.tenant).order_by(col(Setting.name))
        ).all()
        waiting = session.exec(
            select(SettingChange)
            .where(col(SettingChange.tenant) == actor.tenant, col(SettingChange.status) == "pending")
            .order_by(col(SettingChange.id))
        ).all()
        known = names(session, actor.tenant, [*(row.set_by for row in rows), *(each.proposed_by for each in waiting)])
    return {
        "settings": [
            {
                "name": row.name, "value": row.value, "version": row.version, "set_at": stamp(row.set_at),
                "set_by": {"id": row.set_by, "name": known[row.set_by]},
            }
            for row in rows
        ],
        "pending": [
            {
                "id": each.id, "name": each.name, "value": each.value, "proposed_at": stamp(each.proposed_at),
                "proposed_by": {"id": each.proposed_by, "name": known[each.proposed_by]},
            }
            for each in waiting
        ],
    }  # fmt: skip
