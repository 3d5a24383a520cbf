"""Limits: what counts as a sign of poor health and how much, and when another unit is worth offering, as data."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, model_validator

from tools.values import Value

SignKind = Literal[
    "late_forecast", "fast_spending", "overdue_milestone", "urgent_ticket", "held_invoice", "unpaid_invoice",
    "write_off",
]  # fmt: skip
Grade = Literal["good", "fair", "poor", "unknown"]
Points = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=3650)]


class Weight(Value):
    """Points that each sign of a kind takes off, and all of the kind at most."""

    each: Points
    most: Points


class CrossSellLimits(Value):
    least_buyers: Annotated[int, Field(ge=1)]
    least_percent: Annotated[int, Field(ge=1, le=100)]


class Limits(Value):
    signs: dict[SignKind, Weight]
    unpaid_days: Days
    write_off_percent: Points
    good_from: Points
    fair_from: Points
    notice_days: dict[Grade, Days]
    cross_sell: CrossSellLimits

    @model_validator(mode="after")
    def _in_order(self) -> "Limits":
        if self.fair_from > self.good_from:
            raise ValueError("fair_from lies above good_from")
        return self


@cache
def standard_limits() -> Limits:
    """Those that come with the product, `limits.yaml`."""
    return Limits.model_validate(yaml.safe_load((Path(__file__).parent / "limits.yaml").read_text("utf-8")))
