"""What a text says, read out of it: kinds, values and places."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.written import Written, in_figures, written


def only(text: str, kind: str) -> Written:
    (found,) = [piece for piece in written(text) if piece.kind == kind]
    return found


@pytest.mark.parametrize(
    ("text", "amounts", "currency"),
    [
        ("EUR 5,000.00", {500_000}, "EUR"), ("5.000 EUR", {500_000, 500}, "EUR"), ("€7.5k", {750_000}, "EUR"),
        ("1.2 million euros", {120_000_000}, "EUR"), ("1,2 Mio. Euro", {120_000_000}, "EUR"), ("¥ 5000", {5000}, None),
        ("seven thousand five hundred euros", {750_000}, "EUR"), ("achttausend Euro", {800_000}, "EUR"),
        ("$12 m", {1_200_000_000}, "USD"), ("JPY 5000", {5000}, "JPY"), ("KWD 5.000", {5000, 5_000_000}, "KWD"),
        ("₹ 42,000", {4_200_000, 4_200}, None), ("7 500,00 EUR", {750_000}, "EUR"), ("CHF 4'200", {420_000}, "CHF"),
    ],
)  # fmt: skip
def test_money(text: str, amounts: set[int], currency: str | None) -> None:
    piece = only(text, "money")
    assert (set(piece.numbers), piece.currency, piece.text) == (amounts, currency, text)


@pytest.mark.parametrize(
    ("text", "per"),
    [("EUR 120 an hour", "hour"), ("EUR 120/h", "h"), ("120 Euro pro Stunde", "stunde"), ("EUR 120.", None)],
)
def test_what_an_amount_is_for(text: str, per: str | None) -> None:
    assert only(text, "money").per == per


@pytest.mark.parametrize(
    "text",
    [
        "19 March 2026", "March 19th, 2026", "19.03.2026", "19/03/2026", "2026/03/19", "19-03-2026", "19 Mar 2026",
        "the nineteenth of March 2026", "am neunzehnten März 2026", "Thursday, 19 March 2026", "19 March",
        "March 2026", "in March", "2026", "am 19.3. um acht",
    ],
)  # fmt: skip
def test_a_day_in_any_form(text: str) -> None:
    assert only(text, "date").is_day(date(2026, 3, 19))


@pytest.mark.parametrize(
    "text", ["20 March 2026", "Friday, 19 March 2026", "19.03.2027", "in April", "2027", "19 May 2026", "by May"]
)
def test_another_day(text: str) -> None:
    assert not only(text, "date").is_day(date(2026, 3, 19))


def test_both_ends_of_a_span_of_days() -> None:
    first, last = written("1–28 February 2026")
    assert first.is_day(date(2026, 2, 1))
    assert last.is_day(date(2026, 2, 28))
    assert not first.is_day(date(2026, 2, 28))


@pytest.mark.parametrize(
    ("text", "kind", "numbers"),
    [
        ("62.5 hours", "hours", {3750}), ("62,5 Stunden", "hours", {3750}), ("30 days", "days", {30}),
        ("thirty days", "days", {30}), ("80 %", "percent", {8000}), ("12.5 percent", "percent", {1250}),
        ("eighty percent", "percent", {8000}), ("forty-two", "number", {42}), ("einundzwanzig", "number", {21}),
        ("at 17:30", "time", set()), ("um 17 Uhr", "time", set()),
    ],
)  # fmt: skip
def test_counts_by_what_they_count(text: str, kind: str, numbers: set[int]) -> None:
    assert only(text, kind).numbers == numbers


def test_number_words_keep_their_place_and_their_words() -> None:
    text = "We need two hundred and ten people, not forty-two, by the second of April."
    assert in_figures(text) == "We need 210 people, not 42, by the 2nd of April."
    for piece in written(text):
        assert text[slice(*piece.at)] == piece.text
    assert [piece.text for piece in written(text) if piece.kind == "number"] == ["two hundred and ten", "forty-two"]


@pytest.mark.parametrize("text", ["one of us", "ein Tag", "no one", "often", "listen to the network"])
def test_words_that_are_no_numbers(text: str) -> None:
    assert in_figures(text) == text


@given(st.text(max_size=300))
def test_every_piece_stands_where_it_says(text: str) -> None:
    for piece in written(text):
        assert text[slice(*piece.at)] == piece.text


@given(st.integers(2, 10**9), st.sampled_from(["{:,} EUR", "EUR {}", "€{:,}", "{}.00 EUR", "{:,}.00 euros"]))
def test_an_amount_is_read_however_it_is_written(amount: int, form: str) -> None:
    assert amount * 100 in only(form.format(amount), "money").numbers
