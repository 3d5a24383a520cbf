"""The business's figures, from records: what waits to be billed, what ages, how full people are, what is at risk."""

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


def business(records: FirmRecords) -> Business:
    return Business(
        backlog=_backlog(records.invoices, records.today), ageing=_ageing(records.time, records.today),
        utilisation=_utilisation(records), at_risk=_at_risk(records),
    )  # fmt: skip


def _backlog(invoices: Iterable[Invoice], today: date) -> Backlog:
    waiting = [one for one in invoices if one.status in ("draft", "held")]
    sums: dict[str, int] = {}
    for one in waiting:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount_minor - one.written_off_minor
    oldest = max((max(0, (today - one.drafted_on).days) for one in waiting), default=None)
    amounts = [Money(amount_minor=amount, currency=currency) for currency, amount in sorted(sums.items())]
    return Backlog(invoices=len(waiting), oldest_days=oldest, amounts=amounts)


def _ageing(time: Iterable[TimeEntry], today: date) -> AgeingWork:
    young = middle = old = 0
    for one in time:
        if one.status not in ("submitted", "approved", "flagged"):
            continue
        age = (today - one.day).days
        if age <= AGES[0]:
            young += one.minutes
        elif age <= AGES[1]:
            middle += one.minutes
        else:
            old += one.minutes
    return AgeingWork(up_to_30=young, up_to_60=middle, older=old)


def _utilisation(records: FirmRecords) -> Utilisation:
    last = records.today - timedelta(days=records.today.weekday() + 1)
    first = last - timedelta(days=7 * _WEEKS - 1)
    weekly = {one.id: one.weekly_minutes for one in records.people}
    booked = 0
    for one in records.assignments:
        if one.status == "confirmed" and one.person_id in weekly:
            days = _weekdays(max(one.start_on, first), min(one.end_on, last))
            booked += weekly[one.person_id] * one.percent * days // 500
    worked = sum(
        one.minutes for one in records.time if first <= one.day <= last and one.status != "written_off"
    )  # fmt: skip
    return Utilisation(
        booked_minutes=booked, worked_minutes=worked, share_bp=worked * 10_000 // booked if booked else None
    )


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
    whole = max(1, (project.end_on - project.start_on).days)
    passed = min(whole, max(0, (today - project.start_on).days))
    return project.spent_minor * whole * 10 > project.budget_minor * (passed * 10 + whole)
