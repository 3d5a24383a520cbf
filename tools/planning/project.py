"""Project: activities with durations, precedence and the skills they need at once (multi-skill project scheduling).

The problem is that of Bellenguez and Néron, "Lower bounds for the multi-skill project scheduling problem with
hierarchical levels of skills" (2004), without levels: each person on an activity does one of its skills from its start
to its end, and is on one activity at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Activity:
    """`duration` in time units, 0 of a milestone. `needs`: skill → how many people do it."""

    duration: int
    needs: Mapping[str, int]


@dataclass(frozen=True)
class Claim:
    """On those who have one of some `skills`, of whom so many are `there`: what activities, by place, ask for of them.
    What runs at once has people enough exactly where it keeps to every claim (Hall 1935)."""

    skills: frozenset[str]
    there: int
    asked: Mapping[int, int]


@dataclass(frozen=True)
class Project:
    """`before`: pairs of places in `activities`, the first ends before the second starts. `people`: the skills of each.

    Raises ValueError, naming what is wrong, for a negative number, a place that is none and a circle.
    """

    activities: Sequence[Activity]
    before: Sequence[tuple[int, int]]
    people: Sequence[frozenset[str]]

    def __post_init__(self) -> None:
        for place, one in enumerate(self.activities):
            if one.duration < 0:
                raise ValueError(f"activity {place}: duration {one.duration} is negative")
            for skill, count in one.needs.items():
                if count < 0:
                    raise ValueError(f"activity {place}: {count} people for {skill}")
        for first, second in self.before:
            if not (0 <= first < len(self.activities) and 0 <= second < len(self.activities)):
                raise ValueError(f"there is no activity {max(first, second)}")
        self.order()

    def order(self) -> list[int]:
        """The activities, none before one that it waits for. Raises ValueError naming the activities of a circle."""
        waiting = [0] * len(self.activities)
        after: list[list[int]] = [[] for _ in self.activities]
        for first, second in self.before:
            waiting[second] += 1
            after[first].append(second)
        ready = [place for place, count in enumerate(waiting) if count == 0]
        done: list[int] = []
        while ready:
            place = ready.pop()
            done.append(place)
            for each in after[place]:
                waiting[each] -= 1
                if waiting[each] == 0:
                    ready.append(each)
        if len(done) < len(self.activities):
            circle = sorted(set(range(len(self.activities))) - set(done))
            raise ValueError(f"activities {', '.join(map(str, circle))} wait for each other")
        return done

    def claims(self) -> Iterator[Claim]:
        """Of all sets of the skills that are needed; of more than eight skills only of one or two, which bind most."""
        used = sorted({skill for one in self.activities for skill, count in one.needs.items() if count})
        for size in range(1, (len(used) if len(used) <= 8 else 2) + 1):
            for skills in map(frozenset, combinations(used, size)):
                asked = {
                    place: count for place, one in enumerate(self.activities)
                    if (count := sum(one.needs.get(skill, 0) for skill in skills))
                }  # fmt: skip
                yield Claim(skills, sum(not skills.isdisjoint(each) for each in self.people), asked)

    def in_turn(self) -> set[tuple[int, int]]:
        """Pairs of activities that take time, of which one waits for the other, directly or not; lower place first."""
        before: list[set[int]] = [set() for _ in self.activities]
        for place in self.order():
            for first, second in self.before:
                if second == place:
                    before[place] |= before[first] | {first}
        return {
            (min(one, place), max(one, place)) for place, some in enumerate(before) for one in some
            if self.activities[one].duration and self.activities[place].duration
        }  # fmt: skip

    def longest_ways(self) -> list[tuple[int, int]]:
        """Of each activity the longest way before it, and from its start to the end of everything."""
        order, activities = self.order(), self.activities
        head, tail = [0] * len(activities), [one.duration for one in activities]
        after: list[list[int]] = [[] for _ in activities]
        for first, second in self.before:
            after[first].append(second)
        for place in order:
            for each in after[place]:
                head[each] = max(head[each], head[place] + activities[place].duration)
        for place in reversed(order):
            tail[place] += max((tail[each] for each in after[place]), default=0)
        return list(zip(head, tail, strict=True))


@dataclass(frozen=True)
class Schedule:
    """`starts` of each activity; `teams`: of each, person → the skill they do. No schedule ends before `bound`."""

    starts: Sequence[int]
    teams: Sequence[Mapping[int, str]]
    makespan: int
    bound: int
    seconds: float

    @property
    def proven(self) -> bool:
        return self.bound >= self.makespan


def broken(project: Project, schedule: Schedule) -> list[str]:
    """What the schedule does that it must not, found from the project alone; nothing of a valid one."""
    wrong = []
    activities, starts = project.activities, schedule.starts
    ends = [start + one.duration for start, one in zip(starts, activities, strict=True)]
    if any(start < 0 for start in starts):
        wrong.append("an activity starts before time 0")
    wrong += [
        f"activity {second} starts at {starts[second]}, before {first} has ended at {ends[first]}"
        for first, second in project.before if starts[second] < ends[first]
    ]  # fmt: skip
    for place, team in enumerate(schedule.teams):
        for skill, count in activities[place].needs.items():
            done = sum(does == skill for does in team.values())
            if done != count:
                wrong.append(f"activity {place}: {done} people do {skill}, {count} are needed")
        wrong += [
            f"activity {place}: person {person} does {skill}, which they cannot or need not"
            for person, skill in team.items()
            if skill not in project.people[person] or skill not in activities[place].needs
        ]
    for one, team in enumerate(schedule.teams):
        for other in range(one):
            if starts[one] < ends[other] and starts[other] < ends[one]:
                twice = team.keys() & schedule.teams[other].keys()
                wrong += [f"person {person} is on activities {other} and {one} at once" for person in sorted(twice)]
    if schedule.makespan != max(ends, default=0):
        wrong.append(f"the makespan is {max(ends, default=0)}, not {schedule.makespan}")
    return wrong
