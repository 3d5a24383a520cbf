"""Rules: what the firm holds for good staffing, as numbers. A plan's cost is made of nothing else and of rates."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from tools.values import Value

Whole = Annotated[int, Field(ge=0, le=10**9)]
Share = Annotated[int, Field(ge=0, le=100)]


class Rules(Value):
    """Amounts are minor units of the plan's currency, shares percent.

    max_away_percent: of a booking's working days that may fall on leave.
    unfilled_percent: of its billable value, what an unfilled seat of priority 1 to 5 costs; minutes that a booking
    leaves undone cost as much.
    level_minor_per_hour: an hour of somebody a level above what is asked. newcomer_minor: somebody who was never booked
    on the project; half of it, who knows the customer. handover_minor: that somebody takes over.
    unliked_minor_per_day, neutral_minor_per_day: a day on what somebody would rather not, or does not care to, do.
    full_percent: of their working time, booked above which people are overloaded.
    overload_minor_per_minute: a minute above that.
    customer_from, customer_to: the customers' working hours in minutes after midnight, of their time zone.
    """

    max_away_percent: Share
    unfilled_percent: Annotated[list[Whole], Field(min_length=5, max_length=5)]
    level_minor_per_hour: Whole
    newcomer_minor: Whole
    handover_minor: Whole
    unliked_minor_per_day: Whole
    neutral_minor_per_day: Whole
    full_percent: Share
    overload_minor_per_minute: Whole
    customer_from: Annotated[int, Field(ge=0, le=1440)]
    customer_to: Annotated[int, Field(ge=0, le=1440)]


@cache
def standard_rules() -> Rules:
    """Those that come with the product, `rules.yaml`."""
    return Rules.model_validate(yaml.safe_load((Path(__file__).parent / "rules.yaml").read_text(encoding="utf-8")))
