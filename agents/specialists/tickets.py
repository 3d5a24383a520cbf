"""Tickets: the priority follows from urgency and impact; one that asks for new work becomes a task."""

from collections.abc import Mapping

from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import line
from tools.proposals import Level
from tools.records import Person, Ticket

# ITIL's usual matrix: urgency × impact → priority.
PRIORITY: Mapping[tuple[Level, Level], str] = {
    ("high", "high"): "p1", ("high", "medium"): "p2", ("medium", "high"): "p2", ("high", "low"): "p3",
    ("medium", "medium"): "p3", ("low", "high"): "p3", ("medium", "low"): "p4", ("low", "medium"): "p4",
    ("low", "low"): "p4",
}  # fmt: skip

SURE = 70
"""Only a ticket that was read with at least this confidence may be left as it is without anybody's looking at it."""


def plan(situation: Situation) -> Plan:
    assessed = situation.assessed
    subject = situation.event.subject
    ticket = situation.record(Ticket, subject.id if subject else None)
    assert ticket is not None
    summary = f"Ticket {ticket.id}: {(assessed.category or 'not classified').replace('_', ' ')}."
    if ticket.status == "closed":
        return Plan(summary, nothing_because=f"ticket {ticket.id} is closed")
    steps = _by_category(situation, ticket, situation.lead())
    if assessed.category is None:
        return Plan(summary, steps, None if steps else f"it was not classified: {assessed.abstained}")
    wanted = PRIORITY[assessed.urgency, assessed.impact]
    if wanted != ticket.priority:
        steps = (_priority(situation, ticket, wanted), *steps)
    if not steps and assessed.confidence < SURE and (lead := situation.lead()) is not None:
        steps = (_to_look_at(situation, ticket, lead),)
    if not steps:
        return Plan(summary, nothing_because=f"the ticket's priority {ticket.priority} fits its urgency and impact")
    return Plan(summary, steps)


def _priority(situation: Situation, ticket: Ticket, wanted: str) -> Step:
    assessed = situation.assessed
    return Step(
        "priority", "set_ticket_priority",
        {
            "ticket_id": situation.of(ticket, "id"),
            "priority": Given(wanted, tuple(assessed.evidence), "urgency × impact"),
        },
        rationale=(
            f"Urgency {assessed.urgency} and impact {assessed.impact} make {wanted}; the ticket has {ticket.priority}."
        ),
        evidence=[fact_id(ticket, "priority")],
        triggered_by=list(assessed.evidence),
        alternatives=[f"Leave it at {ticket.priority}."],
    )  # fmt: skip


def _to_look_at(situation: Situation, ticket: Ticket, lead: Person) -> Step:
    assessed = situation.assessed
    what = (assessed.category or "").replace("_", " ")
    return task(
        situation, "task", lead,
        title=line(f"Look at ticket {ticket.id}"),
        description="The ticket's text is in the case.",
        due_on=working_day(situation.today, 1 if assessed.urgency == "high" else 2),
        why=f"It reads as {what}, with which its priority fits, but that is not sure ({assessed.confidence} %).",
        facts=(fact_id(ticket, "id"),), triggered_by=tuple(assessed.evidence),
        alternatives=("Leave it to support.",),
    )  # fmt: skip


def _by_category(situation: Situation, ticket: Ticket, lead: Person | None) -> tuple[Step, ...]:
    assessed = situation.assessed
    if lead is None:
        return ()
    if assessed.category is None:
        title, why = "Sort ticket", f"It was not classified: {assessed.abstained}."
    elif assessed.category == "change_request":
        title, why = "Handle as a change request: ticket", "It asks for work beyond what is agreed, not for a repair."
    elif assessed.category == "billing_dispute":
        title, why = "Clear up the billing question in ticket", "It disputes a bill, which support cannot settle."
    else:
        return ()
    return (
        task(
            situation, "task", lead,
            title=line(f"{title} {ticket.id}"),
            description="The ticket's text is in the case.",
            due_on=working_day(situation.today, 1 if assessed.urgency == "high" else 2),
            why=why, facts=(fact_id(ticket, "id"),), triggered_by=tuple(assessed.evidence) or ("event#text",),
            alternatives=("Let support answer it.",),
        ),
    )  # fmt: skip
