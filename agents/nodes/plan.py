"""Plan: the specialist that the event's playbook names proposes steps, of the actions that it names."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from agents.playbooks import Playbook, playbook_of
from agents.situation import Situation
from agents.specialists import (
    billing,
    change_requests,
    contracts,
    milestones,
    opportunities,
    people,
    projects,
    records,
    renewals,
    tickets,
    time,
)
from agents.state import Run, TriageState
from agents.steps import Plan

if TYPE_CHECKING:
    from langgraph.runtime import Runtime

Specialist = Callable[[Situation], Plan]


class Node(Protocol):
    def __call__(self, state: TriageState, runtime: "Runtime[Run]") -> TriageState: ...


SPECIALISTS: Mapping[str, Specialist] = {
    "opportunities": opportunities.plan, "projects": projects.plan, "change_requests": change_requests.plan,
    "contracts": contracts.plan, "milestones": milestones.plan, "time": time.plan, "billing": billing.plan,
    "tickets": tickets.plan, "people": people.plan, "records": records.plan,
    "renewals": renewals.plan,
}  # fmt: skip


def family(state: TriageState) -> str:
    """The family whose specialist plans for this event."""
    return playbook_of(state["situation"].event.type).specialist


def asking(specialist: Specialist) -> Node:
    """The graph's node that asks this specialist."""

    def node(state: TriageState, runtime: "Runtime[Run]") -> TriageState:
        situation = state["situation"]
        return {"plan": _within(playbook_of(situation.event.type), specialist(situation))}

    return node


def _within(playbook: Playbook, planned: Plan) -> Plan:
    """The plan itself. Raises RuntimeError where it holds an action that its playbook does not."""
    if strange := [step.tool for step in planned.steps if step.tool not in playbook.actions]:
        raise RuntimeError(f"{strange[0]} is not in the playbook of {playbook.specialist}")
    return planned
