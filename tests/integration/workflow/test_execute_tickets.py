"""Executions on tickets: a priority is set and read back, also where somebody else was quicker than the reading."""

from datetime import timedelta

from app.store.models import Execution
from tests.integration.world import World
from tools.actions import SetTicketPriority
from tools.records import Ticket

LATER = timedelta(hours=2)


def test_the_priority_of_a_ticket_is_set_and_read_back(world: World) -> None:
    before = world.get(Ticket, "tic-003")
    (asked,) = world.reviews(
        world.case_of(
            "support.ticket.opened", {"ticket_id": before.id, "title": "x", "text": "y"},
            SetTicketPriority(ticket_id=before.id, priority="p1"),
        )
    )  # fmt: skip
    world.approve("rhea", asked)
    world.run()
    assert world.get(Ticket, before.id).priority == "p1"


def test_what_others_changed_before_it_was_read_back_took_effect_on_the_systems_word(world: World) -> None:
    world.firm().fault("timeout_after_apply", "set_ticket_priority", 1)
    action = SetTicketPriority(ticket_id="tic-003", priority="p1")
    case = world.case_of("support.ticket.opened", {"ticket_id": "tic-003", "title": "x", "text": "y"}, action)
    world.approve("rhea", world.reviews(case)[0])
    world.run()
    (execution,) = world.rows(Execution, case_id=case.id)
    assert execution.status == "unknown"
    world.firm().apply(action.model_copy(update={"priority": "p2"}), "somebody-else")
    world.run(LATER)
    assert world.one(Execution, id=execution.id).status == "succeeded"
    assert world.get(Ticket, "tic-003").priority == "p2"
    (told,) = world.entries(kind="execution.overtaken")
    assert told.details["records"] == ["ticket/tic-003"]
