from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views import words
from app.views.words import called, day, label, lasted, left, money, share, visible, when


@pytest.mark.parametrize(
    ("minor", "said"),
    [(0, "EUR 0.00"), (5, "EUR 0.05"), (-5, "EUR -0.05"), (1_240_000, "EUR 12,400.00"), (-100, "EUR -1.00")],
)
def test_money(minor: int, said: str) -> None:
    assert money(minor, "EUR") == said


def test_money_of_a_currency_without_decimals() -> None:
    assert money(12_400, "JPY") == "JPY 12,400"


@given(st.integers(-(10**13), 10**13))
def test_money_says_every_unit(minor: int) -> None:
    said = money(minor, None)
    assert int(said.replace(",", "").replace(".", "")) == minor or said == "-0.00"


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\x00", "\x1b", "\u061c"])
def test_what_hides_or_reorders_is_shown(hidden: str) -> None:
    assert visible(f"a{hidden}b") == f"a⟦U+{ord(hidden):04X}⟧b"


@given(st.text())
def test_nothing_shown_reorders_or_controls(text: str) -> None:
    shown = visible(text)
    assert not any(ord(each) in words._HIDDEN or (ord(each) < 32 and each not in "\n\t") for each in shown)
    if shown == text:
        assert visible(shown) == shown


def test_times_are_of_the_zone() -> None:
    assert when("2026-03-29T00:59:00.000Z", "Europe/Berlin") == "29 Mar 2026, 01:59"
    assert when("2026-03-29T01:00:00.000Z", "Europe/Berlin") == "29 Mar 2026, 03:00"
    assert when(None, "UTC") == ""


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-02T08:59:00Z", "over"), ("2026-03-02T09:30:00Z", "30 min"), ("2026-03-02T12:20:00Z", "3 h 20 min"),
        ("2026-03-05T09:00:00Z", "3 days"), (None, ""),
    ],
)  # fmt: skip
def test_how_long_is_left(moment: str | None, said: str) -> None:
    assert left(moment, datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("amount_minor", "Amount"), ("invoice_id", "Invoice"), ("end_on", "End"), ("percent", "Share of the week"),
        ("remaining_minutes", "Effort remaining"), ("hourly_rate_minor", "Hourly rate"), ("title", "Title"),
    ],
)  # fmt: skip
def test_arguments_are_called_as_people_call_them(name: str, said: str) -> None:
    assert label(name) == said
    assert called(name) == said[0].lower() + said[1:]


def test_a_day_is_written_out() -> None:
    assert day("2026-12-07") == "7 Dec 2026"
    assert day("soon") == "soon"


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "–"), (40, "40 s"), (90, "1 min"), (12_000, "3 h 20 min"), (300_000, "3 days")]
)
def test_durations(seconds: int | None, said: str) -> None:
    assert lasted(seconds) == said


def test_shares() -> None:
    assert share(1250) == "12.5 %"
    assert share(None) == "–"
