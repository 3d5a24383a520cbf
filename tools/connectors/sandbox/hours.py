"""Time entries of the last weeks, leaves and expenses."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Literal

from tools.connectors.sandbox.book import make_id
from tools.connectors.sandbox.people import HEAD_OF_DELIVERY
from tools.connectors.sandbox.work import Portfolio
from tools.records import Expense, Leave, Milestone, Person, TimeEntry

WEEKS = 8
_NOTES = (
    "Interface tests", "Workshop with the customer", "Review of open points", "Data model", "Sprint planning",
    "Defect analysis", "Documentation", "Release preparation", "Steering committee", "Training of key users",
)  # fmt: skip
_APPROVED_AFTER = 10
_CATEGORIES = ("Travel", "Hotel", "Software licence", "Catering", "Hardware")


def first_day(today: date) -> date:
    """Where the kept time entries start: eight weeks back, or the first of last month where that lies further back."""
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return min(today - timedelta(weeks=WEEKS), last_month)


def working_days(start: date, end: date) -> Iterator[date]:
    """Monday to Friday, from `start` to `end`, both included."""
    day = start
    while day <= end:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)


def make_leaves(rng: Random, people: list[Person], today: date) -> list[Leave]:
    leaves = []
    for number, person in enumerate(rng.sample(people[:54], 25), 1):
        start = today + timedelta(days=rng.randrange(-40, 60))
        status: Literal["requested", "approved"] = "requested" if start > today and rng.random() < 0.3 else "approved"
        leaves.append(Leave(
            id=make_id("leave", number), unit=person.unit, authors={"*": "system/hr"}, person_id=person.id,
            start_on=start, end_on=start + timedelta(days=rng.choice((1, 4, 4, 9, 11))), status=status,
        ))  # fmt: skip
    return leaves


def make_time_entries(
    rng: Random, people: list[Person], work: Portfolio, leaves: list[Leave], today: date
) -> list[TimeEntry]:
    """One entry a person, project and working day up to yesterday; three people owe last week's."""
    rates = {contract.id: (contract.hourly_rate_minor, contract.currency) for contract in work.contracts}
    terms = {project.id: rates[project.contract_id] for project in work.projects}
    week = {person.id: person.weekly_minutes for person in people}
    away = {
        (leave.person_id, day)
        for leave in leaves if leave.status == "approved"
        for day in working_days(leave.start_on, leave.end_on)
    }  # fmt: skip
    monday = today - timedelta(days=today.weekday() + 7)
    seated = sorted({seat.person_id for seat in work.assignments if seat.status == "confirmed"})
    late = set(rng.sample(seated, 3))
    approved_until, start = monday - timedelta(days=1), first_day(today)
    manager = {person.id: person.manager_id or HEAD_OF_DELIVERY for person in people}
    phases = _phases(work)
    entries: list[TimeEntry] = []
    for seat in work.assignments:
        if seat.status != "confirmed":
            continue
        rate, currency = terms[seat.project_id]
        daily = week[seat.person_id] * seat.percent / 500
        authors = {"*": f"person/{seat.person_id}", "rate_minor": "system/erp", "currency": "system/erp",
                   "status": "system/psa"}  # fmt: skip
        for day in working_days(max(start, seat.start_on), min(today - timedelta(days=1), seat.end_on)):
            if (seat.person_id, day) in away or (seat.person_id in late and day >= monday):
                continue
            approved = day <= approved_until
            entries.append(TimeEntry(
                id=make_id("time_entry", len(entries) + 1), unit=seat.unit, authors=authors,
                project_id=seat.project_id, person_id=seat.person_id, day=day,
                minutes=max(15, round(daily * rng.uniform(0.9, 1.1) / 15) * 15), rate_minor=rate, currency=currency,
                status="approved" if approved else "submitted", note=rng.choice(_NOTES),
                milestone_id=_phase_on(phases[seat.project_id], day),
                approved_by_id=manager[seat.person_id] if approved else None,
            ))  # fmt: skip
    return entries


def _phases(work: Portfolio) -> Mapping[str, Sequence[Milestone]]:
    found: dict[str, list[Milestone]] = defaultdict(list)
    for milestone in work.milestones:
        found[milestone.project_id].append(milestone)
    return found


def _phase_on(phases: Sequence[Milestone], day: date) -> str:
    """The first that is not yet due, or the last."""
    return next((one for one in phases if one.due_on >= day), phases[-1]).id


def make_expenses(rng: Random, work: Portfolio, today: date) -> list[Expense]:
    expenses = []
    for number in range(1, 61):
        seat = rng.choice(work.assignments)
        day = today - timedelta(days=rng.randrange(1, 56))
        approved = (today - day).days > _APPROVED_AFTER
        expenses.append(Expense(
            id=make_id("expense", number), unit=seat.unit, project_id=seat.project_id, person_id=seat.person_id,
            authors={"*": f"person/{seat.person_id}", "status": "system/psa", "approved_by_id": "system/psa"},
            day=day, amount_minor=rng.randrange(1_200, 90_000), currency="EUR", category=rng.choice(_CATEGORIES),
            status="approved" if approved else "submitted", approved_by_id=HEAD_OF_DELIVERY if approved else None,
        ))  # fmt: skip
    return expenses
