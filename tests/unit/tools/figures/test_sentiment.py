from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tools.figures.sentiment import Heard, Mood, moods, often_displeased

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORDS = st.sampled_from(["negative", "neutral", "positive"])


def heard_of(said: list[tuple[str, str]]) -> list[Heard]:
    return [Heard(who, NOW, word) for who, word in said]  # type: ignore[arg-type]


def test_texts_are_counted_by_customer_and_the_most_displeased_come_first() -> None:
    said = {"a": "negative neutral", "b": "negative negative positive", "c": "positive", "d": "negative"}
    found = moods(heard_of([(who, word) for who, words in said.items() for word in words.split()]))
    assert found == [
        Mood(customer="b", heard=3, negative=2), Mood(customer="d", heard=1, negative=1),
        Mood(customer="a", heard=2, negative=1), Mood(customer="c", heard=1, negative=0),
    ]  # fmt: skip
    assert moods([]) == []


def test_often_is_so_many_times_within_so_many_days() -> None:
    heard = [Heard("a", NOW - timedelta(days=days), "negative") for days in (0, 7, 8)]
    assert often_displeased(heard, NOW, times=3, days=8) == [Mood(customer="a", heard=3, negative=3)]
    assert often_displeased(heard, NOW, times=3, days=7) == []
    assert often_displeased(heard, NOW - timedelta(days=1), times=3, days=7) == []


@given(st.lists(st.tuples(st.sampled_from("abcdef"), WORDS), max_size=100))
def test_every_text_is_counted_once(said: list[tuple[str, str]]) -> None:
    found = moods(heard_of(said))
    assert sum(one.heard for one in found) == len(said)
    assert sum(one.negative for one in found) == sum(word == "negative" for _, word in said)
