"""A source's own JSON becomes an event by pointers alone."""

import pytest
from pydantic import ValidationError

from app.errors import Problem
from app.workflow.mapping import Mapping, look_up

DEALS = Mapping.model_validate(
    {
        "type": {"pointer": "/event", "values": {"deal.won": "crm.opportunity.won"}},
        "id": "/meta/id",
        "time": "/meta/at",
        "data": {"opportunity_id": "/deal/key", "amount_minor": "/deal/value/0"},
    }
)
BODY = {"event": "deal.won", "meta": {"id": 77, "at": 1_767_225_600}, "deal": {"key": "opp-1", "value": [12_300]}}


def test_each_part_is_found_at_its_pointer() -> None:
    assert DEALS.envelope(BODY, "crm") == {
        "specversion": "1.0",
        "source": "crm",
        "type": "crm.opportunity.won",
        "id": "77",
        "time": "2026-01-01T00:00:00+00:00",
        "data": {"opportunity_id": "opp-1", "amount_minor": 12_300},
    }


def test_what_is_not_there_is_left_out() -> None:
    assert DEALS.envelope({"event": "deal.lost", "meta": {}, "deal": {}}, "crm") == {
        "specversion": "1.0",
        "source": "crm",
        "type": "deal.lost",
        "data": {},
    }


@pytest.mark.parametrize("body", [[], "text", {}, {"event": 5}, {"event": None}])
def test_a_type_that_cannot_be_told_is_refused_by_its_pointer(body: object) -> None:
    with pytest.raises(Problem) as refused:
        DEALS.envelope(body, "crm")
    assert refused.value.code == "invalid_body"
    assert refused.value.errors[0].pointer == "/event"


@pytest.mark.parametrize("pointer", ["event", "/a/~2", "/~"])
def test_a_pointer_must_be_one(pointer: str) -> None:
    with pytest.raises(ValidationError):
        Mapping.model_validate({"type": "a.b", "data": {"x": pointer}})


@pytest.mark.parametrize(
    ("pointer", "found"),
    [("", {"a/b": [{"~": 1}]}), ("/a~1b/0/~0", 1), ("/a~1b/1", None), ("/a~1b/x", None)],
)
def test_pointers_follow_rfc_6901(pointer: str, found: object) -> None:
    assert look_up({"a/b": [{"~": 1}]}, pointer) == found
