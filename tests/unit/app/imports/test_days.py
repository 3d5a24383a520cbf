from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.days import NoDay, day, day_of_serial, order_of

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@given(DAYS)
def test_a_day_is_read_in_every_form_that_leaves_nothing_open(one: date) -> None:
    year, month, of_month = one.year, one.month, one.day
    forms = [
        one.isoformat(), f"{one.isoformat()} 00:00:00", f"{of_month:02}.{month:02}.{year}",
        f"{of_month}.{month}.{year}",
    ]  # fmt: skip
    if 1970 <= year < 2070:
        forms.append(f"{of_month}.{month}.{year % 100:02}")
    assert {day(form, None) for form in forms} == {one}
    assert day(f"{of_month}/{month}/{year}", "day first") == one
    assert day(f"{month}/{of_month}/{year}", "month first") == one
    assert day_of_serial(Decimal((one - date(1899, 12, 30)).days)) == one


@given(st.lists(DAYS, min_size=1))
def test_with_slashes_the_column_tells_or_nobody_does(several: list[date]) -> None:
    first = [f"{one.day}/{one.month}/{one.year}" for one in several]
    second = [f"{one.month}/{one.day}/{one.year}" for one in several]
    shown = any(one.day > 12 for one in several)
    assert order_of(first) == ("day first" if shown else None)
    assert order_of(second) == ("month first" if shown else None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("31.02.2024", "calendar"), ("2024-13-01", "calendar"), ("01/02/2024", "month first"), ("1.2.1989", "1990"),
        ("tomorrow", "no day"), ("2024", "no day"), ("1.2", "no day"), ("2024-01-01T10:00:00", "no day"),
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoDay, match=why):
        day(text, None)


def test_the_same_day_and_month_leave_nothing_open() -> None:
    assert day("03/03/2024", None) == date(2024, 3, 3)


def test_serials_outside_the_years_are_no_days() -> None:
    for number in (Decimal(12), Decimal("45000.5"), Decimal(99_999)):
        with pytest.raises(NoDay):
            day_of_serial(number)
    assert day_of_serial(Decimal(45_000)) == date(1899, 12, 30) + timedelta(45_000)
