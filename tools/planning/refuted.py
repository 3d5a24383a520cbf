"""Refuted: times that are too short for a project even if everybody could be called away and back at any moment.

For a makespan each activity has a window, from the longest way before it to the longest way after it. Between two ends
of windows those run that may: sets of activities with people enough for all, for some length each. Where no lengths do
all that is to be done, the makespan is refuted (Mingozzi et al. 1998; with windows, Brucker and Knust 2000). HiGHS
finds the prices of an activity's time in floating point; they are rounded, and the proof is worked out from them in
whole numbers, so that no rounding of the library can refute what is possible.
"""

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from tools.planning.project import Claim, Project

_SETS = 2_000
"""Sets that may run at once; of a project with more nothing is refuted, as its programmes would take too long."""

_COLUMNS = 100_000
_SCALE = 1_000

Ints = NDArray[np.int64]


def refuted_below(project: Project, low: int, high: int | None = None, *, seconds: float = 1.0) -> int:
    """The first makespan from `low` on that is not refuted, at most `high`: no schedule is shorter, if none is
    shorter than `low`. Just `low` where there are too many sets, and less than could be where the seconds are over."""
    begun = time.monotonic()
    sets = _sets(project)
    if not sets:
        return low
    member = np.zeros((len(sets), len(project.activities)), dtype=np.int64)
    for row, places in enumerate(sets):
        member[row, places] = 1
    # Most often the makespan that was found is the shortest, and this is all there is to prove.
    if high is not None and low < high and seconds and _refuted(project, member, high - 1):
        return high
    while (high is None or low < high) and time.monotonic() - begun < seconds and _refuted(project, member, low):
        low += 1
    return low


def _sets(project: Project) -> list[list[int]] | None:
    """All sets of activities that take time and may run at once; None where they are more than `_SETS`."""
    apart, claims = project.in_turn(), list(project.claims())
    lasting = [place for place, one in enumerate(project.activities) if one.duration]
    found: list[list[int]] = []
    open_: list[list[int]] = [[]]
    while open_:
        some = open_.pop()
        for place in lasting:
            if (some and place <= some[-1]) or any((one, place) in apart for one in some):
                continue
            larger = [*some, place]
            if all(_enough(claim, larger) for claim in claims):
                found.append(larger)
                open_.append(larger)
        if len(found) > _SETS:
            return None
    return found


def _enough(claim: Claim, places: Sequence[int]) -> bool:
    return sum(claim.asked.get(place, 0) for place in places) <= claim.there


def _refuted(project: Project, member: Ints, makespan: int) -> bool:
    durations = np.array([one.duration for one in project.activities], dtype=np.int64)
    begin = np.array([head for head, _ in project.longest_ways()], dtype=np.int64)
    end = np.array([makespan - rest for _, rest in project.longest_ways()], dtype=np.int64) + durations
    if (end - begin < durations).any():
        return True
    ends = sorted({*begin.tolist(), *end.tolist()})
    lengths: Ints = np.array([last - first for first, last in pairwise(ends)], dtype=np.int64)
    closed = np.array([(begin > first) | (end < last) for first, last in pairwise(ends)])
    may = (member @ closed.T) == 0  # whether a set may run in a stretch
    if may.sum() > _COLUMNS:
        return False
    prices = _prices(durations, lengths, member, may)
    # Weak duality: a set earns its activities' prices while it runs; no stretch earns more than its best set all along.
    worth = np.where(may, (member @ prices)[:, None], 0).max(axis=0, initial=0)
    return bool(prices @ durations > worth @ lengths)


def _prices(durations: Ints, lengths: Ints, member: Ints, may: NDArray[np.bool_]) -> Ints:
    """What a unit of each activity's time is worth, at most 1, times the scale, where as much as can be is done."""
    sets, stretches = np.nonzero(may)
    runs, activities = len(sets), len(durations)
    in_stretch = csr_array((np.ones(runs), (stretches, np.arange(runs))), shape=(len(lengths), runs))
    done = hstack([-csr_array(member[sets].T), -eye_array(activities)])
    left_undone = np.concatenate([np.zeros(runs), np.ones(activities)])
    solved = linprog(
        left_undone, A_ub=vstack([hstack([in_stretch, csr_array((len(lengths), activities))]), done]),
        b_ub=np.concatenate([lengths, -durations]), method="highs",
    )  # fmt: skip
    if solved.status != 0:
        return np.zeros(activities, dtype=np.int64)
    prices: Ints = np.rint(np.maximum(-solved.ineqlin.marginals[len(lengths) :], 0) * _SCALE).astype(np.int64)
    return prices
