"""Limits: how much a model may be asked, for one case and for one firm on one day. What is used up is not asked."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from agents.journal import Spent


class Unusable(Exception):
    """The model gave no answer that counts; the message says why, without quoting the answer."""


class NotAsked(Unusable):
    """No request was made, since one failed a moment ago."""


class OverBudget(Unusable):
    """What is allowed for the case or for the day is used up."""


class LedAstray(Unusable):
    """The model did what no honest reading asks for (other customers' records, functions that do not exist)."""


@dataclass(frozen=True)
class Price:
    """Of a token read and of a token written, in millionths of a currency unit: the price of a million, in units."""

    read: Decimal
    written: Decimal

    def of(self, read: int, written: int) -> int:
        """Millionths of a currency unit, rounded up."""
        return int((self.read * read + self.written * written).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True)
class Limits:
    """None is no limit. Calls, tokens, seconds and money of a case count over all its runs, of a firm over a day (UTC).

    The check comes before a call and takes what the call may use at most as used, so that only calls under way at the
    same moment can go beyond a limit together. `rounds` and `lookups` bound what one text may ask for. `retries` in
    place wait at most `wait_s` each; where the server asks for longer, the case comes back later, up to `patience`
    after its event came in, and is then read without the model.
    """

    rounds: int = 4
    lookups: int = 8
    case_calls: int | None = 40
    case_tokens: int | None = 100_000
    case_seconds: int | None = 300
    case_cost_micros: int | None = None
    day_tokens: int | None = 5_000_000
    day_cost_micros: int | None = None
    retries: int = 2
    wait_s: float = 5.0
    longest_wait: timedelta = timedelta(minutes=5)
    patience: timedelta = timedelta(minutes=15)

    def check(self, spent: Spent, tokens: int, cost_micros: int) -> None:
        """Raises OverBudget where a call of so many tokens at most, at that price, would go beyond a limit."""
        for used, limit, what in (
            (spent.case_calls + 1, self.case_calls, "calls for one case"),
            (spent.case_tokens + tokens, self.case_tokens, "tokens for one case"),
            (spent.case_latency_ms, _milli(self.case_seconds), "model's time for one case"),
            (spent.case_cost_micros + cost_micros, self.case_cost_micros, "money for one case"),
            (spent.day_tokens + tokens, self.day_tokens, "tokens of this firm for today"),
            (spent.day_cost_micros + cost_micros, self.day_cost_micros, "money of this firm for today"),
        ):
            if limit is not None and used > limit:
                raise OverBudget(f"the budget of {what} is used up")


def _milli(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000
