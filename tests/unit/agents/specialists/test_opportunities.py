from datetime import date
from typing import Any

from tests.unit.agents.small_firm import ERP, Desk, args, first, tools
from tools.records import Assignment, Opportunity


def lost(desk: Desk, **more: Any) -> None:
    values: dict[str, Any] = {
        "id": "opp-1", "authors": ERP, "customer_id": "cus-one", "title": "Second phase", "stage": "lost",
        "amount_minor": 1_000_000, "currency": "EUR", "expected_start_on": date(2026, 5, 4), "owner_id": "per-lead",
    }  # fmt: skip
    desk.firm.put(Opportunity(**values | more))


def booked(desk: Desk, ident: str, status: Any, opportunity: str | None = "opp-1") -> None:
    desk.firm.put(Assignment(
        id=ident, authors=ERP, project_id="prj-one", person_id="per-bob", role="Engineer", start_on=date(2026, 5, 4),
        end_on=date(2026, 8, 28), percent=40, status=status, opportunity_id=opportunity,
    ))  # fmt: skip


def test_soft_bookings_of_a_lost_opportunity_are_let_go_and_confirmed_ones_are_settled(desk: Desk) -> None:
    lost(desk)
    booked(desk, "asg-a", "tentative")
    booked(desk, "asg-b", "requested")
    booked(desk, "asg-c", "confirmed")
    booked(desk, "asg-d", "tentative", None)
    booked(desk, "asg-e", "released")
    outcome = desk.run("crm.opportunity.lost", opportunity_id="opp-1")
    assert tools(outcome) == ["cancel_record", "create_task"]
    assert args(outcome, "cancel_record") == {"kind": "assignment", "ids": ["asg-a", "asg-b"]}
    assert "Bob Vance" in first(outcome, "cancel_record").rationale
    assert "Lost, with 1 confirmed booking for it." in args(outcome, "create_task")["description"]


def test_nothing_is_let_go_where_the_crm_says_otherwise_or_nobody_is_held(desk: Desk) -> None:
    lost(desk, stage="open")
    booked(desk, "asg-a", "tentative")
    assert "not lost" in str(desk.run("crm.opportunity.lost", opportunity_id="opp-1").nothing_because)
    lost(desk)
    desk.firm.change("assignment/asg-a", opportunity_id=None)
    assert "nobody is softly booked" in str(desk.run("crm.opportunity.lost", opportunity_id="opp-1").nothing_because)
