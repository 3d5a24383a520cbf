"""Time: an approved sheet is looked through for what cannot be right; a missing one is asked for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from agents.findings import books_of, reason, serious, stated, told, whose
from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Plan, Step
from agents.wording import day, hours
from tools.billing.books import Books, find
from tools.billing.checks import TIME
from tools.billing.finding import Finding
from tools.events import TimesheetApproved, TimesheetMissing
from tools.lookups import MOST_TIME
from tools.records import Leave, Person, Project, TimeEntry
from tools.values import RecordKey

MAX_FLAGS = 30


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    person = situation.record(Person, subject.id if subject else None)
    assert person is not None
    entries = situation.lookups.time_of(person.id)
    if len(entries) >= MOST_TIME:
        return _by_hand(situation, person)
    if isinstance(situation.data, TimesheetMissing):
        return _missing(situation, person, entries)
    return _approved(situation, person, entries)


def _by_hand(situation: Situation, person: Person) -> Plan:
    """Of so many entries those of the week may not be among the ones that were read."""
    because = f"{person.name} has more time entries than are read at once"
    manager = situation.person(person.manager_id) if person.manager_id else None
    if manager is None:
        return Plan(because, nothing_because=because)
    check = task(
        situation, "check", manager,
        title=f"Check the timesheet of {person.name} by hand", description=f"It was not checked: {because}.",
        due_on=working_day(situation.today, 2), why=f"The timesheet was not checked: {because}.",
        facts=(fact_id(person, "name"), "event#week_start_on"), triggered_by=("event#week_start_on",),
    )  # fmt: skip
    return Plan(because, (check,))


def _approved(situation: Situation, person: Person, time: Sequence[TimeEntry]) -> Plan:
    start = situation.typed(TimesheetApproved).week_start_on
    entries = _week(time, start)
    summary = f"The timesheet of {person.name} for the week of {day(start)} was approved."
    books = _books(situation, person, entries)
    doubts: dict[RecordKey, list[Finding]] = defaultdict(list)
    for finding in find(books, TIME):
        if serious(books, finding):
            doubts[finding.record].append(finding)
    open_entries = [one for one in entries if one.key in doubts and one.status in ("submitted", "approved")]
    billed = [one for one in entries if one.key in doubts and one.status == "invoiced"]
    if not open_entries and not billed:
        because = (
            f"the {len(entries)} entries of that week show nothing out of order"
            if entries
            else "that week has no entries"
        )
        return Plan(summary, nothing_because=because)
    steps = [_flag(situation, books, one, doubts[one.key]) for one in open_entries[:MAX_FLAGS]]
    steps += _rest(situation, person, open_entries[MAX_FLAGS:])
    steps += _billed(situation, person, billed, doubts)
    if not steps:
        return Plan(summary, nothing_because="what is out of order is billed already, and nobody answers for it")
    return Plan(summary, tuple(steps))


def _rest(situation: Situation, person: Person, left: Sequence[TimeEntry]) -> list[Step]:
    """Of more than can be flagged one by one the manager hears: most likely one mistake made many of them."""
    manager = (situation.person(person.manager_id) if person.manager_id else None) or situation.lead()
    if not left or manager is None:
        return []
    start = situation.typed(TimesheetApproved).week_start_on
    return [
        task(
            situation, "rest", manager,
            title=f"Look at the rest of the timesheet of {person.name}",
            description=(
                f"In the week of {day(start)} {_entries(len(left))} out of order beside the {MAX_FLAGS} that are to be "
                f"flagged, {hours(sum(one.minutes for one in left))} in all, from {left[0].id} on."
            ),
            due_on=working_day(situation.today, 1),
            why=f"No more than {MAX_FLAGS} entries are flagged one by one; the others would go unseen.",
            facts=(fact_id(person, "name"), "event#week_start_on"),
            computed=(len(left), MAX_FLAGS, sum(one.minutes for one in left), left[0].id),
            triggered_by=("event#week_start_on",),
        )
    ]  # fmt: skip


def _entries(count: int) -> str:
    return "one more entry is" if count == 1 else f"{count} more entries are"


def _billed(
    situation: Situation, person: Person, billed: Sequence[TimeEntry], doubts: Mapping[RecordKey, Sequence[Finding]]
) -> list[Step]:
    """What went out with an invoice can no longer be flagged: who leads its project is to look at it."""
    start, steps = situation.typed(TimesheetApproved).week_start_on, []
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
                findings=[finding for one in own for finding in doubts[one.key]],
            )
        )  # fmt: skip
    return steps


def _books(situation: Situation, person: Person, entries: Sequence[TimeEntry]) -> Books:
    """The week with what it is held against: bookings, the projects and phases it names, its months."""
    lookups = situation.lookups
    projects = [one for ident in sorted({one.project_id for one in entries}) if (one := lookups.project(ident))]
    phases = {one.milestone_id for one in entries if one.milestone_id}
    months = {f"{one.day:%Y-%m}" for one in entries}
    return books_of(
        situation, entries, lookups.assignments_of(person.id), projects,
        filter(None, (lookups.contract(one.contract_id) for one in projects)),
        filter(None, (lookups.milestone(one) for one in sorted(phases))),
        filter(None, (lookups.period(one) for one in sorted(months))),
    )  # fmt: skip


def _flag(situation: Situation, books: Books, entry: TimeEntry, doubts: Sequence[Finding]) -> Step:
    said = told(doubts)
    return Step(
        f"flag_{entry.id}", "flag_time_entry",
        {
            "time_entry_id": situation.of(entry, "id"),
            "reason": reason(doubts, "found by comparing the week with bookings, contracts, leave and phases"),
        },
        rationale=f"{hours(entry.minutes)} on {day(entry.day)}, {entry.status}. {said}",
        triggered_by=["event#week_start_on"],
        alternatives=[
            *dict.fromkeys(f"{one.remedy.removesuffix('.')} ({whose(situation, one)})." for one in doubts),
            "Leave it, if the lead knows of a reason.",
        ],
        computed=stated(books, doubts),
        findings=doubts,
    )  # fmt: skip


def _missing(situation: Situation, person: Person, time: Sequence[TimeEntry]) -> Plan:
    start = situation.typed(TimesheetMissing).week_start_on
    summary = f"The timesheet of {person.name} for the week of {day(start)} is missing."
    if _week(time, start):
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
