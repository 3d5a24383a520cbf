import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ids import new_id

moments = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_an_id_is_its_prefix_and_26_crockford_characters(now: datetime) -> None:
    assert re.fullmatch(r"cas_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}", new_id("cas", now))


@given(moments, moments)
def test_ids_of_different_milliseconds_sort_by_time(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    if later - earlier >= timedelta(milliseconds=1):
        assert new_id("prp", earlier) < new_id("prp", later)


def test_the_time_is_that_of_the_ulid_specification() -> None:
    # The specification's example 01ARYZ6S41TSV4RRFFQ69G5FAV is of 1469918176385 ms.
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=1469918176385)
    assert new_id("exe", now)[4:14] == "01arYZ6S41".lower()


def test_the_zone_of_the_time_does_not_matter() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert new_id("a", now)[:12] == new_id("a", now.astimezone(timezone(timedelta(hours=5))))[:12]


def test_ids_of_one_moment_differ() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert len({new_id("rev", now) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("prefix", ["", "Cas", "c_s", "c-", "é", "c1"])
def test_a_prefix_is_lower_case_letters(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        new_id(prefix, datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "why"),
    [(datetime(2026, 3, 2), "aware"), (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "cannot hold")],
)
def test_a_time_it_cannot_carry_is_refused(now: datetime, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        new_id("cas", now)
