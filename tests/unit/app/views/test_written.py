import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.written import amount_in, amount_of, hours_in, hours_of


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1200", "EUR", 120_000), ("1,200.00", "EUR", 120_000), ("1 200.5", "EUR", 120_050), ("-3.10", "EUR", -310),
        ("12'000", "CHF", 1_200_000), ("1200", "JPY", 1200), ("1.250", "KWD", 1250), ("0", "EUR", 0),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_type_them(text: str, currency: str, minor: int) -> None:
    assert amount_of(text, currency) == minor


@pytest.mark.parametrize("text", ["", "plenty", "1,20.00", "1.200,00", "1e3", "12.005", "∞", "1" * 40, "--1", "0x10"])
def test_what_could_be_two_amounts_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be an amount like 1200\.00|has more than 2 decimals"):
        amount_of(text, "EUR")


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_that_is_not_touched_stays(minor: int, currency: str) -> None:
    assert amount_of(amount_in(minor, currency), currency) == minor


@given(st.integers(0, 60_000_000))
def test_hours_that_are_not_touched_stay(minutes: int) -> None:
    assert hours_of(hours_in(minutes)) == minutes


def test_hours_are_said_how() -> None:
    with pytest.raises(ValueError, match=r"must be hours like 7\.5"):
        hours_of("half a day")
