"""Formulation: a problem's placements as a 0-1 model.

A variable a placement, one a seat that stays empty, one a day on which somebody takes over. Each seat is empty, filled
by one person, or by one before and one from such a day on. For each person and each stretch of days over which nothing
changes, the shares of the placements chosen fit into what is free. It is the formulation by whole columns: the linear
relaxation of one by weeks is no tighter, and has ten times the variables.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from tools.cpsat.answer import Answer
from tools.cpsat.model import Model, Term
from tools.staffing.placements import Placement, Placements


class Formulation:
    """`model` without an objective; `cost` are the terms of the plan's cost."""

    def __init__(self, placements: Placements) -> None:
        self.placements = placements
        self.model = Model()
        self.cost: list[Term] = []
        self.empty: list[int] = []
        self.variables: list[tuple[Placement, int]] = []
        self._cuts: dict[tuple[int, int], int] = {}
        self._of_worker: dict[int, list[tuple[Placement, int]]] = {}
        self._over: dict[int, int] = {}
        for place in range(len(placements.problem.seats)):
            self._seat(place)
        for number, own in self._of_worker.items():
            self._capacity(number, own)
            self._overload(number, own)

    def on(self, place: int) -> list[tuple[Placement, int]]:
        """The placements on a seat with their variables."""
        return [(one, name) for one, name in self.variables if one.seat == place]

    def hint(self, plan: Iterable[Placement]) -> None:
        """The search starts from this plan, every variable said."""
        taken = list(plan)
        keys = {one.key for one in taken}
        for one, name in self.variables:
            self.model.hint(name, int(one.key in keys))
        starts: dict[int, set[int]] = {}
        minutes: dict[int, int] = {}
        for one in taken:
            starts.setdefault(one.seat, set()).add(one.first)
            minutes[one.worker] = minutes.get(one.worker, 0) + one.minutes
        for place, name in enumerate(self.empty):
            self.model.hint(name, int(place not in starts))
        for (place, cut), name in self._cuts.items():
            self.model.hint(name, int(cut in starts.get(place, ())))
        for number, name in self._over.items():
            self.model.hint(name, max(0, minutes.get(number, 0) - self.placements.allowances[number]))

    def read(self, answer: Answer) -> list[Placement]:
        """The plan that an answer stands for; two halves of one person are one placement."""
        found: dict[tuple[int, int], list[Placement]] = {}
        for one, name in self.variables:
            if answer.value(name):
                found.setdefault((one.seat, one.worker), []).append(one)
        return [ones[0] if len(ones) == 1 else self._whole(*pair) for pair, ones in found.items()]

    def _whole(self, place: int, number: int) -> Placement:
        return next(one for one in self.placements.whole[place] if one.worker == number)

    def _seat(self, place: int) -> None:
        model = self.model
        empty = model.boolean()
        self.empty.append(empty)
        self.cost.append((self.placements.unfilled(place), empty))
        ways = [empty, *(self._variable(one) for one in self.placements.whole[place])]
        for cut, (before, after) in self.placements.parts[place].items():
            name = model.boolean()
            self._cuts[place, cut] = name
            ways.append(name)
            for half in (before, after):
                model.linear([*((1, self._variable(one)) for one in half), (-1, name)], 0, 0)
        model.exactly_one(ways)

    def _variable(self, one: Placement) -> int:
        name = self.model.boolean()
        self.variables.append((one, name))
        self.cost.append((one.cost, name))
        self._of_worker.setdefault(one.worker, []).append((one, name))
        return name

    def _capacity(self, number: int, own: list[tuple[Placement, int]]) -> None:
        seats = self.placements.problem.seats
        rows: dict[tuple[int, ...], int] = {}
        for free, names in self._stretches(number, own):
            # Of stretches on which the same compete, the one with least room says it all.
            rows[names] = min(free, rows.get(names, 100))
        share = {name: seats[one.seat].percent for one, name in own}
        for names, free in rows.items():
            if sum(share[name] for name in names) > free:
                self.model.linear([(share[name], name) for name in names], 0, free)

    def _stretches(self, number: int, own: list[tuple[Placement, int]]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Room in percent, and who competes for it, between days on which a placement begins or has ended."""
        worker = self.placements.problem.workers[number]
        bounds = sorted({day for one, _ in own for day in (one.first, one.last + 1)})
        for begin, end in pairwise(bounds):
            booked = [worker.booked[day] for day in range(begin, end) if worker.works[day]]
            names = tuple(name for one, name in own if one.first <= begin and one.last + 1 >= end)
            if booked and len(names) > 1:
                yield 100 - max(booked), names

    def _overload(self, number: int, own: list[tuple[Placement, int]]) -> None:
        allowed, rate = self.placements.allowances[number], self.placements.problem.rules.overload_minor_per_minute
        terms = [(one.minutes, name) for one, name in own]
        most = sum(minutes for minutes, _ in terms)
        if rate == 0 or most <= allowed:
            return
        over = self.model.integer(0, most - allowed)
        self._over[number] = over
        self.model.linear([*terms, (-1, over)], 0, allowed)
        self.cost.append((rate, over))
