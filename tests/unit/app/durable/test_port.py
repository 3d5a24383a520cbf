from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.durable.port import Work, WorkItem


def test_an_item_is_known_by_kind_row_and_generation() -> None:
    item = WorkItem(kind="triage", row="evt_1", generation=3, partition="t1/acme", priority=2, attempt=2)
    assert item.id == "triage:evt_1:3"
    assert item.lanes == ("t1", "t1/acme")
    assert WorkItem(kind="triage", row="evt_1", partition="t1").lanes == ("t1",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "Triage"},
        {"kind": ""},
        {"kind": "a:b"},
        {"row": ""},
        {"row": "x" * 201},
        {"generation": -1},
        {"generation": "1"},
        {"partition": ""},
        {"partition": "/customer"},
        {"partition": "t1/"},
        {"partition": "t1/a/b"},
        {"priority": -1},
        {"priority": 10},
        {"attempt": 0},
        {"more": 1},
    ],
)
def test_a_wrong_item_is_refused(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"kind": "triage", "row": "evt_1", "partition": "t1"}
    WorkItem.model_validate(right)
    with pytest.raises(ValidationError):
        WorkItem.model_validate(right | wrong)


@given(st.integers(2, 200), st.integers(1, 60), st.integers(60, 600))
def test_backoff_doubles_up_to_its_limit(attempt: int, first_s: int, limit_s: int) -> None:
    work = Work(
        "triage",
        lambda _item: None,
        lambda _item, _error: None,
        backoff=timedelta(seconds=first_s),
        backoff_limit=timedelta(seconds=limit_s),
    )
    assert work.delay_before(2) == timedelta(seconds=first_s)
    assert work.delay_before(attempt + 1) == min(work.delay_before(attempt) * 2, timedelta(seconds=limit_s))
