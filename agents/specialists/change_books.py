"""Change books: the records that a change request is priced by, read through the lookups."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.situation import Situation
from agents.specialists import staffing
from tools.pricing.books import ChangeBooks
from tools.records import Assignment, Contract, Milestone, Project, Skill, StaffingRequest
from tools.staffing.books import Books


def read(situation: Situation, project: Project, contract: Contract) -> ChangeBooks:
    """The project with everybody booked on it, and the other projects that they are on. Raises SourceUnavailable."""
    lookups = situation.lookups
    here = lookups.assignments_on(project.id)
    ids = sorted({one.person_id for one in here})
    booked = [booking for ident in ids for booking in lookups.assignments_of(ident)]
    elsewhere = sorted({one.project_id for one in booked if one.end_on >= situation.today} - {project.id})
    neighbours = [booking for ident in elsewhere for booking in lookups.assignments_on(ident)]
    every = _once([*booked, *neighbours])
    everybody = sorted({one.person_id for one in every})
    people = [person for ident in everybody if (person := lookups.person(ident)) is not None]
    rates = lookups.exchange_rates()
    forecasts = {ident: found for ident in (project.id, *elsewhere) if (found := lookups.forecast(ident)) is not None}
    staff = Books(
        situation.today, rates[0].base_currency if rates else contract.currency, people, (), lookups.calendars(),
        [leave for ident in everybody for leave in lookups.leaves_of(ident)], every,
        [one for ident in elsewhere if (one := lookups.project(ident)) is not None],
        opportunities=lookups.opportunities(), exchange_rates=rates,
    )  # fmt: skip
    milestones = [one for one in situation.all(Milestone) if one.project_id == project.id]
    return ChangeBooks(
        staff, project, contract, forecasts, milestones, lookups.time_on(project.id), lookups.rate_card()
    )  # fmt: skip


def pool(situation: Situation, contract: Contract, skill: Skill) -> Books:
    """Who may be asked for the skill beside the team, of the contract's unit and those that lend to it."""
    request = StaffingRequest(
        id="change", unit=contract.unit, role="Change", skills=[skill], percent=100, start_on=situation.today,
        end_on=situation.today, hourly_rate_minor=contract.hourly_rate_minor, currency=contract.currency,
    )  # fmt: skip
    books, _ = staffing.read(situation, contract.unit, [request])
    return replace(books, requests=())


def skill_for(books: ChangeBooks, text: str) -> Skill | None:
    """The skill a further person needs: one of the team's that the text names, else the one most of the team's time
    has; at the lowest level at which somebody on the team has it. None where the team has none."""
    team = {one.id for one in books.team(books.project.id)}
    shares: dict[str, int] = {}
    for booking in books.staff.assignments:
        if booking.project_id == books.project.id and booking.person_id in team:
            shares[booking.person_id] = shares.get(booking.person_id, 0) + booking.percent
    found: dict[str, tuple[int, int]] = {}
    for person in books.staff.people:
        for skill in person.skills if person.id in shares else ():
            weight, level = found.get(skill.name, (0, skill.level))
            found[skill.name] = weight + shares[person.id], min(level, skill.level)
    if not found:
        return None
    name = max(found, key=lambda one: (_named(one, text), found[one][0], one))
    return Skill(name=name, level=found[name][1])


def _named(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _once(bookings: Sequence[Assignment]) -> list[Assignment]:
    return list({one.id: one for one in bookings}.values())
