"""The business's figures, from records: what waits to be billed, what ages, how full people are, what is at risk."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from tools.records import Assignment, Forecast, Invoice, Person, Project, TimeEntry
from tools.values import Money, Value

Count = Annotated[int, Field(ge=0)]
AGES = (30, 60)
"""Days up to which work in progress is young, and up to which it is of middle age."""

_WEEKS = 4


class Backlog(Value):
    """Invoices not sent: how many, since how many days the oldest, and their amounts by currency."""

    invoices: Count
    oldest_days: Count | None
    amounts: list[Money]


class AgeingWork(Value):
    """Minutes worked and not invoiced, by how many days ago."""

    up_to_30: Count
    up_to_60: Count
    older: Count


class Utilisation(Value):
    """Of the last four whole weeks, minutes booked ahead and minutes worked; basis points of the one by the other."""

    booked_minutes: Count
    worked_minutes: Count
    share_bp: Count | None


class AtRisk(Value):
    """Running projects, and those whose forecast is later than their end or whose money goes faster than their time."""

    running: Count
    late: list[str]
    overspent: list[str]


class Business(Value):
    backlog: Backlog
    ageing: AgeingWork
    utilisation: Utilisation
    at_risk: AtRisk


@dataclass(frozen=True)
class FirmRecords:
    """What the figures are made of."""

    today: date
    people: Sequence[Person]
    projects: Sequence[Project]
    forecasts: Sequence[Forecast]
    assignments: Sequence[Assignment]
    invoices: Sequence[Invoice]
    time: Sequence[TimeEntry]


@dataclass(frozen=True)
class WorkedWeeks:
    """One person's last four whole weeks, in minutes."""

    booked: int
    worked: int


def business(records: FirmRecords) -> Business:
    weeks = worked_weeks(records).values()
    booked, worked = sum(one.booked for one in weeks), sum(one.worked for one in weeks)
    return Business(
        backlog=_backlog(waiting_invoices(records), records.today), ageing=_summed(ageing_work(records).values()),
        utilisation=Utilisation(
            booked_minutes=booked, worked_minutes=worked, share_bp=worked * 10_000 // booked if booked else None
        ),
        at_risk=_at_risk(records),
    )  # fmt: skip


def waiting_invoices(records: FirmRecords) -> list[Invoice]:
    """Those not sent, the oldest first."""
    waiting = [one for one in records.invoices if one.status in ("draft", "held")]
    return sorted(waiting, key=lambda one: (one.drafted_on, one.id))


def _backlog(waiting: Sequence[Invoice], today: date) -> Backlog:
    sums: dict[str, int] = {}
    for one in waiting:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount_minor - one.written_off_minor
    oldest = max((max(0, (today - one.drafted_on).days) for one in waiting), default=None)
    amounts = [Money(amount_minor=amount, currency=currency) for currency, amount in sorted(sums.items())]
    return Backlog(invoices=len(waiting), oldest_days=oldest, amounts=amounts)


def ageing_work(records: FirmRecords) -> dict[str, AgeingWork]:
    """Project id → its work that is not invoiced."""
    found: dict[str, list[int]] = {}
    for one in records.time:
        if one.status not in ("submitted", "approved", "flagged"):
            continue
        age = (records.today - one.day).days
        place = sum(age > bound for bound in AGES)
        found.setdefault(one.project_id, [0, 0, 0])[place] += one.minutes
    return {
        project: AgeingWork(up_to_30=young, up_to_60=middle, older=old)
        for project, (young, middle, old) in found.items()
    }


def _summed(several: Iterable[AgeingWork]) -> AgeingWork:
    parts = [(one.up_to_30, one.up_to_60, one.older) for one in several]
    young, middle, old = (sum(part[place] for part in parts) for place in range(3))
    return AgeingWork(up_to_30=young, up_to_60=middle, older=old)


def worked_weeks(records: FirmRecords) -> dict[str, WorkedWeeks]:
    """Person id → what was booked ahead and what was worked, of everybody with either."""
    last = records.today - timedelta(days=records.today.weekday() + 1)
    first = last - timedelta(days=7 * _WEEKS - 1)
    weekly = {one.id: one.weekly_minutes for one in records.people}
    booked, worked = Counter[str](), Counter[str]()
    for one in records.assignments:
        if one.status == "confirmed" and one.person_id in weekly:
            days = _weekdays(max(one.start_on, first), min(one.end_on, last))
            booked[one.person_id] += weekly[one.person_id] * one.percent * days // 500
    for entry in records.time:
        if first <= entry.day <= last and entry.status != "written_off":
            worked[entry.person_id] += entry.minutes
    return {person: WorkedWeeks(booked[person], worked[person]) for person in sorted({*booked, *worked})}


def _weekdays(first: date, last: date) -> int:
    return sum((first + timedelta(days=n)).weekday() < 5 for n in range((last - first).days + 1))


def _at_risk(records: FirmRecords) -> AtRisk:
    forecasts: Mapping[str, Forecast] = {one.id: one for one in records.forecasts}
    running = [one for one in records.projects if one.status == "running"]
    late = [one.id for one in running if one.id in forecasts and forecasts[one.id].finish_on > one.end_on]
    over = [one.id for one in running if one.budget_minor > 0 and spends_faster(one, records.today)]
    return AtRisk(running=len(running), late=sorted(late), overspent=sorted(over))


def spends_faster(project: Project, today: date) -> bool:
    """Whether more than a tenth more of the budget is spent than of the time has passed."""
    passed, whole = days_passed(project, today)
    return project.spent_minor * whole * 10 > project.budget_minor * (passed * 10 + whole)


def days_passed(project: Project, today: date) -> tuple[int, int]:
    """Days since its start, at most its whole time, and its whole time."""
    whole = max(1, (project.end_on - project.start_on).days)
    return min(whole, max(0, (today - project.start_on).days)), whole
