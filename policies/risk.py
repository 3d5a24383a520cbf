"""Risk: a sum of factors, in whole points, each with its own contribution and the reason for it."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from policies.attributes import ATTRIBUTES, DOUBTS, RECORD_FACTORS
from policies.request import PolicyRequest
from tools import wording
from tools.values import Value

Percent = Annotated[int, Field(ge=0, le=100)]

HIGHEST = 100
"""The cap of the score."""


class Doubt(Value):
    """What the model doubts of its own work. It only ever adds points.

    low_confidence: 100 minus the assessment's confidence. novelty: distance from every precedent.
    ungrounded: phrases of the proposal that no fact supports.
    """

    low_confidence: Percent = 0
    novelty: Percent = 0
    ungrounded: Annotated[int, Field(ge=0, le=10_000)] = 0


class Factor(Value):
    """One contribution: the attribute, its value, the points it gives, and why in words."""

    name: str
    value: int | str
    points: int
    why: str


class RiskScore(Value):
    """0 to 100. `total` is the sum of the factors' points; `capped` says that the score stopped at 100 before it.

    Only factors that give points are listed, the largest first.
    """

    score: Annotated[int, Field(ge=0, le=HIGHEST)]
    total: Annotated[int, Field(ge=0)]
    capped: bool
    factors: list[Factor]
    doubt: Doubt


@dataclass(frozen=True)
class Steps:
    """Points by value: from `bounds[i]` on `points[i]`. Both rise: more of a factor never gives fewer points."""

    bounds: tuple[int, ...]
    points: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.bounds) != len(self.points):
            raise ValueError("each bound needs its points")
        if any(b <= a for a, b in zip(self.bounds, self.bounds[1:], strict=False)):
            raise ValueError("bounds must rise")
        if any(b < a for a, b in zip((0, *self.points), self.points, strict=False)):
            raise ValueError("points must not be negative and must not fall")

    def at(self, value: int) -> int:
        index = bisect_right(self.bounds, value)
        return self.points[index - 1] if index else 0


Weights = Mapping[str, Steps]
"""Factor → its steps. Of a factor with levels the value is the level's place in the order."""


def score(request: PolicyRequest, doubt: Doubt, weights: Weights) -> RiskScore:
    """The risk of one request. Whole-number arithmetic; raising any factor never lowers the score.

    Raises KeyError when `weights` leaves a factor out, AttributeError or ValueError when the request does.
    """
    factors: list[Factor] = []
    total = 0
    for name in RECORD_FACTORS:
        value = getattr(request, name)
        levels = ATTRIBUTES[name].levels
        if points := weights[name].at(levels.index(value) if levels else value):
            total += points
            factors.append(_factor(name, value, points, request.base_currency))
    for name in DOUBTS:
        value = getattr(doubt, name)
        if points := weights[name].at(value):
            total += points
            factors.append(_factor(name, value, points, ""))
    factors.sort(key=lambda factor: -factor.points)
    return RiskScore(score=min(total, HIGHEST), total=total, capped=total > HIGHEST, factors=factors, doubt=doubt)


def _factor(name: str, value: int | str, points: int, currency: str) -> Factor:
    return Factor(name=name, value=value, points=points, why=_why(name, value, currency))


def _why(name: str, value: int | str, currency: str) -> str:
    words, said = ATTRIBUTES[name].words, ATTRIBUTES[name].said
    if isinstance(value, int) and value < len(said):
        return said[value]
    if isinstance(value, str):
        return f"{words}: {value.replace('_', ' ')}"
    if name.endswith("_minor"):
        return f"{words}: {wording.money(value, currency)}"
    if name.endswith("_bp"):
        return f"{words}: {value // 100}.{value % 100:02d} %"
    return f"{words}: {value}"
