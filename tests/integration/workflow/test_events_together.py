"""Deliveries that come while others are being stored."""

import time
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from app.audit.log import lock_head
from app.store.engine import unit_of_work
from app.store.models import Event
from tests.integration.workflow.inbound import KIND, WON
from tests.integration.workflow.scenes import MISSING
from tests.integration.world import TENANTS, World


def test_deliveries_that_wait_are_stored_together_and_each_gets_its_own_answer(world: World) -> None:
    """The log's head is held; the first delivery waits for it, and the others for the first."""
    events = [world.event(KIND, MISSING) for _ in range(4)] + [world.event(WON, {"opportunity_id": "opp-05"})]
    sent = [*([event] for event in events[:4]), [events[4], events[1]]]
    committed: list[sa.Connection] = []
    sa.event.listen(world.ctx.engine, "commit", committed.append)
    with ThreadPoolExecutor(len(sent)) as pool, unit_of_work(world.ctx.engine) as session:
        lock_head(session, TENANTS[0])
        told = []
        for delivery in sent:
            told.append(pool.submit(world.deliver, delivery, media="application/cloudevents-batch+json"))
            time.sleep(0.1)
    answers = [each.result().accepted for each in told]
    assert len(committed) == 3  # what held the head, the first delivery, all others
    assert [[each.event_id for each in answer] for answer in answers] == [
        *([event["id"]] for event in events[:4]), [events[4]["id"], events[1]["id"]],
    ]  # fmt: skip
    assert [[each.duplicate for each in answer] for answer in answers] == [[False]] * 4 + [[False, True]]
    assert answers[4][1].case_id == answers[1][0].case_id
    assert sorted(each.event_id for each in world.rows(Event)) == sorted(event["id"] for event in events)
    accepted = world.entries(kind="event.accepted")
    assert sorted(each.refs["event"] for each in accepted) == sorted(each.id for each in world.rows(Event))
