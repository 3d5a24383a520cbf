"""Who could do it: colleagues with a skill and enough free time, by a plain greedy rule.

A candidate has the skill at the level asked or above, works here over the whole time, has the share of the week free
on its busiest day, and is away for no more than a quarter of it. The tightest fit comes first, so that the best people
stay free for what only they can do; nothing is optimised across roles.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from agents.situation import fact_id
from tools.lookups import Lookups
from tools.records import Assignment, Leave, Person

MAX_AWAY = 0.25


@dataclass(frozen=True)
class Candidate:
    """`free` is the share of the week, in percent, that is not booked on the busiest day of the time asked for."""

    person: Person
    level: int
    free: int
    facts: tuple[str, ...]


def candidates(
    lookups: Lookups,
    *,
    unit: str | None,
    skill: str,
    level: int,
    percent: int,
    start_on: date,
    end_on: date,
    taken: Mapping[str, int] | None = None,
    without: Iterable[str] = (),
) -> list[Candidate]:
    """Candidates in `unit` (everywhere if None), best first. `taken` adds shares already planned for in this bundle.

    Raises SourceUnavailable.
    """
    excluded = set(without)
    found: list[Candidate] = []
    for person in lookups.people(unit):
        known = next((one.level for one in person.skills if one.name.casefold() == skill.casefold()), 0)
        if known < level or person.id in excluded or not _employed(person, start_on, end_on):
            continue
        booked = [one for one in lookups.assignments_of(person.id) if _live(one, start_on, end_on)]
        free = 100 - peak(booked, start_on) - (taken or {}).get(person.id, 0)
        if free < percent or away(lookups.leaves_of(person.id), start_on, end_on) > MAX_AWAY:
            continue
        facts = (fact_id(person, "name"), fact_id(person, "unit"), *(fact_id(one, "percent") for one in booked))
        found.append(Candidate(person, known, free, facts))
    return sorted(found, key=lambda one: (one.level, one.free, one.person.cost_rate_minor, one.person.id))


def peak(booked: list[Assignment], start_on: date) -> int:
    """The highest sum of shares on any day from `start_on`; it can only rise where an assignment begins."""
    days = {max(start_on, one.start_on) for one in booked}
    return max((sum(one.percent for one in booked if one.start_on <= at <= one.end_on) for at in days), default=0)


def away(leaves: list[Leave], start_on: date, end_on: date) -> float:
    """The part of the days from `start_on` to `end_on` that approved leave covers, 0 to 1."""
    days = (end_on - start_on).days + 1
    gone: set[int] = set()
    for leave in leaves:
        if leave.status == "approved":
            first, last = max(leave.start_on, start_on), min(leave.end_on, end_on)
            gone.update(range(first.toordinal(), last.toordinal() + 1))
    return len(gone) / days


def _employed(person: Person, start_on: date, end_on: date) -> bool:
    return person.starts_on <= start_on and (person.ends_on is None or person.ends_on >= end_on)


def _live(one: Assignment, start_on: date, end_on: date) -> bool:
    return one.status != "released" and one.start_on <= end_on and one.end_on >= start_on
