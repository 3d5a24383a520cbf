"""Thresholds: from which risk score on how many people must look. Data, by tenant, unit and tool."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, model_validator

from tools.values import Value

Bound = Annotated[int, Field(ge=0, le=101)]


class Thresholds(Value):
    """Below `auto_below` an action may run alone if a rule permits it; from there one approver, from `two_from` two,
    from `deny_from` nobody. Scores end at 100, so 101 is never."""

    auto_below: Bound
    two_from: Bound
    deny_from: Bound

    @model_validator(mode="after")
    def _rise(self) -> "Thresholds":
        if not self.auto_below <= self.two_from <= self.deny_from:
            raise ValueError("auto_below ≤ two_from ≤ deny_from does not hold")
        return self


def lowest(several: Iterable[Thresholds]) -> Thresholds:
    """The strictest of each bound. Raises ValueError when there are none."""
    found = list(several)
    return Thresholds(
        auto_below=min(t.auto_below for t in found),
        two_from=min(t.two_from for t in found),
        deny_from=min(t.deny_from for t in found),
    )


class ThresholdTable(Value):
    """The default, a tenant's own in its place, and units' and tools', of which the strictest counts."""

    default: Thresholds
    tenants: dict[str, Thresholds] = {}
    units: dict[str, Thresholds] = {}
    tools: dict[str, Thresholds] = {}

    def of(self, tenant: str, unit: str, tool: str) -> Thresholds:
        """The thresholds of one action; where the unit is not known ("") those of every unit are taken together."""
        special = [self.tools[tool]] if tool in self.tools else []
        special += [self.units[unit]] if unit in self.units else ([] if unit else list(self.units.values()))
        base = self.tenants.get(tenant, self.default)
        if not special:
            return base
        # Of an unknown unit nobody can say that its own, perhaps looser, thresholds were meant: the base counts too.
        return lowest(special if unit else [base, *special])
