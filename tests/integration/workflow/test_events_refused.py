"""Events that are refused: with the right status, naming the field, and with nothing kept."""

import base64
import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from app.identity.principals import machine_actor
from app.identity.sources import add_source, rotate_source
from app.workflow import ingest
from tests.integration.workflow.inbound import KIND, WON, kept, refused
from tests.integration.workflow.scenes import MISSING
from tests.integration.world import World


def test_an_unsigned_delivery_is_refused(world: World) -> None:
    for headers in ({"webhook-signature": ""}, {"webhook-id": ""}, {"webhook-timestamp": ""},
                    {"webhook-signature": "v1,"}, {"webhook-signature": "v2,abc"}, {"webhook-timestamp": "soon"},
                    {"webhook-timestamp": "-1"}, {"webhook-timestamp": "١٢٣"}, {"webhook-id": "x" * 300}):  # fmt: skip
        refused(world, "bad_signature", world.event(KIND, MISSING), headers=headers)


def test_a_forged_signature_is_refused(world: World) -> None:
    refused(world, "bad_signature", world.event(KIND, MISSING), secret=world.secrets["borealis"])


def test_another_tenants_secret_opens_nothing_here(world: World) -> None:
    refused(world, "bad_signature", world.event(KIND, MISSING), tenant="borealis", slug="acme")
    assert kept(world) == (0, 0, 0)


def test_an_unknown_source_is_refused_like_a_bad_signature(world: World) -> None:
    with world.refused("bad_signature"):
        world.deliver(world.event(KIND, MISSING), slug="nobody")


@pytest.mark.parametrize("off", [-301, 301, -86_400, 86_400])
def test_a_stale_delivery_is_refused(world: World, off: int) -> None:
    refused(world, "stale_signature", world.event(KIND, MISSING), at=world.clock() + timedelta(seconds=off))


@pytest.mark.parametrize("off", [-298, 298])
def test_a_delivery_within_the_window_is_taken(world: World, off: int) -> None:
    assert world.deliver(world.event(KIND, MISSING), at=world.clock() + timedelta(seconds=off)).accepted


@pytest.mark.parametrize("stamp", ["999999999999", "000000000000", "253402300800"])
def test_a_timestamp_beyond_all_years_is_stale(world: World, stamp: str) -> None:
    """Signed by the right secret: only the time is absurd."""
    body = json.dumps(world.event(KIND, MISSING)).encode()
    key = base64.b64decode(world.secrets["acme"].removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, f"m.{stamp}.".encode() + body, sha256)).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": f"v1,{mac}"}
    with world.refused("stale_signature"):
        ingest.accept(world.ctx, "acme", headers, body)


def test_a_replayed_delivery_is_stale_after_five_minutes_and_a_duplicate_before(world: World) -> None:
    at, event = world.clock(), world.event(KIND, MISSING)
    world.deliver(event, at=at)
    assert world.deliver(event, at=at).accepted[0].duplicate
    world.clock.move(minutes=6)
    refused(world, "stale_signature", event, at=at)


def test_a_rotated_secret_opens_for_a_day_and_not_longer(world: World) -> None:
    old = world.secrets["acme"]
    new = rotate_source(world.ctx, machine_actor("acme"), "acme")
    for secret in (old, new):
        assert world.deliver(world.event(KIND, MISSING), secret=secret).accepted
    world.clock.move(hours=25)
    refused(world, "bad_signature", world.event(KIND, MISSING), secret=old)
    assert world.deliver(world.event(KIND, MISSING), secret=new).accepted


def test_a_secret_rotated_twice_is_gone(world: World) -> None:
    old = world.secrets["acme"]
    for _ in range(2):
        rotate_source(world.ctx, machine_actor("acme"), "acme")
    refused(world, "bad_signature", world.event(KIND, MISSING), secret=old)


def test_a_source_emits_only_its_own_types(world: World) -> None:
    slug, secret = add_source(
        world.ctx, machine_actor("acme"), "tracker", verifier="standard-webhooks", types=["psa.*", WON]
    )
    assert world.deliver(world.event(KIND, MISSING), slug=slug, secret=secret).accepted
    assert world.deliver(world.event(WON, {"opportunity_id": "opp-05"}), slug=slug, secret=secret).accepted
    refused(world, "type_not_allowed", world.event("erp.invoice.drafted", {"invoice_id": "inv-003"}), "/type",
            slug=slug, secret=secret)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("assistant.triage.requested", {"kind": "other", "text": "x"}),
        ("assistant.record.doubted", {"record": {"kind": "contract", "id": "ctr-01"}, "findings": ["terms_differ"]}),
    ],
)
def test_no_source_speaks_as_one_of_us(world: World, kind: str, data: dict[str, Any]) -> None:
    """Events that the service makes come from itself alone, whatever a source may emit."""
    refused(world, "type_not_allowed", world.event(kind, data), "/type")


def test_an_oversized_body_is_refused(world: World) -> None:
    refused(world, "too_large", world.event(KIND, MISSING | {"pad": "x" * (1024 * 1024)}))


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"", "invalid_body", ""),
        (b"{", "invalid_body", ""),
        (b"nonsense", "invalid_body", ""),
        (b"\xff\xfe{}", "invalid_body", ""),
        (b'{"a": "\xc3\x28"}', "invalid_body", ""),
        (b'{"specversion":"1.0","id":"a","id":"b"}', "invalid_body", ""),
        (b'{"data":{"n":NaN}}', "invalid_body", ""),
        (b'{"data":{"n":Infinity}}', "invalid_body", ""),
        (b"[" * 5000 + b"]" * 5000, "too_deep", ""),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "too_deep", ""),
        (b'"text"', "invalid_body", ""),
        (b"17", "invalid_body", ""),
        (b"null", "invalid_body", ""),
        (b"[]", "invalid_body", ""),
    ],
)
def test_a_body_that_is_no_event_is_refused(world: World, body: bytes, code: str, pointer: str) -> None:
    refused(world, code, body, pointer)


