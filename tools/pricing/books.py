"""Change books: the records that a change is priced by, checked before anything is computed from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from tools.people_records import Skill
from tools.planning.milestones import tied
from tools.records import Contract, Forecast, Milestone, Project, RateCard, TimeEntry
from tools.staffing import people
from tools.staffing.books import Books, Converter, converter
from tools.staffing.findings import Finding
from tools.staffing.people import Worker
from tools.wording import money

HORIZON_DAYS = 800
"""So far ahead finishes are looked for."""

PAST_WEEKS = 12
"""So far back the pace of work is looked at."""

REFUSED = "nothing is priced"


class Unpriceable(Exception):
    """The records, or what was asked, leave no price that could be stood by; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{one.record}#{one.field}: {one.problem}" for one in findings))
        self.findings = findings


@dataclass(frozen=True)
class Asked:
    """What is asked for: minutes of effort, by when if that was said, and the skill a further person would need."""

    minutes: int
    wanted_on: date | None = None
    skill: Skill | None = None


@dataclass(frozen=True)
class ChangeBooks:
    """`staff` holds the people on the project and on the projects they share, with all that they are booked for.

    `forecasts` are by project; `time` is the project's.
    """

    staff: Books
    project: Project
    contract: Contract
    forecasts: Mapping[str, Forecast]
    milestones: Sequence[Milestone] = ()
    time: Sequence[TimeEntry] = ()
    rate_card: Sequence[RateCard] = ()

    @property
    def today(self) -> date:
        return self.staff.today

    @cached_property
    def first(self) -> date:
        """A Monday, from which days are counted."""
        return self.today - timedelta(days=self.today.weekday(), weeks=PAST_WEEKS)

    @property
    def now(self) -> int:
        """The number of today."""
        return (self.today - self.first).days

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)

    @cached_property
    def convert(self) -> Converter:
        return converter(self.staff)

    @cached_property
    def _read(self) -> tuple[list[Worker], list[Finding]]:
        found: list[Finding] = []
        known = {one.id for one in self.staff.people}
        seen = replace(self.staff, assignments=[one for one in self.staff.assignments if one.person_id in known])
        made = people.workers(seen, self.convert, self.first, self.now + HORIZON_DAYS, found)
        return made, found

    @property
    def workers(self) -> Sequence[Worker]:
        return self._read[0]

    @property
    def findings(self) -> Sequence[Finding]:
        """What is wrong with the records of people and bookings."""
        return self._read[1]

    def team(self, project_id: str) -> list[Worker]:
        """Who is booked on the project from today on, in the order of their ids."""
        return [
            one for one in self.workers
            if any(each.project_id == project_id and each.end_on >= self.today for each in one.bookings)
        ]  # fmt: skip


def faults(books: ChangeBooks, asked: Asked) -> list[Finding]:
    """Why nothing can be priced; empty where it can."""
    project, contract = books.project, books.contract
    found = []

    def fault(record: str, field: str, problem: str) -> None:
        found.append(Finding(record, field, problem, REFUSED))

    if asked.minutes <= 0:
        fault("event", "text", f"{asked.minutes} minutes are no effort")
    for one in (project, contract):
        if one.end_on < one.start_on:
            fault(str(one.key), "end_on", f"{one.end_on} lies before the start {one.start_on}")
    if project.status in ("done", "cancelled"):
        fault(str(project.key), "status", f"the project is {project.status}")
    if contract.hourly_rate_minor <= 0:
        fault(
            str(contract.key), "hourly_rate_minor", f"{money(contract.hourly_rate_minor, contract.currency)} is no rate"
        )
    if contract.currency != project.currency:
        told = f"the contract is in {contract.currency}, the project in {project.currency}"
        fault(str(project.key), "currency", told)
    elif books.convert(1, contract.currency) is None:
        told = f"there is no exchange rate of {contract.currency} to {books.staff.currency}"
        fault(str(contract.key), "currency", told)
    if project.id not in books.forecasts:
        fault(str(project.key), "id", "there is no forecast of the work that is left")
    elif not books.team(project.id):
        why = [str(one) for one in books.findings if one.record.startswith("person/")]
        fault(str(project.key), "id", "; ".join(["nobody is booked on it who can be planned with", *why]))
    return found + _circle(books)


def _circle(books: ChangeBooks) -> list[Finding]:
    circle = tied(books.milestones)
    if not circle:
        return []
    return [Finding(f"milestone/{circle[0]}", "after_id", f"{', '.join(circle)} wait for each other", REFUSED)]
