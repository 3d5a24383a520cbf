"""Who takes a seat: planned on the firm's own records, with what each alternative costs and why others cannot.

All seats of one event are planned together, so that nobody is promised twice. Nothing but what `tools.staffing` allows
is known of a person there, and where no search is needed none runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from agents.situation import Situation, fact_id
from agents.wording import hours, money
from tools.cpsat.answer import Limits
from tools.proposals import WeekLoads
from tools.records import Person, StaffingRequest
from tools.staffing.alternatives import alternatives, why_not
from tools.staffing.books import Books
from tools.staffing.placements import Placement, Placements
from tools.staffing.plan import Plan, load
from tools.staffing.problem import Problem
from tools.staffing.solve import solve_placements

LIMITS = Limits(seconds=5, workers=1, memory_mb=1024)
"""A case waits for its plan; what is not proven by then is said."""

SHOWN = 3
SHOWN_WEEKS = 104
"""Of a longer plan the first two years are pictured."""


@dataclass(frozen=True)
class Seated:
    """Somebody for a seat. `why` and `alternatives` are for people; `facts` are what the choice rests on."""

    person: Person
    facts: tuple[str, ...]
    why: str
    alternatives: tuple[str, ...]
    loads: WeekLoads


@dataclass(frozen=True)
class Vacant:
    """Nobody for a seat, and why."""

    why: str


def seats(situation: Situation, unit: str | None, requests: Sequence[StaffingRequest]) -> dict[str, Seated | Vacant]:
    """Request id → who takes it, of `unit` and of units that lend to it. Raises SourceUnavailable."""
    books, people = read(situation, unit, requests)
    problem = Problem.of(books)
    placements = Placements(problem)
    plan = solve_placements(placements, LIMITS)
    told = _Telling(placements, plan, people, books)
    return {request.id: told.seat(request) for request in requests}


def read(
    situation: Situation, unit: str | None, requests: Sequence[StaffingRequest]
) -> tuple[Books, dict[str, Person]]:
    """The records to staff `requests` by, of `unit` and of units that lend to it, and its people by id.

    Raises SourceUnavailable.
    """
    lookups = situation.lookups
    lending = lookups.lending()
    people = lookups.people(unit) if unit else lookups.people()
    for lender in sorted({rule.from_unit for rule in lending if unit and rule.to_unit in (unit, "*")} - {unit}):
        people += lookups.people() if lender == "*" else lookups.people(lender)
    people = list({one.id: one for one in people}.values())
    rates = lookups.exchange_rates()
    base = rates[0].base_currency if rates else people[0].currency if people else requests[0].currency
    skilled = [one for one in people if _could(one, requests)]
    return Books(
        situation.today, base, people, requests, lookups.calendars(),
        [leave for one in skilled for leave in lookups.leaves_of(one.id)],
        [booking for one in skilled for booking in lookups.assignments_of(one.id)],
        lookups.projects(), lookups.customers(), lookups.opportunities(), lending, rates,
    ), {one.id: one for one in people}  # fmt: skip


def _could(person: Person, requests: Sequence[StaffingRequest]) -> bool:
    """Has what a seat asks for; of the others neither bookings nor leave have to be read."""
    levels = {skill.name.casefold(): skill.level for skill in person.skills}
    return any(
        all(levels.get(skill.name.casefold(), 0) >= skill.level for skill in request.skills) for request in requests
    )  # fmt: skip


class _Telling:
    """A plan in words and facts."""

    def __init__(self, placements: Placements, plan: Plan, people: dict[str, Person], books: Books) -> None:
        self._placements, self._plan, self._people, self._books = placements, plan, people, books
        self._problem = placements.problem

    def seat(self, request: StaffingRequest) -> Seated | Vacant:
        taken = self._plan.of(request.id)
        return self._seated(request, taken[0]) if taken else Vacant(self._vacancy(request))

    def _seated(self, request: StaffingRequest, one: Placement) -> Seated:
        worker, seat = self._problem.workers[one.worker], self._problem.seats[one.seat]
        person = self._people[worker.id]
        earned = one.minutes * (seat.rate - worker.rate) // 60
        before = load(self._problem, one.worker)
        after = load(self._problem, one.worker, self._plan.placements)
        skills = ", ".join(f"{skill.name} at level {_level(person, skill.name)} (asked: {skill.level})"
                           for skill in request.skills)  # fmt: skip
        why = (
            f"{person.name} has {skills}; {hours(one.minutes)} of work leave a margin of "
            f"{money(earned, self._problem.currency)}; their fullest week goes from {max(before, default=0)} % to "
            f"{max(after, default=0)} % booked.{self._undone(one)} {self._sure()}" + self._consent(person)
        )
        facts = [fact_id(person, name) for name in ("name", "unit", "cost_rate_minor", "currency", "weekly_minutes")]
        facts += [fact_id(booking, "percent") for booking in worker.bookings]
        others = (*self._ranked(request, person), *self._kept_out(request, person))
        monday = self._problem.first - timedelta(days=self._problem.first.weekday())
        week_loads = WeekLoads(
            person_id=person.id, first_on=monday,
            before=before[:SHOWN_WEEKS], after=after[:SHOWN_WEEKS],
        )  # fmt: skip
        return Seated(person, tuple(facts), why, others, week_loads)

    def _sure(self) -> str:
        if self._plan.proven:
            return "No plan for these seats costs less."
        return f"A better plan could save at most {self._plan.gap:.1%} of the cost; the search was ended."

    def _undone(self, one: Placement) -> str:
        """What a shorter week, holidays and leave leave of the hours asked for; a plan is weighed by it."""
        asked = self._problem.seats[one.seat].asked
        if one.minutes >= asked:
            return ""
        return f" Of {hours(asked)} asked, {hours(asked - one.minutes)} are lost to holidays, leave or a shorter week."

    def _consent(self, person: Person) -> str:
        manager = self._people.get(person.manager_id or "")
        return f" The line manager, {manager.name}, has to agree." if manager else ""

    def _ranked(self, request: StaffingRequest, chosen: Person) -> list[str]:
        found = alternatives(self._placements, self._plan, request.id)[:SHOWN]
        return [
            f"{self._people[one.person_id].name}: {request.skills[0].name} at level "
            f"{_level(self._people[one.person_id], request.skills[0].name)}, "
            f"{money(one.more, self._problem.currency)} more than {chosen.name} by rates, level, load and continuity."
            + self._undone(one.placement)
            for one in found
        ] or ["Nobody else has the skill and the time; shift the start, or ask a partner."]

    def _kept_out(self, request: StaffingRequest, chosen: Person) -> list[str]:
        """Of those who have the first skill asked for, why they do not have the seat."""
        name, told = request.skills[0].name, []
        able = sorted(
            (one for one in self._people.values() if _level(one, name) and one.id != chosen.id),
            key=lambda one: (-_level(one, name), one.id),
        )
        for one in able:
            answer = why_not(self._placements, self._plan, request.id, one.id)
            if answer.obstacles:
                told.append(f"Not {one.name}: {answer.obstacles[0]}.")
            elif answer.taken:
                told.append(f"Not {one.name}: planned for another of these seats.")
        return told[:SHOWN]

    def _vacancy(self, request: StaffingRequest) -> str:
        findings = [one for one in self._problem.findings if one.record == str(request.key)]
        faults = [str(one) for one in findings if one.field != "skills"]
        if faults:
            return faults[0] + "."
        asked = " and ".join(f"{skill.name} at level {skill.level}" for skill in request.skills)
        first = f"Nobody has {asked} and {request.percent} % free over the whole time."
        near = [one for one in self._people.values() if _could(one, [request])]
        reasons = [
            f"{one.name}: {answer.obstacles[0].reason if answer.obstacles else 'planned for another of these seats'}."
            for one in sorted(near, key=lambda each: each.id)[:SHOWN]
            if (answer := why_not(self._placements, self._plan, request.id, one.id)).more is None
        ]
        return " ".join([first, *reasons])


def _level(person: Person, name: str) -> int:
    return max((skill.level for skill in person.skills if skill.name.casefold() == name.casefold()), default=0)
