"""Plan: the specialist of the event's family proposes steps. Which one is asked follows from the event's type alone."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from agents.situation import Situation
from agents.specialists import (
    billing,
    change_requests,
    contracts,
    milestones,
    people,
    projects,
    tickets,
    time,
)
from agents.state import Run, TriageState
from agents.steps import Plan
from tools.events import TRIAGE_EVENT

if TYPE_CHECKING:
    from langgraph.runtime import Runtime

Specialist = Callable[[Situation], Plan]


class Node(Protocol):
    def __call__(self, state: TriageState, runtime: "Runtime[Run]") -> TriageState: ...


SPECIALISTS: Mapping[str, tuple[Specialist, tuple[str, ...]]] = {
    "projects": (projects.plan, ("psa.sow.approved", "crm.opportunity.won")),
    "change_requests": (change_requests.plan, ("psa.change_request.submitted", TRIAGE_EVENT)),
    "contracts": (contracts.plan, ("crm.contract.amended", "crm.contract.expiring")),
    "milestones": (milestones.plan, ("psa.milestone.slipped", "erp.milestone.completed")),
    "time": (time.plan, ("psa.timesheet.approved", "psa.timesheet.missing")),
    "billing": (billing.plan, ("erp.invoice.drafted",)),
    "tickets": (tickets.plan, ("support.ticket.opened",)),
    "people": (people.plan, ("hr.person.joined", "hr.leave.approved")),
}

_FAMILY = {event_type: family for family, (_, types) in SPECIALISTS.items() for event_type in types}


def family(state: TriageState) -> str:
    """The family whose specialist plans for this event."""
    return _FAMILY[state["situation"].event.type]


def asking(specialist: Specialist) -> Node:
    """The graph's node that asks this specialist."""

    def node(state: TriageState, runtime: "Runtime[Run]") -> TriageState:
        return {"plan": specialist(state["situation"])}

    return node
