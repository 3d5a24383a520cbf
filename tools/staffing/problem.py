"""Problem: seats to fill and people to fill them with, checked, in the numbers that planning works with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate

from tools.people_records import LendingRule
from tools.staffing import lending, people
from tools.staffing.books import Books, Converter, converter
from tools.staffing.findings import Finding, once, unbackwards
from tools.staffing.hours import weekdays_between, zone
from tools.staffing.people import Worker
from tools.staffing.rules import Rules, standard_rules
from tools.wording import money

DAY_MINUTES = 480
"""A day of a full week of 2,400 minutes."""


def daily(percent: int) -> int:
    """Minutes a day that a seat of `percent` asks for."""
    return DAY_MINUTES * percent // 100


@dataclass(frozen=True)
class Seat:
    """An open request. `asked` is minutes in all, `rate` minor units an hour; days count from the problem's first.

    `zone` is the customer's, None where no overlap with it is asked for.
    """

    id: str
    unit: str | None
    project: str | None
    customer: str | None
    skills: Mapping[str, int]
    percent: int
    first: int
    last: int
    start_on: date
    end_on: date
    asked: int
    rate: int
    priority: int
    overlap: int
    zone: str | None
    handovers: int
    person: str | None
    excluded: frozenset[str]


@dataclass(frozen=True)
class Problem:
    """`seats` and `workers` are in the order of their ids; `findings` tell what was left out and why."""

    first: date
    days: int
    currency: str
    rules: Rules
    seats: Sequence[Seat]
    workers: Sequence[Worker]
    lending: Mapping[tuple[str, str], LendingRule]
    findings: Sequence[Finding]

    @classmethod
    def of(cls, books: Books, rules: Rules | None = None) -> "Problem":
        """Reads the books; what cannot be planned with is left out and told. Never raises for what a record holds."""
        found: list[Finding] = []
        convert = converter(books)
        rules_of_units = lending.by_units(books.lending, found)
        projects = {one.id: one for one in books.projects}
        zones = {one.id: one.time_zone for one in books.customers}
        wanted = [one for one in once(books.requests, found) if one.status == "open"]
        wanted = unbackwards(wanted, found)
        first = min((one.start_on for one in wanted), default=books.today)
        last = max((one.end_on for one in wanted), default=books.today)
        days = (last - first).days + 1
        workers = people.workers(books, convert, first, days, found)
        levels = {skill for worker in workers for skill in worker.features.skills}
        seats: list[Seat] = []
        for one in sorted(wanted, key=lambda each: each.id):
            key = str(one.key)
            rate = _rate(key, one.hourly_rate_minor, one.currency, convert, found)
            project = projects.get(one.project_id or "")
            if one.project_id is not None and project is None:
                found.append(Finding(key, "project_id", f"there is no project {one.project_id}", "it is left out"))
                continue
            customer = project.customer_id if project else None
            place = zones.get(customer or "")
            if one.overlap_minutes and (place is None or zone(place) is None):
                found.append(Finding(key, "overlap_minutes", "the customer's time zone is not known", "it is left out"))
                continue
            if rate is None:
                continue
            for skill in one.skills:
                if skill.name.casefold() not in levels:
                    told = f"nobody has a skill called {skill.name}"
                    found.append(Finding(key, "skills", told, "nobody can be found for it"))
            seats.append(
                Seat(
                    one.id, one.unit, one.project_id, customer,
                    {skill.name.casefold(): skill.level for skill in one.skills}, one.percent,
                    (one.start_on - first).days, (one.end_on - first).days, one.start_on, one.end_on,
                    weekdays_between(one.start_on, one.end_on) * daily(one.percent), rate, one.priority,
                    one.overlap_minutes, place if one.overlap_minutes else None, one.handovers, one.person_id,
                    frozenset(one.excluded_ids),
                )
            )  # fmt: skip
        return cls(first, days, books.currency, rules or standard_rules(), seats, workers, rules_of_units, found)

    @cached_property
    def _weekdays(self) -> list[int]:
        days = (self.day(number).weekday() < 5 for number in range(self.days))
        return list(accumulate(days, initial=0))

    def weekdays(self, first: int, last: int) -> int:
        """Days from Monday to Friday, both ends included."""
        return self._weekdays[last + 1] - self._weekdays[first]

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def lends(self, worker: Worker, seat: Seat) -> LendingRule | None:
        """The rule by which a worker of another unit, or of none, may take the seat."""
        return lending.between(self.lending, worker.features.unit, seat.unit)


def _rate(key: str, amount: int, currency: str, convert: Converter, found: list[Finding]) -> int | None:
    if amount <= 0:
        found.append(Finding(key, "hourly_rate_minor", f"{money(amount, currency)} is no rate", "it is left out"))
        return None
    rate = convert(amount, currency)
    if rate is None:
        told = f"there is no exchange rate of {currency} to {convert.currency}"
        found.append(Finding(key, "currency", told, "it is left out"))
    return rate
