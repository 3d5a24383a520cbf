"""Gather: reads, once, every record that the event's subject leads to, and stops where there is nothing to go by."""

from typing import TYPE_CHECKING

from agents.situation import Situation, key_text
from agents.state import Run, TriageState
from agents.steps import Plan
from tools.events import EVENT_TYPES, EventData, TriageRequested
from tools.records import Project

if TYPE_CHECKING:
    from langgraph.runtime import Runtime


def gather(state: TriageState, runtime: "Runtime[Run]") -> TriageState:
    """Raises SourceUnavailable (the run is repeated later), pydantic.ValidationError when `data` is not of its type."""
    run = runtime.context
    model = EVENT_TYPES.get(run.event.type)
    data = model.model_validate(run.event.data) if model else EventData()
    situation = Situation(
        event=run.event, data=data, tenant=run.tenant, now=run.now, lookups=run.lookups, trust=run.trust,
        learned=run.learned,
        reached=run.lookups.reach(run.event.subject, run.now, also=data.related()),
    )  # fmt: skip
    because = _nothing_to_go_by(situation)
    if because is not None:
        return {"situation": situation, "plan": Plan(summary=because, nothing_because=because)}
    return {"situation": situation}


def _nothing_to_go_by(situation: Situation) -> str | None:
    event, subject = situation.event, situation.event.subject
    if event.type not in EVENT_TYPES:
        return "events of this type are not known here"
    if subject is None:
        return None if isinstance(situation.data, TriageRequested) else "the event names no subject"
    if situation.reached.get(subject.kind, subject.id) is None:
        return f"the firm's records hold no {key_text(subject)}"
    return _contradiction(situation)


def _contradiction(situation: Situation) -> str | None:
    """An event that ties one customer to another's project is never acted on: its case would mix the two."""
    data, customers = situation.data, situation.reached.customers()
    named = data.customer if isinstance(data, TriageRequested) else getattr(data, "customer_id", None)
    if named and customers and named not in customers:
        return f"the event names customer {named}, but the records of its subject belong to another customer"
    project_id = data.project if isinstance(data, TriageRequested) else getattr(data, "project_id", None)
    project = situation.project()
    if project_id and project is not None and project.id != project_id:
        return f"the event names project {project_id}, but its subject belongs to {project.id}"
    if project_id and project is None and situation.record(Project, project_id) is None:
        return f"the firm's records hold no project {project_id}"
    return None
