"""Strict JSON: what two readers could understand differently is refused, everything else comes back whole."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Problem
from app.wire import MAX_DEPTH, parse_json

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def refusal(body: bytes) -> Problem:
    with pytest.raises(Problem) as raised:
        parse_json(body)
    assert raised.value.status == 422
    assert [error.pointer for error in raised.value.errors] == [""]
    return raised.value


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@given(value=TREES)
def test_what_a_writer_wrote_comes_back(value: Any) -> None:
    for ascii_only in (True, False):
        assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8")) == value


@given(value=TREES, key=st.text(), around=st.sampled_from(["{}", '{{"outer":[1,{}]}}', "[[{}]]"]))
def test_a_repeated_key_is_refused_wherever_it_stands(value: Any, key: str, around: str) -> None:
    once = f"{json.dumps(key)}:{json.dumps(value)}"
    problem = refusal(around.format(f"{{{once},{once}}}").encode())
    assert problem.code == "invalid_body"
    assert "occurs twice" in problem.detail


def test_the_same_key_in_two_spellings_is_repeated() -> None:
    assert "occurs twice" in refusal(rb'{"amount":1,"\u0061mount":2}').detail
    assert parse_json('{"a":1,"А":2}'.encode()) == {"a": 1, "А": 2}  # Cyrillic: another key


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", '{"deep":[1e400]}'])
def test_what_is_no_finite_number_is_refused(number: str) -> None:
    problem = refusal(f'{{"x":{number}}}'.encode())
    assert problem.code == "invalid_body"


def test_numbers_stay_what_they_were() -> None:
    assert parse_json(b"[9007199254740993, 0.1, 1e308, -0]") == [9007199254740993, 0.1, 1e308, 0]


@pytest.mark.parametrize("body", [rb'"\ud800"', rb'{"\udfff":1}', rb'["\ud800\u0041"]', rb'"\udc00\ud800"'])
def test_half_of_a_surrogate_pair_is_refused(body: bytes) -> None:
    assert "surrogate" in refusal(body).detail


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse_json(rb'"\ud83d\ude00"') == "😀"
    assert parse_json(rb'"a \\ud800 that is only quoted"') == r"a \ud800 that is only quoted"


@pytest.mark.parametrize(
    ("body", "byte"),
    [(b'{"a":"\xff"}', 6), (b"\xc3\x28", 0), (b'"\xed\xa0\x80"', 1), (b'"\xc0\xaf"', 1), (b"\xff\xfe{\x00}\x00", 0)],
    ids=["lone-byte", "cut-sequence", "encoded-surrogate", "overlong", "utf-16"],
)
def test_invalid_utf_8_is_refused_and_its_place_named(body: bytes, byte: int) -> None:
    assert f"byte {byte} is not valid UTF-8" in refusal(body).detail


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b"{}{}", b"{'a':1}", b"[1,]", b"// no\n{}", b"\xef\xbb\xbf{}", b'"a\nb"', b"01", b"+1", b"nul"],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert refusal(body).code == "invalid_body"


def test_depth_is_bounded_exactly() -> None:
    parse_json(nested(MAX_DEPTH))
    assert refusal(nested(MAX_DEPTH + 1)).code == "too_deep"
    assert refusal(b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1)).code == "too_deep"
    assert parse_json(nested(2), max_depth=2) == [[]]


def test_brackets_inside_strings_are_no_depth() -> None:
    text = "[" * 500 + '"\\' + "{" * 500
    assert parse_json(json.dumps({"a": text}).encode()) == {"a": text}


@pytest.mark.parametrize(
    "body", [b"[" * 1_000_000, b'{"a":' * 200_000, b"9" * 1_000_000], ids=["lists", "objects", "digits"]
)
def test_a_hostile_body_costs_little(body: bytes) -> None:
    began = time.process_time()
    refusal(body)
    assert time.process_time() - began < 2
