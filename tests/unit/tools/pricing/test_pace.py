from datetime import timedelta

from tests.unit.tools.pricing.small_change import ASKED, MONDAY, booking, books, entry, staff
from tools.pricing.books import ChangeBooks
from tools.pricing.pace import PLAIN, RECENT, pace
from tools.pricing.price import price

BOOKED = 288


def worked(*shares: int) -> ChangeBooks:
    """Ann worked these percents of her booked 288 min a day in the weeks up to last Friday, the last one last."""
    first = MONDAY - timedelta(weeks=len(shares))
    time = [
        entry(5 * week + number, first + timedelta(days=7 * week + number), BOOKED * percent // 100)
        for week, percent in enumerate(shares) for number in range(5)
    ]  # fmt: skip
    return books(time=time, staff=staff(assignments=[booking("asg", "ann")]))


def test_without_time_on_record_bookings_stand_and_no_error_is_claimed() -> None:
    found = pace(books())
    assert (found.method, found.percent, found.error_bp, found.tests) == (PLAIN, 100, None, 0)
    change = price(books(), ASKED)
    assert (change.early_on, change.late_on) == (None, None)


def test_who_works_as_booked_is_forecast_as_booked() -> None:
    found = pace(worked(*[100] * 8))
    assert (found.method, found.percent, found.error_bp, found.tests) == (PLAIN, 100, 0, 3)


def test_a_steady_share_is_found_and_its_error_is_that_of_months_it_had_not_seen() -> None:
    """At 75 % of what is booked, bookings miss by a third (1 / 0.75 − 1), the share of the last weeks by nothing."""
    found = pace(worked(*[75] * 8))
    assert (found.method, found.percent, found.tests) == (RECENT, 75, 3)
    assert (found.error_bp, found.plain_error_bp) == (0, 3_333)


def test_a_pace_that_changed_is_a_larger_error_and_widens_the_finish() -> None:
    """100 % in four weeks and 50 % in four. Months are forecast from weeks 2, 3 and 4 on, each with all before seen.

    month 2–5: booked 4 × 1,440, worked 2 × 1,440 + 2 × 720 = 4,320; said 5,760 from the weeks before: off by 33.33 %.
    month 3–6: worked 1,440 + 3 × 720 = 3,600; off by 60 %. month 4–7: worked 2,880; off by 100 %.
    Both ways saw only full weeks, so they miss alike, and bookings stand.
    """
    found = pace(worked(*[100] * 4, *[50] * 4))
    assert (found.method, found.tests) == (PLAIN, 3)
    assert found.error_bp == (3_333 + 6_000 + 10_000) // 3
    change = price(worked(*[100] * 4, *[50] * 4), ASKED)
    assert change.early_on is not None
    assert change.late_on is not None
    assert change.early_on < change.proposed.finish_on < change.late_on


def test_the_pace_moves_the_finish() -> None:
    """At 75 % a day of 288 min is one of 216: 30,000 / 216 = 138.9, so 139 working days, to Thursday 10 September."""
    change = price(worked(*[75] * 8), ASKED)
    assert change.before.finish_on.isoformat() == "2026-09-10"
