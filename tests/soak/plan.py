"""The plan: how many kills of each sort are still wanted, and at which points the next process dies."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

from app.workflow.faults import POINTS

RANDOM = "(at a random moment)"
# What this traffic does not lead to; tests elsewhere do.
NOT_PROVOKED = {
    "triage.model_called": "needs a model's server", "triage.gave_up": "after 5 failing attempts",
    "execute.gave_up": "after 5 failing attempts", "reconcile.gave_up": "after 8 failing attempts",
    "ingest.doubted": "nothing is looked through unless somebody asks",
    "sweep.overdue": "reviews wait for hours", "sweep.rules": "a broken rule file stops the next start",
    "learn.cleared": "no command rebuilds the memory", "learn.rewound": "no command rebuilds the memory",
}  # fmt: skip
BY_COMMAND = ("erase.forgotten", "erase.erased", "erase.scrubbed")
"""Points that `countersign erase` passes, not the service."""
_SERVED = tuple(point for point in POINTS if point not in NOT_PROVOKED and point not in BY_COMMAND)
_AT_ONCE = 8


@dataclass
class Plan:
    """How many kills of each sort are still wanted, and which points come next: those with the fewest hits."""

    random_left: int
    points_left: int
    rng: random.Random
    hits: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def over(self) -> bool:
        with self._lock:
            return self.random_left <= 0 and self.points_left <= 0

    def next(self) -> tuple[bool, tuple[str, ...]]:
        """Whether the next life ends at a random moment, and else at which points."""
        with self._lock:
            at_random = self.points_left <= 0 or (
                self.random_left > 0 and self.rng.random() < self.random_left / (self.random_left + self.points_left)
            )
            if at_random:
                return True, ()
            # Those with the fewest hits, at some passing or other: always at the first, the oldest item of work would
            # be in the middle of it each time, and be given up as what the process dies of.
            fewest = sorted(_SERVED, key=lambda point: (self.hits[point], self.rng.random()))[:_AT_ONCE]
            return False, tuple(f"{point}@{self.rng.randint(1, 20 if self.hits[point] else 4)}" for point in fewest)

    def end(self) -> None:
        """No more kills are wanted."""
        with self._lock:
            self.random_left = self.points_left = 0

    def hit(self, point: str) -> None:
        with self._lock:
            self.hits[point] += 1
            if point == RANDOM:
                self.random_left -= 1
            else:
                self.points_left -= 1
