"""Booking: what the records say of who would be booked: whose consent it takes, and whether a rule lends them."""

from typing import Literal

from policies.context import RequestContext
from tools.actions import Action, AssignPerson, CreateProject, Ref
from tools.reach import Reach
from tools.records import Person, Project
from tools.staffing.lending import Lent, lent

LineManager = Literal["none", "known", "unknown"]
Lending = Literal[Lent, "unknown"]


def line_manager(action: Action, known: Reach, context: RequestContext) -> LineManager:
    """Whether the records name a line manager of who would be booked.

    Of somebody who is not on record, or is lent by another unit and has none there, nobody can tell who consents.
    """
    if not isinstance(action, AssignPerson):
        return "none"
    person = known.get("person", action.person_id)
    if not isinstance(person, Person):
        return "unknown"
    if person.manager_id is not None:
        return "known"
    return "none" if person.unit == _borrower(action, known, context) else "unknown"


def lending(action: Action, known: Reach, context: RequestContext) -> Lending:
    """How the lending rules see it that somebody of another unit is booked; only rules of trusted authors lend anybody.

    Nobody can tell of somebody who is not on record, or whose unit only an outsider gave, nor for which unit a project
    is that names none.
    """
    if not isinstance(action, AssignPerson):
        return "none"
    person = known.get("person", action.person_id)
    if not isinstance(person, Person) or not person.trust("unit", context.trust).trusted:
        return "unknown"
    borrower = _borrower(action, known, context)
    if borrower is None and person.unit is not None:
        return "unknown"
    rules = [rule for rule in context.lending if rule.trust("max_percent", context.trust).trusted]
    return lent(rules, person.unit, borrower, action.percent)


def _borrower(action: AssignPerson, known: Reach, context: RequestContext) -> str | None:
    """The unit whose project it is, also of one that is yet to be made; where it names none, the case's."""
    if isinstance(action.project_id, Ref):
        planned = context.earlier.get(action.project_id.proposal)
        return planned.unit if isinstance(planned, CreateProject) else context.unit
    project = known.get("project", action.project_id)
    return (project.unit if isinstance(project, Project) else None) or context.unit
