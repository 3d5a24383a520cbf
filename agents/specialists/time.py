"""Time: an approved sheet is looked through for what cannot be right; a missing one is asked for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import day, hours
from tools.events import TimesheetApproved, TimesheetMissing
from tools.records import Assignment, Leave, Person, Project, TimeEntry

MAX_DAY_MINUTES = 16 * 60
"""More than this on one day is looked at by a person."""

MAX_FLAGS = 30


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    person = situation.record(Person, subject.id if subject else None)
    assert person is not None
    return _missing(situation, person) if isinstance(situation.data, TimesheetMissing) else _approved(situation, person)


def _approved(situation: Situation, person: Person) -> Plan:
    start = situation.typed(TimesheetApproved).week_start_on
    entries = _week(situation.lookups.time_of(person.id), start)
    summary = f"The timesheet of {person.name} for the week of {day(start)} was approved."
    found = doubts(entries, situation.lookups.assignments_of(person.id))
    open_entries = [one for one in entries if one.id in found and one.status in ("submitted", "approved")]
    billed = [one for one in entries if one.id in found and one.status == "invoiced"]
    if not open_entries and not billed:
        because = (
            f"the {len(entries)} entries of that week show nothing out of order"
            if entries
            else "that week has no entries"
        )
        return Plan(summary, nothing_because=because)
    steps = [_flag(situation, one, found[one.id], entries) for one in open_entries[:MAX_FLAGS]]
    steps += _billed(situation, person, billed, start)
    if not steps:
        return Plan(summary, nothing_because="what is out of order is billed already, and nobody answers for it")
    return Plan(summary, tuple(steps))


def _billed(situation: Situation, person: Person, billed: Sequence[TimeEntry], start: date) -> list[Step]:
    """What went out with an invoice can no longer be flagged: who leads its project is to look at it."""
    steps = []
    for project_id in sorted({one.project_id for one in billed}):
        project = situation.record(Project, project_id) or situation.lookups.project(project_id)
        lead = situation.person(project.lead_id) if project and project.lead_id else None
        if lead is None:
            continue
        own = [one for one in billed if one.project_id == project_id]
        facts = [fact_id(person, "name"), "event#week_start_on", *(fact_id(one, "status") for one in own[:20])]
        steps.append(
            task(
                situation, f"look_{project_id}", lead,
                title=f"Look at billed time of {person.name}",
                description=(
                    f"In the week of {day(start)} time is out of order that is billed already: "
                    f"{', '.join(one.id for one in own[:20])}."
                ),
                due_on=working_day(situation.today, 2),
                why="Time that is billed cannot be flagged, and the customer may have paid for it.",
                facts=facts, computed=[one.id for one in own], triggered_by=("event#week_start_on",),
            )
        )  # fmt: skip
    return steps


def doubts(entries: Sequence[TimeEntry], assignments: Sequence[Assignment]) -> Mapping[str, list[str]]:
    """Entry id → what is wrong with it: an impossible day, a repetition, a project the person is not booked on."""
    found: dict[str, list[str]] = defaultdict(list)
    by_day: dict[date, list[TimeEntry]] = defaultdict(list)
    seen: dict[tuple[object, ...], str] = {}
    for one in sorted(entries, key=lambda entry: entry.id):
        if one.status == "written_off":
            continue
        by_day[one.day].append(one)
        first = seen.setdefault((one.day, one.project_id, one.minutes, one.note), one.id)
        if first != one.id:
            found[one.id].append(f"It repeats entry {first}: same day, project and time.")
        if not any(_booked(assignment, one) for assignment in assignments):
            found[one.id].append("The person is not booked on this project that day.")
    for on, same in by_day.items():
        total = sum(one.minutes for one in same)
        if total > MAX_DAY_MINUTES:
            for one in same:
                found[one.id].append(f"{day(on)} holds {hours(total)} in all.")
    return found


def _booked(assignment: Assignment, entry: TimeEntry) -> bool:
    return (
        assignment.project_id == entry.project_id
        and assignment.status != "released"
        and assignment.start_on <= entry.day <= assignment.end_on
    )


def _flag(situation: Situation, entry: TimeEntry, doubt: list[str], week: Sequence[TimeEntry]) -> Step:
    same_day = [one for one in week if one.day == entry.day]
    # Of the day's other entries only the sum is told: they may be about other customers.
    own = [one for one in same_day if one.project_id == entry.project_id]
    facts = [fact_id(one, field) for one in own for field in ("minutes", "day", "project_id")][:30]
    return Step(
        f"flag_{entry.id}", "flag_time_entry",
        {
            "time_entry_id": situation.of(entry, "id"),
            "reason": Given(" ".join(doubt), tuple(facts), "found by comparing the week's entries and bookings"),
        },
        rationale=f"{hours(entry.minutes)} on {day(entry.day)}, approved. " + " ".join(doubt),
        triggered_by=["event#week_start_on"],
        alternatives=["Ask the person to correct the entry.", "Leave it, if the lead knows of a reason."],
        computed=[sum(one.minutes for one in same_day), *(one.id for one in week)],
    )  # fmt: skip


def _missing(situation: Situation, person: Person) -> Plan:
    start = situation.typed(TimesheetMissing).week_start_on
    summary = f"The timesheet of {person.name} for the week of {day(start)} is missing."
    if _week(situation.lookups.time_of(person.id), start):
        return Plan(summary, nothing_because="time for that week is recorded by now")
    if _on_leave(situation.lookups.leaves_of(person.id), start):
        return Plan(summary, nothing_because="the person is on approved leave for the whole of that week")
    if person.ends_on is not None and person.ends_on < start:
        return Plan(summary, nothing_because=f"the person left on {person.ends_on}")
    manager = situation.person(person.manager_id) if person.manager_id else None
    due_on = working_day(situation.today, 1)
    facts = (fact_id(person, "name"), "event#week_start_on")
    triggered = ("event#week_start_on",)
    steps = [
        task(
            situation, "hand_in", person,
            title=f"Hand in the timesheet for the week of {day(start)}",
            description="Nothing is recorded for that week, and its work cannot be billed.",
            due_on=due_on,
            why="No time is recorded for that week, and no leave explains it.",
            facts=facts, triggered_by=triggered, alternatives=("Wait until the period is closed.",),
        )
    ]  # fmt: skip
    if manager is not None and situation.today > start + timedelta(days=13):
        steps.append(
            task(
                situation, "follow_up", manager,
                title=f"See to the missing timesheet of {person.name}",
                description=f"The week of {day(start)} is more than a week late.",
                due_on=due_on,
                why="It is more than a week late: the manager should know.",
                facts=facts, triggered_by=triggered,
            )
        )  # fmt: skip
    return Plan(summary, tuple(steps))


def _week(entries: Sequence[TimeEntry], start: date) -> list[TimeEntry]:
    end = start + timedelta(days=6)
    return sorted((one for one in entries if start <= one.day <= end), key=lambda one: (one.day, one.id))


def _on_leave(leaves: Sequence[Leave], start: date) -> bool:
    working = [start + timedelta(days=offset) for offset in range(5)]
    return all(any(one.status == "approved" and one.start_on <= at <= one.end_on for one in leaves) for at in working)
