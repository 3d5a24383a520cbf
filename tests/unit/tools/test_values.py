"""The small values: what they take, what they refuse, and that one meaning has one digest."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tools.facts import Trust
from tools.values import MAX_MINOR, Currency, Day, Email, Id, Line, Minor, Moment, Money, RecordKey, canonical, digest

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def _shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(value)}
    return [_shuffled(one) for one in value] if isinstance(value, list) else value


@given(JSON)
def test_a_digest_knows_no_order_of_keys_and_survives_a_round_trip(value: Any) -> None:
    assert digest(_shuffled(value)) == digest(value) == digest(json.loads(canonical(value)))


@given(JSON, JSON)
def test_other_values_have_other_digests(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == (digest(one) == digest(other))


def test_the_digest_of_the_specification_s_shape() -> None:
    assert canonical({"b": [1, "€"], "a": None}) == '{"a":null,"b":[1,"€"]}'.encode()
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Id, ["prj-12", "a", "A.b_c:d@e"], ["", "-a", "a b", "a/b", "a" * 121, "é"]),
        (Line, ["x", "ä " * 100], ["", "   ", "a\nb", "a\x00b", "x" * 201]),
        (Currency, ["EUR"], ["eur", "EURO", "E1R", ""]),
        (Email, ["a@b.example"], ["a@b", "a b@c.de", "@b.de", "a@b.de>", "a@b.de, c@d.de", "a@@b.de"]),
        (Minor, [0, -MAX_MINOR, MAX_MINOR], [MAX_MINOR + 1, 1.0, "1", None]),
        (Day, ["2026-03-18", date(2026, 3, 18)], ["1989-12-31", "2101-01-01", "18.03.2026", 20260318]),
    ],
)
def test_forms(kind: Any, good: list[Any], bad: list[Any]) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for value in good:
        adapter.validate_python(value, strict=True)
    for value in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(value, strict=True)


def test_a_time_is_aware_and_becomes_utc() -> None:
    moment: TypeAdapter[datetime] = TypeAdapter(Moment)
    assert moment.validate_python("2026-03-02T10:00:00+01:00") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    with pytest.raises(ValidationError, match="needs an offset"):
        moment.validate_python("2026-03-02T10:00:00")


def test_a_key_reads_what_it_writes() -> None:
    key = RecordKey(kind="project", id="prj-12")
    assert RecordKey.parse(str(key)) == key
    for text in ("project", "project/", "planet/mars", "/x", "project/a/b"):
        with pytest.raises(ValueError, match=r"kind|id"):
            RecordKey.parse(text)


def test_values_are_frozen_and_know_no_other_field() -> None:
    money = Money(amount_minor=1, currency="EUR")
    with pytest.raises(ValidationError):
        money.amount_minor = 2  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Money.model_validate({"amount_minor": 1, "currency": "EUR", "note": "x"})
    with pytest.raises(ValidationError):
        Money.model_validate({"amount_minor": "1", "currency": "EUR"})


_names = st.text(st.characters() | st.sampled_from("\ud7ff\ue000\uffff\U00010000"), max_size=6)
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(Trust),
    lambda inner: st.lists(inner, max_size=5) | st.tuples(inner, inner) | st.dictionaries(_names, inner, max_size=6)
    | st.dictionaries(st.integers(), inner, max_size=2),
)  # fmt: skip


@settings(max_examples=500)
@given(_anything)
def test_the_short_way_writes_and_refuses_what_the_library_does(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except Exception as refused:  # noqa: BLE001 - of lone surrogates it says so with a UnicodeEncodeError
        with pytest.raises(type(refused)):
            canonical(value)
    else:
        assert canonical(value) == expected


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, 2**53, [{"a": 1e400}], {None: 1}, object()])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(value)