def changed(**attributes: Any) -> Any:
    return lambda event: {name: value for name, value in (event | attributes).items() if value is not ...}


def inside(**fields: Any) -> Any:
    return lambda event: (
        event | {"data": {name: value for name, value in (event["data"] | fields).items() if value is not ...}}
    )


@pytest.mark.parametrize(
    ("spoil", "pointer"),
    [
        (changed(specversion="0.3"), "/specversion"),
        (changed(specversion=...), "/specversion"),
        (changed(id=""), "/id"),
        (changed(id=7), "/id"),
        (changed(id="x" * 201), "/id"),
        (changed(source=...), "/source"),
        (changed(source=""), "/source"),
        (changed(type=...), "/type"),
        (changed(type="Nonsense"), "/type"),
        (changed(type="a"), "/type"),
        (changed(time="yesterday"), "/time"),
        (changed(time="2026-03-02T09:00:00"), "/time"),
        (changed(time=1_772_442_000), "/time"),
        (changed(time="1999-01-01T00:00:00Z"), "/time"),
        (changed(time="2999-01-01T00:00:00Z"), "/time"),
        (changed(time="0001-01-01T00:00:00+14:00"), "/time"),
        (changed(time="9999-12-31T23:59:59-14:00"), "/time"),
        (changed(datacontenttype="text/xml"), "/datacontenttype"),
        (changed(data=[1]), "/data"),
        (changed(data="x"), "/data"),
        (changed(data=..., data_base64="%%%"), "/data_base64"),
        (changed(data=..., data_base64="e30"), "/data_base64"),
        (changed(data=..., data_base64="WzFd"), "/data_base64"),
        (inside(person_id=...), "/data/person_id"),
        (inside(person_id=12), "/data/person_id"),
        (inside(person_id=""), "/data/person_id"),
        (inside(person_id="../../etc/passwd"), "/data/person_id"),
        (inside(person_id="per 12"), "/data/person_id"),
        (inside(person_id="x" * 121), "/data/person_id"),
        (inside(person_id="pеr-12"), "/data/person_id"),
        (inside(person_id="per-12\u202e"), "/data/person_id"),
        (inside(week_start_on="2026-02-30"), "/data/week_start_on"),
        (inside(week_start_on="0001-01-01"), "/data/week_start_on"),
        (inside(week_start_on="9999-12-31"), "/data/week_start_on"),
        (inside(week_start_on=20260223), "/data/week_start_on"),
        (inside(week_start_on=None), "/data/week_start_on"),
    ],
)
def test_a_wrong_field_is_named(world: World, spoil: Any, pointer: str) -> None:
    refused(world, "invalid_body", spoil(world.event(KIND, MISSING)), pointer)


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        (WON, {"opportunity_id": "opp-05", "amount_minor": 10**15}, "/data/amount_minor"),
        (WON, {"opportunity_id": "opp-05", "amount_minor": 10.5}, "/data/amount_minor"),
        (WON, {"opportunity_id": "opp-05", "amount_minor": "100"}, "/data/amount_minor"),
        (WON, {"opportunity_id": "opp-05", "amount_minor": True}, "/data/amount_minor"),
        (WON, {"opportunity_id": "opp-05", "currency": "Euro"}, "/data/currency"),
        ("psa.change_request.submitted", {"project_id": "prj-01", "text": "x" * 10_001}, "/data/text"),
        ("psa.change_request.submitted", {"project_id": "prj-01", "text": ""}, "/data/text"),
        ("psa.change_request.submitted", {"project_id": "prj-01", "text": "a\x00b"}, "/data/text"),
        (
            "psa.change_request.submitted",
            {"project_id": "prj-01", "text": "x", "requested_by": "x" * 255}, "/data/requested_by",
        ),
        (
            "psa.sow.approved",
            {"contract_id": "c", "title": "t", "start_on": "2026-03-09", "end_on": "2026-03-10",
             "roles": [{"role": "r", "skill": "s", "percent": 101}]}, "/data/roles/0/percent",
        ),
        (
            "psa.sow.approved",
            {"contract_id": "c", "title": "t", "start_on": "2026-03-09", "end_on": "2026-03-10",
             "roles": [{"role": "r", "skill": "s"}] * 51}, "/data/roles",
        ),
    ],
)  # fmt: skip
def test_absurd_values_are_named(world: World, kind: str, data: dict[str, Any], pointer: str) -> None:
    refused(world, "invalid_body", world.event(kind, data), pointer)


@pytest.mark.parametrize("value", [10**400, 2**53 + 1, -(2**60), "\ud800", {"\udfff": 1}, [["\ud800"]], 1e400])
@pytest.mark.parametrize("kind", ["crm.comet.sighted", KIND])
def test_what_cannot_be_kept_exactly_is_refused_or_left_aside(world: World, kind: str, value: Any) -> None:
    """Numbers beyond what canonical JSON carries, and halves of surrogate pairs: never an error of the service."""
    body = json.dumps(world.event(kind, MISSING | {"odd": value})).replace("Infinity", "1e400").encode()
    try:
        taken = world.deliver(body)
    except Exception as problem:  # noqa: BLE001 - told apart on the next line
        assert getattr(problem, "code", None) == "invalid_body", repr(problem)  # noqa: PT017
        assert kept(world) == (0, 0, 0)
    else:
        assert taken.accepted
    world.run()
