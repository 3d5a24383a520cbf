"""People: a new colleague is made welcome; approved leave is covered on every booking it touches."""

from collections import Counter
from datetime import date, timedelta

from agents.situation import Situation, fact_id, working_day
from agents.specialists.staffing import Seated, seats
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import day, line
from tools.events import LeaveApproved, PersonJoined
from tools.records import Assignment, Leave, Person, Project, Skill, StaffingRequest

SHORT_DAYS = 3
"""Leave of fewer working days on a booking is the team's to bridge."""


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    person = situation.record(Person, subject.id if subject else None)
    assert person is not None
    return _joined(situation, person) if isinstance(situation.data, PersonJoined) else _leave(situation, person)


def _joined(situation: Situation, person: Person) -> Plan:
    starts_on = situation.typed(PersonJoined).starts_on
    summary = f"{person.name} joins as {person.title} on {day(starts_on)}."
    manager = situation.person(person.manager_id) if person.manager_id else None
    if manager is None:
        return _unmanaged(situation, person, summary)
    if person.ends_on is not None and person.ends_on < situation.today:
        return Plan(summary, nothing_because=f"the records say that {person.id} left on {person.ends_on}")
    doubt = f" The records say {day(person.starts_on)}: settle which holds." if starts_on != person.starts_on else ""
    soon, first = max(situation.today, starts_on - timedelta(days=7)), max(situation.today, starts_on)
    tasks = [
        {"title": "Order equipment and accounts", "assignee_id": manager.id, "due_on": soon},
        {"title": "Plan the first two weeks and name a companion", "assignee_id": manager.id, "due_on": soon},
        {"title": "Welcome on the first day", "assignee_id": manager.id, "due_on": first},
        {
            "title": "Read the handbook and the security rules",
            "assignee_id": person.id,
            "due_on": working_day(first, 5),
        },
    ]
    step = Step(
        "onboarding", "create_onboarding_tasks",
        {
            "about_kind": Given("person", method="the tasks are about a colleague"),
            "about": situation.of(person, "id"),
            "tasks": Given(
                tasks, (fact_id(person, "manager_id"), "event#starts_on"), "for manager and colleague, by the start"
            ),
        },
        rationale=f"{person.name} starts on {day(starts_on)}; {manager.name} is the manager.{doubt}",
        evidence=[fact_id(person, "name"), fact_id(person, "starts_on"), fact_id(manager, "name")],
        triggered_by=["event#starts_on"],
        alternatives=["Use the unit's own checklist."],
    )  # fmt: skip
    return Plan(summary, (step,))


def _unmanaged(situation: Situation, person: Person, summary: str) -> Plan:
    """Whoever most of the unit's people report to has to hear of it: nobody else plans the first weeks."""
    colleagues = situation.lookups.people(person.unit) if person.unit else []
    named = Counter(one.manager_id for one in colleagues if one.manager_id and one.id != person.id)
    heads = (situation.person(ident) for ident, _ in sorted(named.items(), key=lambda each: (-each[1], each[0])))
    head = next((one for one in heads if one is not None), None)
    if head is None:
        return Plan(summary, nothing_because=f"{person.id} has no manager who works here to give the tasks to")
    name = task(
        situation, "manager", head,
        title=line(f"Name a line manager for {person.name}"),
        description=f"{person.name} joins as {person.title}, and nobody who works here is on record as the manager.",
        due_on=working_day(situation.today, 1),
        why="Without a manager nobody plans the first weeks, and nobody consents to a booking.",
        facts=(fact_id(person, "name"), fact_id(person, "title")), triggered_by=("event#starts_on",),
        alternatives=("Enter the manager in the records.",),
    )  # fmt: skip
    return Plan(summary, (name,))


def _leave(situation: Situation, person: Person) -> Plan:
    data = situation.typed(LeaveApproved)
    leave = next((one for one in situation.lookups.leaves_of(person.id) if one.id == data.leave_id), None)
    summary = f"{person.name} is away from {day(data.start_on)} to {day(data.end_on)}."
    if leave is None or leave.status != "approved":
        status = leave.status if leave else "not there"
        return Plan(summary, nothing_because=f"leave {data.leave_id} is {status} by the records")
    touched = [
        one for one in situation.lookups.assignments_of(person.id)
        if one.status != "released" and one.percent > 0
        and one.start_on <= leave.end_on and one.end_on >= leave.start_on
    ]  # fmt: skip
    steps: list[Step] = []
    for one in sorted(touched, key=lambda assignment: assignment.id):
        start_on, end_on = max(one.start_on, leave.start_on), min(one.end_on, leave.end_on)
        if _working_days(start_on, end_on) >= SHORT_DAYS:
            steps += _covered(situation, person, one, leave, start_on, end_on)
    if not steps:
        because = (
            "no booking overlaps it" if not touched else f"it touches bookings for fewer than {SHORT_DAYS} working days"
        )
        return Plan(summary, nothing_because=because)
    return Plan(summary, tuple(steps))


