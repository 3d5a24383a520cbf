"""Answer: what the solver said of a model, and how far it got."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Status = Literal["optimal", "feasible", "infeasible", "unknown", "invalid"]
Ended = Literal["done", "limit", "cancelled", "crashed"]


@dataclass(frozen=True)
class Limits:
    """`seconds` of wall time, counted from the start of the solve. `work` is CP-SAT's deterministic time: with it the
    answer is the same on every run, unless the seconds run out first. `memory_mb` bounds the process. `more`:
    further parameters in the text form of CP-SAT's `SatParameters`."""

    seconds: float
    workers: int = 2
    seed: int = 7
    work: float | None = None
    memory_mb: int = 4096
    more: str = ""


@dataclass(frozen=True)
class Answer:
    """`values` of the variables that are not 0, in the best solution found; none without one.

    `optimal`: proven, `bound` equals `objective`. `feasible`: a solution, `bound` is what no solution can be below.
    `core` are assumed literals that cannot hold together. `ended` says why the solver stopped; a process that crashed
    or was cancelled leaves what it had found until then.
    """

    status: Status
    values: Mapping[int, int]
    objective: int | None
    bound: int | None
    core: tuple[int, ...]
    seconds: float
    first_seconds: float | None
    ended: Ended
    why: str | None = None

    @property
    def found(self) -> bool:
        return self.status in ("optimal", "feasible")

    def value(self, variable: int) -> int:
        return self.values.get(variable, 0)
