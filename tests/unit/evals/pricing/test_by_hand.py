from datetime import date

import pytest

from evals.pricing.by_hand import worked_out
from evals.pricing.firm import BAD, sound
from tests.unit.tools.pricing.small_change import booking, contract, day, staff
from tools.pricing.books import Unpriceable
from tools.pricing.price import price


def test_the_other_way_comes_to_what_was_worked_out_on_paper() -> None:
    """The example of tests/unit/tools/pricing/test_price.py."""
    books = staff(assignments=[booking("asg-1", "ann")])
    hand = worked_out(books, contract(), day(200), 30_000, 960, 100, 0)
    assert (hand.done_on, hand.finish_on, hand.before_on) == (date(2026, 3, 5), date(2026, 7, 29), date(2026, 7, 24))
    assert (hand.cost_minor, hand.price_minor) == (80_000, 192_000)


@pytest.mark.parametrize("why", BAD)
def test_only_what_was_done_to_the_books_is_refused(why: str) -> None:
    given = sound(1)
    assert price(given.books, given.asked).minutes == given.asked.minutes
    with pytest.raises(Unpriceable, match=why):
        price(BAD[why](given).books, BAD[why](given).asked)
