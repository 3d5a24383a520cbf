"""Trust: untrusted unless somebody said otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.facts import DEFAULT_TRUST, Trust, trust_of_author


@pytest.mark.parametrize(("author", "trust"), [("system/erp", Trust.SYSTEM), ("person/per-7", Trust.PERSON)])
def test_the_two_that_are_trusted(author: str, trust: Trust) -> None:
    assert trust_of_author(author) is trust
    assert trust.trusted


@pytest.mark.parametrize(
    "author",
    [None, "", "system", "system/", "/erp", "System/erp", " system/erp", "systemx/erp", "mail/inbound", "assistant/k",
     "model/m", "customer/c", "ѕystem/erp"],
)  # fmt: skip
def test_everybody_else_is_a_customer(author: str | None) -> None:
    assert trust_of_author(author) is Trust.CUSTOMER


@given(st.text())
def test_no_text_is_trusted_but_by_its_kind(author: str) -> None:
    kind, _, ident = author.partition("/")
    assert trust_of_author(author).trusted == (kind in DEFAULT_TRUST and ident != "")


def test_a_mapping_can_take_trust_away() -> None:
    assert trust_of_author("system/erp", {"person": Trust.PERSON}) is Trust.CUSTOMER
