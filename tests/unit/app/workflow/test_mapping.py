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


DESK = Mapping.model_validate(
    {
        "type": {"pointer": "/state", "values": {"New": "support.ticket.opened"}, "otherwise": "desk.changed"},
        "id": {"text": "{/number}:{/count}"},
        "time": {"pointer": "/at", "format": "%d/%m/%Y %H:%M", "zone": "Europe/Lisbon"},
        "subject": {"text": "ticket/{/number}"},
        "absent": ["?", ""],
        "data": {
            "ticket_id": "/number", "title": {"text": "Incident {/number} of {/caller}"}, "kind": {"value": "incident"},
            "caller": "/caller", "due_on": {"pointer": "/due", "format": "%d.%m.%Y"},
        },
    }
)  # fmt: skip
ROW = {"number": "INC7", "count": 3, "state": "New", "at": "29/2/2016 01:16", "caller": "2403", "due": "1.3.2016"}


def test_a_row_of_a_log_becomes_an_event() -> None:
    assert DESK.envelope(ROW, "desk") == {
        "specversion": "1.0", "source": "desk", "type": "support.ticket.opened", "id": "INC7:3",
        "time": "2016-02-29T01:16:00+00:00", "subject": "ticket/INC7",
        "data": {
            "ticket_id": "INC7", "title": "Incident INC7 of 2403", "kind": "incident", "caller": "2403",
            "due_on": "2016-03-01",
        },
    }  # fmt: skip


def test_what_stands_for_nothing_is_not_there() -> None:
    made = DESK.envelope(ROW | {"caller": "?", "due": "", "state": "Resolved", "at": "?"}, "desk")
    assert made["type"] == "desk.changed"
    assert made["data"] == {"ticket_id": "INC7", "title": "Incident INC7 of ", "kind": "incident"}
    assert "time" not in made
    nothing = DESK.envelope({"state": None}, "desk")
    assert (nothing["type"], nothing["data"]) == ("desk.changed", {"kind": "incident"})
    assert "id" not in nothing
    assert "subject" not in nothing


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("25/10/2020 01:30", "2020-10-25T00:30:00+00:00"),  # occurs twice: the first
        ("29/3/2020 01:30", "2020-03-29T01:30:00+00:00"),  # occurs never: as long after midnight
        ("1/7/2020 12:00", "2020-07-01T11:00:00+00:00"),
    ],
)
def test_local_times_are_told_apart_as_documented(local: str, utc: str) -> None:
    assert DESK.envelope(ROW | {"at": local}, "desk")["time"] == utc


@pytest.mark.parametrize("at", ["2016-02-29", "31/2/2016 01:16", "29/2/2016", 7, ["29/2/2016 01:16"], True, {}])
def test_a_time_that_is_written_otherwise_is_refused_by_its_pointer(at: object) -> None:
    with pytest.raises(Problem) as refused:
        DESK.envelope(ROW | {"at": at}, "desk")
    assert (refused.value.code, refused.value.errors[0].pointer) == ("invalid_body", "/at")


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"text": "no pointer"}, "holds no"), ({"text": "{number}"}, "holds no"), ({"text": "{/a} {b}"}, "braces"),
        ({"text": "{/a~2}"}, "no JSON pointer"), ({"pointer": "/a", "format": "%H:%M", "zone": "UTC"}, "hold a year"),
        ({"pointer": "/a", "format": "%d/%m/%Y %H:%M"}, "needs a zone"),
        ({"pointer": "/a", "format": "%Y-%d %Q"}, "%Q"), (5, "valid string"),
        ({"pointer": "/a", "format": "%d/%m/%Y %H", "zone": "Mars/Olympus"}, "IANA"), ({"value": 1.5}, "value"),
        ({"pointer": "/a", "text": "{/b}"}, "Extra"), ({}, "required"),
    ],
)  # fmt: skip
def test_a_part_that_cannot_be_read_is_refused_with_why(part: object, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Mapping.model_validate({"type": "a.b", "data": {"x": part}})
    assert why in str(refused.value)
    assert refused.value.error_count() <= 3, "the other forms are not told of"


def test_a_mapping_survives_being_stored() -> None:
    assert Mapping.model_validate(DESK.model_dump(mode="json")) == DESK
