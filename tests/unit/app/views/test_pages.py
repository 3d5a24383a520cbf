from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Problem
from app.views.pages import MAX_LIMIT, Page, encode, page

_KEYS = st.one_of(
    st.tuples(st.integers(-(2**40), 2**40), st.text(max_size=40)),
    st.tuples(st.datetimes(timezones=st.just(UTC)), st.text(max_size=40)),
    st.tuples(st.integers(0, 2**40)),
)


@given(_KEYS)
def test_a_cursor_says_its_key_again(key: tuple[object, ...]) -> None:
    assert page(5, encode(key), tuple(type(part) for part in key)).after == key


@given(st.text(max_size=60), st.sampled_from([(int, str), (datetime, str), (int,), (str,)]))
def test_any_other_text_is_refused_and_never_an_error_of_ours(text: str, types: tuple[type, ...]) -> None:
    refused: tuple[str, str] | None = None
    try:
        found = page(5, text, types)
    except Problem as problem:
        refused = problem.code, problem.errors[0].pointer
    else:
        assert found.after is None or tuple(type(part) for part in found.after) == types
    assert refused in (None, ("invalid_query", "/cursor"))


@pytest.mark.parametrize("key", [(1.5, "a"), (True, "a"), (None, "a"), (2**70, "a"), ("2026-01-01", "a"), (1,), (1, 2)])
def test_a_key_of_other_types_is_refused(key: tuple[object, ...]) -> None:
    with pytest.raises(Problem):
        page(5, encode(key), (int, str))


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1])
def test_limits(limit: int) -> None:
    with pytest.raises(Problem) as refused:
        page(limit, None, (int,))
    assert refused.value.errors[0].pointer == "/limit"


@given(st.lists(st.integers(0, 1000), unique=True, max_size=40).map(sorted), st.integers(1, 7))
def test_pages_are_the_whole_list_once(rows: list[int], limit: int) -> None:
    found: list[int] = []
    after: tuple[int, ...] | None = None
    for _ in range(len(rows) + 1):
        now = Page(limit, after)
        read = [row for row in rows if now.after is None or row > now.after[0]][: limit + 1]
        kept, cursor = now.cut(read, lambda row: (row,))
        found += kept
        if cursor is None:
            break
        after = page(limit, cursor, (int,)).after
    assert found == rows


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_moment_outside_the_calendar_is_refused(moment: str) -> None:
    with pytest.raises(Problem) as raised:
        page(10, encode((moment, "a")), (datetime, str))
    assert raised.value.code == "invalid_query"
