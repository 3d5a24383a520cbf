"""The firm lives: something happens, its records change, and its event waits in the outbox, all in one commit."""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tools.connectors.sandbox.book import Book
from tools.connectors.sandbox.delivery_life import DELIVERY
from tools.connectors.sandbox.drafting import DRAFTING
from tools.connectors.sandbox.happening import Scene
from tools.connectors.sandbox.store import Store
from tools.connectors.sandbox.trade import TRADE
from tools.events import EVENT_TYPES

HAPPENINGS = TRADE | DRAFTING | DELIVERY
SOURCE = "sandbox"
# How often each type comes, beside the others, once each has come once; what is not here comes once, as the last, and
# when it is asked for.
_WEIGHTS = {
    "psa.change_request.submitted": 5, "support.ticket.opened": 4, "psa.timesheet.approved": 3,
    "erp.invoice.drafted": 3, "psa.milestone.slipped": 2, "erp.milestone.completed": 2, "psa.timesheet.missing": 2,
    "crm.contract.amended": 2, "psa.sow.approved": 2, "hr.leave.approved": 2, "crm.contract.expiring": 1,
    "crm.opportunity.won": 1, "hr.person.joined": 1,
}  # fmt: skip


class NoFirm(Exception):
    """The file holds no firm yet: nothing can happen in it before a reset has generated one."""


def emit(store: Store, event_type: str | None, count: int, now: datetime) -> list[dict[str, Any]]:
    """`count` events in CloudEvents' JSON form, of one type or of any, the last at `now`, all in the outbox.

    The same seed and day give the same events in the same order. Raises ValueError for an unknown type or a count
    below 1, NoFirm.
    """
    if event_type is not None and event_type not in HAPPENINGS:
        raise ValueError(f"the type is one of {', '.join(sorted(HAPPENINGS))}, not {event_type}")
    if count < 1:
        raise ValueError("count is at least 1")
    events: list[dict[str, Any]] = []
    with store.transaction() as connection:
        meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        if "seed" not in meta:
            raise NoFirm("this sandbox file holds no firm: reset it with a seed first")
        (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM outbox").fetchone()
        for number in range(last + 1, last + count + 1):
            rng = Random(f"{meta['seed']}/event/{number}")  # noqa: S311 - a firm's life, no secret
            chosen = event_type or _chosen(meta["seed"], number, rng)
            data = HAPPENINGS[chosen](Scene(Book(connection), rng, now.date()))
            event = {
                "specversion": "1.0", "id": f"sbx-{meta['seed']}-{meta['generation']}-{number:06d}", "source": SOURCE,
                "type": chosen, "subject": str(EVENT_TYPES[chosen].model_validate(data).subject_key()),
                "time": (now - timedelta(milliseconds=last + count - number)).isoformat().replace("+00:00", "Z"),
                "datacontenttype": "application/json", "data": data,
            }  # fmt: skip
            connection.execute(
                "INSERT INTO outbox (seq, id, body) VALUES (?, ?, ?)",
                (number, event["id"], json.dumps(event, ensure_ascii=False)),
            )
            events.append(event)
    return events


def _chosen(seed: str, number: int, rng: Random) -> str:
    """Each type once, in an order of the seed's own, so that a short run shows all; then by weight."""
    deck = sorted(_WEIGHTS)
    Random(f"{seed}/deck").shuffle(deck)  # noqa: S311 - as above
    deck += sorted(HAPPENINGS.keys() - _WEIGHTS.keys())
    if number <= len(deck):
        return deck[number - 1]
    return rng.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))[0]
