import pytest

from tests.unit.agents.small_firm import ERP, Desk, args, tools
from tools.records import Ticket


@pytest.fixture
def opened(desk: Desk) -> Desk:
    desk.firm.put(
        Ticket(
            id="tic-1", authors={**ERP, "title": "mail/inbound", "text": "mail/inbound"}, customer_id="cus-one",
            project_id="prj-one", title="t", text="t", priority="p3", status="open",
        )
    )  # fmt: skip
    return desk


def test_an_outage_for_all_becomes_p1(opened: Desk) -> None:
    outcome = opened.run(
        "support.ticket.opened", ticket_id="tic-1", title="Portal down",
        text="The portal is down for all users since 8:10, nobody can log in. This is urgent, production is down.",
    )  # fmt: skip
    assert args(outcome, "set_ticket_priority") == {"ticket_id": "tic-1", "priority": "p1"}
    assert outcome.assessment.category == "incident"
    assert outcome.proposals[0].triggered_by == ["event#title", "event#text"]


def test_a_wish_becomes_a_task_for_the_lead(opened: Desk) -> None:
    outcome = opened.run(
        "support.ticket.opened", ticket_id="tic-1", title="Wish",
        text="We would like a new field for the supplier's number in the order form. No rush.",
    )  # fmt: skip
    assert outcome.assessment.category == "change_request"
    assert args(outcome, "create_task")["assignee_id"] == "per-lead"


def test_a_ticket_in_another_language_is_left_to_people(opened: Desk) -> None:
    outcome = opened.run(
        "support.ticket.opened", ticket_id="tic-1", title="Connexion",
        text="Depuis ce matin nos collaborateurs ne peuvent plus se connecter, merci de vérifier.",
    )  # fmt: skip
    assert outcome.assessment.category is None
    assert "'fr'" in str(outcome.assessment.abstained)
    assert tools(outcome) == ["create_task"]


def test_a_closed_ticket_is_left_alone(opened: Desk) -> None:
    opened.firm.change("ticket/tic-1", status="closed")
    assert opened.run("support.ticket.opened", ticket_id="tic-1", title="x", text="It is broken again").proposals == []
