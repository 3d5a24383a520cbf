"""Plan: the project's open work and its neighbours' before the change, solved once and asked by every course."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tools.pricing.books import ChangeBooks
from tools.pricing.capacity import UNITS, Done, done, shares, totals, worked
from tools.pricing.priced import Moved, Part
from tools.records import Project
from tools.staffing.people import Worker


class Unending(Exception):
    """By its bookings the project's work is not done within the time looked at; `project_id` is which."""

    def __init__(self, project_id: str) -> None:
        super().__init__(f"the bookings of project {project_id} do not suffice for the work that is left")
        self.project_id = project_id


@dataclass(frozen=True)
class Plan:
    """`percent` is the pace at which booked time is worked on the project; of others it is taken as booked."""

    books: ChangeBooks
    percent: int

    @cached_property
    def team(self) -> Sequence[Worker]:
        return self.books.team(self.books.project.id)

    @cached_property
    def start(self) -> int:
        """The day on which work goes on: today, or the project's first."""
        return max(self.books.now, (self.books.project.start_on - self.books.first).days)

    @cached_property
    def own(self) -> Sequence[Sequence[int]]:
        """Of each of the team the percent of each day booked on the project."""
        return [self._shares(one, self.books.project) for one in self.team]

    @cached_property
    def capacity(self) -> list[list[int]]:
        """Units of each day on the project."""
        return self.at(self.own)

    def at(self, percents: Sequence[Sequence[int]]) -> list[list[int]]:
        """Units of each day, of each of the team, at these percents."""
        return [worked(one, row, self.percent) for one, row in zip(self.team, percents, strict=True)]

    @property
    def unbooked(self) -> list[list[int]]:
        """Percent of each day that nobody has booked."""
        taken = [self._taken(place) for place in range(len(self.team))]
        return [[max(0, 100 - percent) for percent in row] for row in taken]

    @property
    def elsewhere(self) -> list[list[int]]:
        """Percent of each day that is not this project's, whoever has booked it."""
        return [[max(0, 100 - percent) for percent in row] for row in self.own]

    @property
    def left(self) -> int:
        return self.books.forecasts[self.books.project.id].remaining_minutes * UNITS

    def finish(self, work: int, team: Sequence[Sequence[int]] | None = None) -> Done:
        """When so many units are done, by the team as booked unless told otherwise. Raises Unending."""
        found = done(work, self.capacity if team is None else team, self.start)
        if found is None:
            raise Unending(self.books.project.id)
        return found

    def cost(self, by: Sequence[int]) -> int:
        """What these units of each cost, minor units of the contract's currency, rounded up once."""
        weighed = sum(units * one.rate for units, one in zip(by, self.team, strict=True))
        return self.in_contract(weighed, 60 * UNITS)

    def in_contract(self, amount: int, parts: int = 1) -> int:
        """`amount / parts` minor units of the base currency in the contract's, rounded up."""
        converter, currency = self.books.convert, self.books.contract.currency
        ppm = 1_000_000 if currency == converter.currency else converter.rates[currency]
        return -(-amount * 1_000_000 // (parts * ppm))

    def who(self, by: Sequence[int]) -> list[Part]:
        """Whole minutes that add up to all of them: what is cut off goes to those of whom most was cut off."""
        whole = [units // UNITS for units in by]
        cut = sorted(range(len(by)), key=lambda place: (-(by[place] % UNITS), place))
        for place in cut[: sum(by) // UNITS - sum(whole)]:
            whole[place] += 1
        pairs = zip(self.team, whole, strict=True)
        return [Part(person_id=one.id, minutes=minutes) for one, minutes in pairs if minutes]

    def milestones(self, work: int) -> list[Moved]:
        """Open milestones that wait for `work` units more: each is reached when as much else is done as was planned."""
        books, sums = self.books, totals(self.capacity, self.start)
        moved = []
        for one in sorted(books.milestones, key=lambda each: (each.due_on, each.id)):
            place = (one.due_on - books.first).days - self.start
            if one.status not in ("planned", "in_progress") or not 0 <= place < len(sums):
                continue
            reached = next((at for at in range(place, len(sums)) if sums[at] >= sums[place] + work), None)
            if reached is not None and reached > place:
                after = books.day(self.start + reached)
                moved.append(Moved(record=str(one.key), before_on=one.due_on, after_on=after))
        return moved

    def others(self, until: int) -> list[Moved]:
        """Other projects, and when they are done if the team leaves them alone up to and with day `until`."""
        moved = []
        for project in self._neighbours:
            work = self.books.forecasts[project.id].remaining_minutes * UNITS
            crew = self.books.team(project.id)
            as_booked = [worked(one, self._shares(one, project), 100) for one in crew]
            away = {one.id for one in self.team}
            without = [
                [0] * (until + 1) + row[until + 1 :] if one.id in away else row
                for one, row in zip(crew, as_booked, strict=True)
            ]
            before, after = (done(work, rows, self.books.now) for rows in (as_booked, without))
            if before is not None and after is None:
                raise Unending(project.id)
            if before is not None and after is not None and after.day > before.day:
                days = self.books.day(before.day), self.books.day(after.day)
                moved.append(Moved(record=str(project.key), before_on=days[0], after_on=days[1]))
        return moved

    @property
    def _neighbours(self) -> list[Project]:
        """Other projects with a forecast that somebody of the team is on."""
        booked = {each.project_id for one in self.team for each in one.bookings} - {self.books.project.id}
        known = (one for one in self.books.staff.projects if one.id in booked and one.id in self.books.forecasts)
        return sorted(known, key=lambda one: one.id)

    def _shares(self, worker: Worker, project: Project) -> list[int]:
        return shares(worker, project, self.books.first.toordinal(), len(worker.works))

    def _taken(self, place: int) -> list[int]:
        """Percent of each day that is booked, with bookings on this project going on as they do."""
        one = self.team[place]
        others = [each for each in one.bookings if each.project_id != self.books.project.id]
        taken = list(self.own[place])
        for booking in others:
            span = [(day - self.books.first).days for day in (booking.start_on, booking.end_on)]
            for day in range(max(0, span[0]), min(len(taken), span[1] + 1)):
                taken[day] += booking.percent
        return taken