def _covered(
    situation: Situation, person: Person, booking: Assignment, leave: Leave, start_on: date, end_on: date
) -> list[Step]:
    project = situation.record(Project, booking.project_id) or situation.lookups.project(booking.project_id)
    lead = situation.person(project.lead_id) if project and project.lead_id else None
    if project is None or lead is None or project.status in ("done", "cancelled"):
        return []
    stand_in = _stand_in(situation, person, booking, project, start_on, end_on)
    facts = (fact_id(booking, "role"), fact_id(leave, "start_on"), fact_id(leave, "end_on"), fact_id(project, "name"))
    if stand_in is not None and lead.id != person.id:
        return [_replacement(situation, stand_in, person, booking, leave, project, start_on, end_on)]
    return [
        task(
            situation, f"cover_{booking.id}", lead,
            title=line(f"Cover for {person.name} on {project.name}"),
            description=f"Away from {day(start_on)} to {day(end_on)}; booked as {booking.role} at {booking.percent} %.",
            due_on=min(working_day(situation.today, 5), max(situation.today, start_on)),
            why=f"{person.name} is booked on {project.name} in that time, and nobody with the same skill is free.",
            facts=facts, computed=(start_on, end_on), triggered_by=("event#leave_id",),
        )
    ]  # fmt: skip


def _working_days(start_on: date, end_on: date) -> int:
    return sum((start_on + timedelta(days=n)).weekday() < 5 for n in range((end_on - start_on).days + 1))


def _stand_in(
    situation: Situation, person: Person, booking: Assignment, project: Project, start_on: date, end_on: date
) -> Seated | None:
    """Somebody with the absent colleague's strongest skill, one level below at most."""
    contract = situation.lookups.contract(project.contract_id)
    if not person.skills or contract is None:
        return None
    strongest = max(person.skills, key=lambda skill: (skill.level, skill.name))
    request = StaffingRequest(
        id=f"cover-{booking.id}", unit=person.unit, project_id=project.id, role=booking.role,
        skills=[Skill(name=strongest.name, level=max(1, strongest.level - 1))], percent=booking.percent,
        start_on=start_on, end_on=end_on, hourly_rate_minor=contract.hourly_rate_minor, currency=contract.currency,
        excluded_ids=[person.id],
    )  # fmt: skip
    found = seats(situation, person.unit, [request])[request.id]
    return found if isinstance(found, Seated) else None


def _replacement(
    situation: Situation,
    stand_in: Seated,
    person: Person,
    booking: Assignment,
    leave: Leave,
    project: Project,
    start_on: date,
    end_on: date,
) -> Step:
    dates = (
        fact_id(leave, "start_on"),
        fact_id(leave, "end_on"),
        fact_id(booking, "start_on"),
        fact_id(booking, "end_on"),
    )
    return Step(
        f"stand_in_{booking.id}", "assign_person",
        {
            "project_id": situation.of(booking, "project_id"),
            "person_id": Given(stand_in.person.id, stand_in.facts, "planned for this time, same skill"),
            "role": situation.of(booking, "role"),
            "start_on": Given(start_on, dates, "where leave and booking overlap"),
            "end_on": Given(end_on, dates, "where leave and booking overlap"),
            "percent": situation.of(booking, "percent"),
            "status": Given("tentative", method="a stand-in is tentative until the lead agrees"),
        },
        rationale=(
            f"{person.name} is booked on {project.name} at {booking.percent} % and away from {day(start_on)} to "
            f"{day(end_on)}. {stand_in.why}"
        ),
        triggered_by=["event#leave_id"],
        alternatives=[
            *stand_in.alternatives, "Leave the place empty for that time.", "Move the work that needs this role."
        ],
        loads=[stand_in.loads],
    )  # fmt: skip
