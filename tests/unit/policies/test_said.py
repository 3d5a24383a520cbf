"""What outsiders' texts state, in whatever form: it makes a value untrusted, not just unsupported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.said import Said
from tools.facts import Scalar


@pytest.mark.parametrize(
    ("argument", "value", "text"),
    [
        ("amount_minor", 4_999_900, "take EUR 49,999.00 off"), ("amount_minor", 4_999_900, "nimm 49.999 € weg"),
        ("amount_minor", 4_999_900, "forty-nine thousand nine hundred ninety-nine euros"),
        ("amount_minor", 5_000_000, "about 50k"), ("amount_minor", 5_000_000, "0.05 million euros"),
        ("amount_minor", 80_000, "achthundert Euro"), ("due_on", "2026-12-31", "by 31 December 2026"),
        ("due_on", "2026-12-31", "bis 31.12."), ("due_on", "2026-12-31", "on New Year's Eve, December 31st"),
        ("minutes", 4_800, "ten days of work"), ("minutes", 90, "1.5 hours"), ("percent", 100, "at 100 %"),
        ("payment_days", 90, "we pay within ninety days"),
        ("recipient", "mallory@evil.example", "mаllory@evil.example"),
        ("person_id", "per-12", "per\u200b-12"), ("body", "your new account", "YOUR  NEW account"),
    ],
)  # fmt: skip
def test_a_value_is_found_in_any_form(argument: str, value: Scalar, text: str) -> None:
    assert Said([text]).states(argument, value)


@pytest.mark.parametrize(
    ("argument", "value", "text"),
    [
        ("amount_minor", 4_999_900, "call 4999 or 499"), ("due_on", "2026-12-31", "in December 2026"),
        ("minutes", 480, "480 people"), ("percent", 100, "100 people"), ("payment_days", 30, "30 people"),
        ("flag", True, "True"), ("none", None, "None"), ("id", "abc", "abcd"),
    ],
)  # fmt: skip
def test_another_value_is_not(argument: str, value: Scalar, text: str) -> None:
    assert not Said([text]).states(argument, value)


@given(st.text(max_size=200), st.text(max_size=20) | st.integers() | st.booleans())
def test_any_text_can_be_asked(text: str, value: Scalar) -> None:
    Said([text, 7, None]).states("amount_minor", value)
    assert Said([value]).states("anything", value)
