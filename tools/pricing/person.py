"""One more person: who could do the change beside the team, found by planning a seat for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tools.cpsat.answer import Limits
from tools.people_records import Skill, StaffingRequest
from tools.records import Contract
from tools.staffing.books import Books
from tools.staffing.placements import Placements
from tools.staffing.problem import DAY_MINUTES, Problem
from tools.staffing.solve import solve_placements

LIMITS = Limits(seconds=5, workers=1, memory_mb=1024)
"""A case waits for its plan."""

_SHARES = (100, 50)
"""Of a week, the first that somebody has free."""

_TRIES = 4
"""To find an end by which leave and holidays leave room for all of the effort."""


@dataclass(frozen=True)
class Helper:
    """`cost` is minor units of the base currency, a lending unit's surcharge included; `manager_id` has to agree."""

    person_id: str
    percent: int
    start_on: date
    end_on: date
    cost: int
    manager_id: str | None


def helper(pool: Books, contract: Contract, minutes: int, skill: Skill, without: Sequence[str]) -> Helper | None:
    """Who takes the whole effort at least cost from next week on; None where nobody has the skill and the time.

    `pool` holds everybody who may be asked; `without` are the team, whose time is planned already.
    """
    monday = pool.today + timedelta(days=7 - pool.today.weekday())
    for percent in _SHARES:
        days = -(-minutes * 100 // (DAY_MINUTES * percent))
        for _ in range(_TRIES):
            found, done = _seated(pool, contract, skill, percent, (monday, _weekday(monday, days)), without)
            if found is None:
                break
            if done >= minutes:
                cost = -(-minutes * found.cost // 60)
                return replace(found, cost=cost)
            days += -(-(minutes - done) * 100 // (DAY_MINUTES * percent))
    return None


def _seated(
    pool: Books, contract: Contract, skill: Skill, percent: int, span: tuple[date, date], without: Sequence[str]
) -> tuple[Helper | None, int]:
    """Somebody for the span, their `cost` by the hour, and the minutes that they work in it."""
    request = StaffingRequest(
        id="change", unit=contract.unit, role="Change", skills=[skill], percent=percent, start_on=span[0],
        end_on=span[1], hourly_rate_minor=contract.hourly_rate_minor, currency=contract.currency,
        excluded_ids=list(without),
    )  # fmt: skip
    placements = Placements(Problem.of(replace(pool, requests=[request])))
    plan = solve_placements(placements, LIMITS)
    if not plan.placements:
        return None, 0
    one, booked = plan.placements[0], plan.booked()[0]
    costs = placements.costs(one)
    hourly = -(-(costs.work + costs.lending) * 60 // max(1, one.minutes))
    return Helper(booked.person_id, percent, booked.start_on, booked.end_on, hourly, booked.consent), one.minutes


def _weekday(monday: date, days: int) -> date:
    """The day that is the `days`th from Monday to Friday, from `monday` on."""
    weeks, rest = divmod(days - 1, 5)
    return monday + timedelta(days=7 * weeks + rest)
