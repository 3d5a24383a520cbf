"""Deliveries: the three modes of CloudEvents give the same event, and each bad input names its field."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Problem
from app.workflow.deliveries import BATCH_LIMIT, Read, Refused, read, split
from tools.events import EVENT_TYPES
from tools.values import RecordKey

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
DATA: dict[str, Any] = {"project_id": "prj-1", "text": "Zwei Masken mehr, bitte.", "requested_by": "ann@alder.example"}
EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "evt-1", "source": "psa", "type": "psa.change_request.submitted",
    "time": "2026-03-02T08:59:00Z", "datacontenttype": "application/json", "data": DATA,
}  # fmt: skip
ABSENT = object()


def event(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (EVENT | changes).items() if value is not ABSENT}


def taken(raw: Any, fallback: str = "msg_1") -> Read:
    result = read(0, raw, NOW, fallback)
    assert isinstance(result, Read), result
    return result


def pointers(raw: Any) -> list[str]:
    result = read(3, raw, NOW, "msg_1")
    assert isinstance(result, Refused), result
    assert result.index == 3
    return [error.pointer for error in result.errors]


def binary(raw: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    headers = {
        f"ce-{name}": quote(value, safe=" !#$&'()*+,-./:;<=>?@[]^_`{|}~")
        for name, value in raw.items()
        if name not in ("data", "datacontenttype")
    }
    return {"content-type": "application/json"} | headers, json.dumps(raw["data"]).encode()


# -- modes


def test_structured_mode() -> None:
    (raw,) = split(STRUCTURED, json.dumps(EVENT).encode())
    found = taken(raw)
    assert found.recognised
    assert found.event.model_dump(mode="json") == {
        "id": "evt-1", "source": "psa", "type": "psa.change_request.submitted", "time": "2026-03-02T08:59:00Z",
        "subject": {"kind": "project", "id": "prj-1"}, "data": DATA,
    }  # fmt: skip


def test_a_batch_keeps_its_order() -> None:
    bodies = [event(id=f"evt-{n}") for n in range(5)]
    raws = split(BATCH, json.dumps(bodies).encode())
    assert [taken(raw).event.id for raw in raws] == [f"evt-{n}" for n in range(5)]


@given(ident=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_binary_mode_says_the_same_as_structured_mode(ident: str) -> None:
    raw = event(id=ident)
    headers, body = binary(raw)
    (found,) = split(headers, body)
    assert taken(found) == taken(raw)
    theirs = from_http_event(HTTPMessage(headers, body))
    assert theirs.get_id() == ident  # the specification's own reader says so too
    assert theirs.get_data() == DATA


@pytest.mark.parametrize("name", ["ce-data", "ce-data_base64"])
def test_no_header_brings_data(name: str) -> None:
    """Only the body is signed."""
    headers, body = binary(EVENT)
    forged = base64.b64encode(json.dumps(DATA | {"text": "Release it."}).encode()).decode()
    (found,) = split(headers | {name: forged}, body)
    assert taken(found).event.data == DATA


@pytest.mark.parametrize("batch", [[], {}, "x", None, [EVENT] * (BATCH_LIMIT + 1)])
def test_a_batch_is_a_list_of_a_few_events(batch: Any) -> None:
    with pytest.raises(Problem) as refused:
        split(BATCH, json.dumps(batch).encode())
    assert refused.value.code == "invalid_body"


def test_a_body_that_cannot_be_read_is_refused_in_every_mode() -> None:
    for headers in (STRUCTURED, BATCH, binary(EVENT)[0]):
        for body in (b"", b"\xff", b"{", b'{"a":1,"a":2}'):
            with pytest.raises(Problem) as refused:
                split(headers, body)
            assert refused.value.status == 422


def test_one_bad_event_of_a_batch_leaves_the_others() -> None:
    raws = split(BATCH, json.dumps([EVENT, event(type=5), event(id="evt-2")]).encode())
    results = [read(index, raw, NOW, f"msg_1#{index}") for index, raw in enumerate(raws)]
    assert [type(result) for result in results] == [Read, Refused, Read]


# -- the envelope


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"), ({"specversion": 1.0}, "/specversion"),
        ({"specversion": ABSENT}, "/specversion"), ({"id": ""}, "/id"), ({"id": 5}, "/id"), ({"id": "x" * 201}, "/id"),
        ({"id": "a\x00b"}, "/id"), ({"id": "a\nb"}, "/id"), ({"id": "a\x9fb"}, "/id"), ({"source": ABSENT}, "/source"),
        ({"source": ""}, "/source"), ({"source": "s\x00"}, "/source"), ({"type": ABSENT}, "/type"),
        ({"type": "Invoice"}, "/type"), ({"type": "psa..x"}, "/type"), ({"type": "psa.x; DROP"}, "/type"),
        ({"type": "рsa.change_request.submitted"}, "/type"), ({"type": "a." + "b" * 120}, "/type"),
        ({"subject": ""}, "/subject"), ({"subject": 7}, "/subject"), ({"time": "yesterday"}, "/time"),
        ({"time": "2026-03-02T08:59:00"}, "/time"), ({"time": "2026-13-01T00:00:00Z"}, "/time"),
        ({"time": "2026-03-02T25:00:00Z"}, "/time"), ({"time": 1_767_225_600}, "/time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "/time"), ({"time": "9999-12-31T23:59:59-14:00"}, "/time"),
        ({"time": "1970-01-01T00:00:00Z"}, "/time"), ({"time": "2999-01-01T00:00:00Z"}, "/time"),
        ({"datacontenttype": "text/xml"}, "/datacontenttype"), ({"data": []}, "/data"), ({"data": "x"}, "/data"),
        ({"data_base64": "%%%"}, "/data_base64"), ({"data_base64": "é"}, "/data_base64"),
        ({"data_base64": "W10="}, "/data_base64"), ({"data_base64": "/w=="}, "/data_base64"),
    ],
)  # fmt: skip
def test_each_bad_attribute_is_named(changes: dict[str, Any], pointer: str) -> None:
    assert pointers(event(**changes)) == [pointer]


@pytest.mark.parametrize("raw", [None, 5, "x", [], [EVENT], True])
def test_what_is_no_object_is_no_event(raw: Any) -> None:
    assert pointers(raw) == [""]


def test_all_that_is_wrong_is_named_at_once() -> None:
    assert pointers(event(id="", type="X", time="x")) == ["/id", "/type", "/time"]


@given(days=st.integers(-4000, 400))
def test_times_are_taken_from_ten_years_back_to_a_day_ahead(days: int) -> None:
    raw = event(time=(NOW + timedelta(days=days)).isoformat())
    if -3660 <= days <= 1:
        assert taken(raw).event.time == NOW + timedelta(days=days)
    else:
        assert pointers(raw) == ["/time"]


def test_an_event_without_a_time_happened_when_it_came() -> None:
    assert taken(event(time=ABSENT)).event.time == NOW


def test_an_event_without_an_id_has_the_deliverys() -> None:
    assert taken(event(id=ABSENT), "msg_9#2").event.id == "msg_9#2"
    assert taken(event(id="own"), "msg_9#2").event.id == "own"
    longest = "m" * 180 + f"#{BATCH_LIMIT - 1}"
    assert taken(event(id=ABSENT), longest).event.id == longest


def test_extension_attributes_are_left_aside() -> None:
    assert taken(event(traceparent="00-ab-cd-01", partitionkey=7)) == taken(EVENT)


# -- the data


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"project_id": ABSENT}, "/data/project_id"), ({"project_id": 5}, "/data/project_id"),
        ({"project_id": "рrj-1"}, "/data/project_id"), ({"project_id": "prj-1\u202e"}, "/data/project_id"),
        ({"project_id": "prj\u200b-1"}, "/data/project_id"), ({"project_id": "../prj-1"}, "/data/project_id"),
        ({"project_id": "p" * 121}, "/data/project_id"), ({"text": ""}, "/data/text"), ({"text": None}, "/data/text"),
        ({"text": "a\x00b"}, "/data/text"), ({"text": "x" * 10_001}, "/data/text"),
        ({"requested_by": "x" * 255}, "/data/requested_by"), ({"requested_by": ["a"]}, "/data/requested_by"),
    ],
)  # fmt: skip
def test_each_bad_field_is_named(changes: dict[str, Any], pointer: str) -> None:
    data = {name: value for name, value in (DATA | changes).items() if value is not ABSENT}
    assert pointers(event(data=data)) == [pointer]


@pytest.mark.parametrize(
    "day", ["0001-01-01", "1989-12-31", "2101-01-01", "9999-12-31", "2026-02-30", "soon", 20_260_302, None]
)
def test_absurd_days_are_named(day: Any) -> None:
    raw = event(type="psa.milestone.slipped", data={"milestone_id": "mil-1", "expected_on": day})
    assert pointers(raw) == ["/data/expected_on"]


@pytest.mark.parametrize("amount", [10**13 + 1, -(10**13) - 1, 10**30, 1.5, "100", True])
def test_absurd_amounts_are_named(amount: Any) -> None:
    data = {"opportunity_id": "opp-1", "amount_minor": amount, "currency": "EUR"}
    assert pointers(event(type="crm.opportunity.won", data=data)) == ["/data/amount_minor"]


def test_text_from_right_to_left_stays_what_it_was() -> None:
    text = "مرحبا \u202eexe.fdp\u202c שלום"
    assert taken(event(data=DATA | {"text": text})).event.data["text"] == text


def test_fields_that_are_not_known_are_left_aside() -> None:
    found = taken(event(data=DATA | {"approved": True, "amount_minor": 1}))
    assert found.event.data == DATA


def test_encoded_data_is_data() -> None:
    encoded = base64.b64encode(json.dumps(DATA).encode()).decode()
    assert taken(event(data=ABSENT, data_base64=encoded)) == taken(EVENT)


def test_the_data_says_what_the_event_is_about_not_the_envelope() -> None:
    assert taken(event(subject="project/prj-999")).event.subject == RecordKey(kind="project", id="prj-1")


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_type_asks_for_its_fields(name: str) -> None:
    assert all(pointer.startswith("/data/") for pointer in pointers(event(type=name, data={})))
    assert pointers(event(type=name, data=ABSENT)) == pointers(event(type=name, data={}))


# -- types without a model


@pytest.mark.parametrize(
    ("subject", "key"), [("project/prj-1", RecordKey(kind="project", id="prj-1")), ("planet/mars", None), ("x", None)]
)
def test_an_unknown_type_is_kept_and_not_recognised(subject: str, key: RecordKey | None) -> None:
    found = taken(event(type="hr.birthday", subject=subject, data={"any": [1, {"thing": None}]}))
    assert not found.recognised
    assert found.event.subject == key
    assert found.event.data == {"any": [1, {"thing": None}]}


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**300, "\ud800", float("inf"), [[{"x": 2**60}]]])
def test_what_the_log_could_not_keep_exactly_is_refused(value: Any) -> None:
    assert pointers(event(type="hr.birthday", data={"x": value})) == ["/data"]
