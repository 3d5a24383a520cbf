"""The step that most plans hold: a task for a named colleague."""

from collections.abc import Sequence
from datetime import date

from agents.situation import Situation, fact_id
from agents.steps import Given, Step
from agents.wording import line
from tools.billing.finding import Finding
from tools.records import Person


def task(
    situation: Situation,
    name: str,
    assignee: Person,
    *,
    title: str,
    description: str,
    due_on: date,
    why: str,
    facts: Sequence[str] = (),
    computed: Sequence[int | date | str] = (),
    triggered_by: Sequence[str] = (),
    alternatives: Sequence[str] = (),
    findings: Sequence[Finding] = (),
) -> Step:
    """`create_task` about the event's subject; `facts` are what title and description are filled from."""
    subject = situation.event.subject
    return Step(
        name, "create_task",
        {
            "title": Given(line(title), tuple(facts), "filled from facts"),
            "description": Given(description, tuple(facts), "filled from facts"),
            "assignee_id": Given(assignee.id, (fact_id(assignee, "name"),), "who answers for it"),
            "due_on": Given(due_on, method="counted in working days from today"),
            "about": Given(str(subject) if subject else None, method="the event's subject"),
        },
        rationale=why,
        triggered_by=triggered_by,
        alternatives=alternatives or [f"Leave it to {assignee.name} without a task."],
        computed=computed,
        findings=findings,
    )  # fmt: skip
