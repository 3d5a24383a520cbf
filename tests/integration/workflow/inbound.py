"""Deliveries: the types most tests send, what is kept of them, and what a refusal leaves behind."""

from typing import Any

from app.store.models import Case, Event, Payload, TriageRun
from tests.integration.world import World

KIND = "psa.timesheet.missing"
WON = "crm.opportunity.won"


def kept(world: World) -> tuple[int, int, int]:
    return len(world.rows(Event)), len(world.rows(Case)), len(world.rows(TriageRun))


def refused(world: World, code: Any, body: Any, *pointers: str, **how: Any) -> None:
    """The delivery is refused with that code, names those fields, and leaves nothing behind but the refusal."""
    before, payloads = kept(world), len(world.rows(Payload))
    with world.refused(code) as caught:
        world.deliver(body, **how)
    found = [error.pointer for error in caught[0].errors]
    assert set(pointers) <= set(found), found
    assert kept(world) == before
    assert len(world.rows(Payload)) == payloads
    assert world.entries(kind="event.refused")[-1].details["code"] == code
