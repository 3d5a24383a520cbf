"""Change requests priced on generated records: as worked out in another way, refused where nothing can be stood by, and
how far forecasts of the coming month miss what it really takes.

The other way counts day by day in fractions and shares nothing with the solver but the records. Baseline of the
forecast is bookings taken as they stand.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from evals.intervals import Estimate, Indexes, bootstrap, share
from evals.prepared import Answer, Files, Prepared
from evals.pricing.by_hand import worked_out
from evals.pricing.firm import BAD, MONDAY, Given, sound
from tools.pricing.books import Unpriceable
from tools.pricing.capacity import UNITS, until
from tools.pricing.pace import pace
from tools.pricing.plan import Plan
from tools.pricing.price import price

SOUND, OF_EACH = 200, 5
SEED = 4_000
"""Of the first firm; the others follow."""


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "generated change requests")
    rows: list[tuple[int, str | None]] = [(SEED + number, None) for number in range(SOUND)]
    rows += [(SEED + number, why) for why in BAD for number in range(OF_EACH)]

    def answer(places: Sequence[int]) -> list[Answer]:
        return [_answer(*rows[place]) for place in places]

    return Prepared(
        rows, answer, figures, None, None, {"seed": SEED, "sound": SOUND, "bad": len(BAD) * OF_EACH},
        lambda _, said: bool(said["right"]), [f"{seed}-{why or 'sound'}" for seed, why in rows],
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> Mapping[str, Estimate]:
    """`same_*`: shares of sound requests with exactly the amount or day of the other way; `month_missed` is the mean
    absolute error of the coming month's minutes, as a share of them, `plain_month_missed` that of bookings alone."""
    sounds = [one for one in said if "same_cost" in one]
    found = {name: share([bool(one[name]) for one in sounds]) for name in ("same_cost", "same_days", "same_margin")}
    found["refused"] = share([bool(one["right"]) for one in said if "same_cost" not in one])
    for name in ("month_missed", "plain_month_missed"):
        found[name] = bootstrap(partial(_mean, np.array([one[name] for one in sounds])), len(sounds))
    return found


def _mean(values: Any, rows: Indexes) -> float:
    return float(values[rows].mean())


def _answer(seed: int, why: str | None) -> Answer:
    given = sound(seed)
    if why is not None:
        try:
            price(BAD[why](given).books, BAD[why](given).asked)
        except Unpriceable as refused:
            return {"right": why in str(refused), "said": str(refused)}
        return {"right": False, "said": "it was priced"}
    change = price(given.books, given.asked)
    first = next(one for one in change.courses if one.way == "first")
    books = given.books
    this_month = sum(one.minutes for one in books.time if (one.day.year, one.day.month) == (MONDAY.year, MONDAY.month))
    hand = worked_out(
        books.staff, books.contract, books.project.end_on, change.before.minutes, given.asked.minutes,
        change.pace.percent, this_month,
    )  # fmt: skip
    days = (first.done_on, first.finish_on, change.before.finish_on) == (hand.done_on, hand.finish_on, hand.before_on)
    same = {
        "same_cost": first.cost_minor == hand.cost_minor,
        "same_days": days,
        "same_margin": first.margin_minor == hand.price_minor - hand.cost_minor,
    }
    return same | {"right": all(same.values())} | _missed(given)


def _missed(given: Given) -> dict[str, float]:
    """How far the month from today on was missed, by the forecast and by bookings alone."""
    said = {}
    for name, percent in (("month_missed", pace(given.books).percent), ("plain_month_missed", 100)):
        plan = Plan(given.books, percent)
        ahead = until(plan.capacity, given.books.now, given.books.now + 27) / UNITS
        said[name] = abs(ahead - given.month) / given.month
    return said
