"""Limits: from where on something is a finding. They are data that people set; no verdict moves them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Minutes, days, hundredths of a percent (`_bp`) and percent, as the names say.

    `round_units`: an amount is round when it is a multiple of this many whole units of its currency; `chance`: how
    improbable a person's round amounts must be. `odd_price`: log units that a unit price lies from the item's others.
    `doubt_below`: findings of a kind that people were right about less often than this percentage hold nothing back.
    """

    day_minutes: int = 16 * 60
    half_day_minutes: int = 240
    rounding_minutes: int = 15
    tolerance_bp: int = 100
    unapproved_bp: int = 1_000
    draft_days: int = 30
    exchange_rate_days: int = 7
    round_units: int = 50
    chance: float = 0.001
    fewest: int = 5
    odd_price: float = 0.7
    doubt_below: int = 50
    languages: tuple[str, ...] = ("en", "de")
