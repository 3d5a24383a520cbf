"""Schedule: the shortest time in which a project can be done by its people.

It is solved in two steps. The first leaves out who does what, and keeps what follows from it for the times: for every
set of skills, those who have one of them bound what may run at once (Hall 1935), and of activities no two of which may,
one follows the other. Its optimum bounds the makespan and is most often reached; where the solver does not prove it at
once, the linear programmes of `tools.planning.refuted` raise the bound before it goes on. The second looks for teams:
first for the times found, then for any times that are no earlier, where two activities may share somebody only if one
follows the other.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import combinations

from tools.cpsat.answer import Answer, Limits
from tools.cpsat.model import Model
from tools.cpsat.session import Session
from tools.planning.project import Project, Schedule
from tools.planning.refuted import refuted_below

STANDARD = Limits(
    seconds=10, more='subsolvers:["objective_lb_search","no_lp"] use_strong_propagation_in_disjunctive:true'
)
"""What is hard here is the proof: one worker raises the bound, the other looks for schedules."""

_QUICK = 0.2
"""Of the time, for the first step before its bound is raised by other means."""

_REFUTE = 0.1
"""Of the time, for that."""

_FIRST = 0.7
"""Of the time, for the first step at most."""

_FIXED = 0.15
"""Of the time, for finding teams for the times of the first step."""

_CLIQUES = 200


class Unschedulable(Exception):
    """The project cannot be done by these people at all; the message says which activity needs whom."""


def schedule(project: Project, limits: Limits = STANDARD, session: Session | None = None) -> Schedule | None:
    """The best schedule found in the limits with a bound below all; None where none was found in time.

    Raises Unschedulable.
    """
    begun = time.monotonic()
    _require_people(project)
    with ExitStack() as stack:
        solver = session or stack.enter_context(Session())
        loose = _loose(project, limits, solver)
        for times, bound in _attempts(project, loose):
            teams = Teams(times, project)
            left = limits.seconds - (time.monotonic() - begun)
            # Whether fixed times have teams is mostly known at once, or hard to refute.
            left = left if times.free else min(left, limits.seconds * _FIXED)
            # Here the bound is nearly always known, and what is wanted is a solution: the solver's own mixture.
            answer = solver.solve(times.model, replace(limits, seconds=max(0.1, left), more=""))
            if answer.found and answer.objective is not None:
                starts = [answer.value(name) for name in times.starts]
                below = min(answer.objective, max(bound, answer.bound or 0) if times.free else bound)
                seconds = time.monotonic() - begun
                return Schedule(starts, teams.read(answer), answer.objective, below, seconds)
    return None


def _loose(project: Project, limits: Limits, solver: Session) -> Answer:
    """The times alone: as short as they are found, with a bound below every makespan."""
    quick = solver.solve(Times(project).model, replace(limits, seconds=limits.seconds * _QUICK))
    if quick.status == "optimal" or quick.ended != "limit":
        return quick
    bound = refuted_below(project, quick.bound or 0, quick.objective, seconds=limits.seconds * _REFUTE)
    if quick.objective is not None and bound >= quick.objective:
        return replace(quick, status="optimal", bound=quick.objective)
    times = Times(project)
    times.at_least(bound)
    times.hint(quick)
    longer = solver.solve(times.model, replace(limits, seconds=limits.seconds * (_FIRST - _QUICK)))
    return longer if longer.found else replace(quick, bound=max(bound, longer.bound or 0))


def _attempts(project: Project, loose: Answer) -> Iterator[tuple["Times", int]]:
    """Models of the times to look for teams in, with a bound below every makespan: first those that the first step
    found, where only the teams are open; then any, from there."""
    bound = max(loose.bound or 0, 0)
    if loose.found:
        fixed = Times(project)
        fixed.fix([loose.value(name) for name in fixed.starts])
        yield fixed, bound
    whole = Times(project)
    whole.at_least(bound)
    whole.hint(loose)
    yield whole, bound


def _require_people(project: Project) -> None:
    for one in project.claims():
        for place, asked in one.asked.items():
            if asked > one.there:
                skills = " or ".join(sorted(one.skills))
                raise Unschedulable(
                    f"activity {place} needs {asked} people with {skills} at once; there are {one.there}"
                )


class Times:
    """A model of the activities' `starts`, without who does what. The objective is the end of the last.

    `free`: whether its bound is one of the project, and not of fixed starts.
    """

    def __init__(self, project: Project) -> None:
        self.free = True
        self.in_turn = project.in_turn()
        self.model = model = Model()
        activities = project.activities
        self._durations = [one.duration for one in activities]
        horizon = sum(one.duration for one in activities)
        ways = project.longest_ways()
        self.starts = [model.integer(head, horizon - rest) for head, rest in ways]
        self._end = model.integer(max((head + rest for head, rest in ways), default=0), horizon)
        for start, (_, rest) in zip(self.starts, ways, strict=True):
            model.linear([(1, self._end), (-1, start)], rest)
        for first, second in project.before:
            model.linear([(1, self.starts[second]), (-1, self.starts[first])], activities[first].duration)
        self.intervals = [
            model.interval(start, one.duration) for start, one in zip(self.starts, activities, strict=True)
        ]
        self._together(project)
        model.minimize([(1, self._end)])

    def at_least(self, bound: int) -> None:
        self.model.linear([(1, self._end)], bound)

    def hint(self, answer: Answer) -> None:
        """Looks first near the times of that answer, if it has any."""
        for name in self.starts if answer.found else ():
            self.model.hint(name, answer.value(name))

    def fix(self, starts: Sequence[int]) -> None:
        self.free = False
        for name, start in zip(self.starts, starts, strict=True):
            self.model.linear([(1, name)], start, start)

    def turns(self, one: int, two: int) -> tuple[int, int]:
        """Literals of which the first holds only if `one` ends before `two` starts, the second only in turn."""
        first, second = self.model.boolean(), self.model.boolean()
        for literal, before, after in ((first, one, two), (second, two, one)):
            ends = [(1, self.starts[after]), (-1, self.starts[before])]
            self.model.linear(ends, self._durations[before], only_if=[literal])
        return first, second

    def _together(self, project: Project) -> None:
        apart = set(self.in_turn)
        for one in project.claims():
            asked = {place: count for place, count in one.asked.items() if project.activities[place].duration}
            apart |= {pair for pair in combinations(asked, 2) if asked[pair[0]] + asked[pair[1]] > one.there}
            demands = [(self.model.integer(count, count), self.intervals[place]) for place, count in asked.items()]
            if demands:
                self.model.cumulative(demands, one.there)
        for clique in cliques(apart):
            self.model.no_overlap([self.intervals[place] for place in sorted(clique)])


class Teams:
    """Adds to a model of times who does what in each activity."""

    def __init__(self, times: Times, project: Project) -> None:
        self._model, self._count = times.model, len(project.activities)
        self._does: dict[tuple[int, int, str], int] = {}
        self._on: list[dict[int, int]] = [self._team(project, place) for place in range(self._count)]
        for one, two in combinations(range(self._count), 2):
            both = self._on[one].keys() & self._on[two].keys()
            lasting = project.activities[one].duration and project.activities[two].duration
            if both and lasting and (one, two) not in times.in_turn:
                turns = times.turns(one, two)
                for person in sorted(both):
                    self._model.at_least_one([~self._on[one][person], ~self._on[two][person], *turns])

    def read(self, answer: Answer) -> list[dict[int, str]]:
        teams: list[dict[int, str]] = [{} for _ in range(self._count)]
        for (place, person, skill), name in self._does.items():
            if answer.value(name):
                teams[place][person] = skill
        return teams

    def _team(self, project: Project, place: int) -> dict[int, int]:
        """Person → the literal of being on the activity, with one skill of it."""
        model = self._model
        can: dict[int, list[int]] = {}
        for skill, count in project.activities[place].needs.items():
            able = [person for person, skills in enumerate(project.people) if skill in skills]
            for person in able if count else ():
                self._does[place, person, skill] = name = model.boolean()
                can.setdefault(person, []).append(name)
            model.linear([(1, self._does[place, person, skill]) for person in able if count], count, count)
        return {person: self._any(names) for person, names in can.items()}

    def _any(self, names: Sequence[int]) -> int:
        """A literal that holds if one of `names` does, of which no two may."""
        if len(names) == 1:
            return names[0]
        either = self._model.boolean()
        self._model.linear([*((1, name) for name in names), (-1, either)], 0, 0)
        return either


def cliques(pairs: Collection[tuple[int, int]]) -> list[frozenset[int]]:
    """The largest sets, none inside another, of which every two are a pair, at most `_CLIQUES` (Bron and Kerbosch 1973
    with Tomita's pivot)."""
    near: dict[int, set[int]] = {}
    for one, two in pairs:
        near.setdefault(one, set()).add(two)
        near.setdefault(two, set()).add(one)
    found: list[frozenset[int]] = []

    def extend(inside: frozenset[int], open_: set[int], closed: set[int]) -> None:
        if not open_ and not closed:
            found.append(inside)
        if not open_ or len(found) >= _CLIQUES:
            return
        pivot = max(open_ | closed, key=lambda one: (len(near[one] & open_), -one))
        for one in sorted(open_ - near[pivot]):
            extend(inside | {one}, open_ & near[one], closed & near[one])
            open_ = open_ - {one}
            closed = closed | {one}

    if near:
        extend(frozenset(), set(near), set())
    return found
