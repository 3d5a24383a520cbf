"""Deliveries that must not be taken: status, a problem that names the field, and nothing half stored."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.sender import BATCH, event
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_ABSURD_DATES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-11-23T00:00:00", 1e18)


@pytest.fixture(autouse=True)
def _nothing_stored(site: Site) -> Iterator[None]:
    """What a caller can count is the same before and after."""
    before = site.tally()
    yield
    assert site.tally() == before


def test_an_unknown_source(site: Site) -> None:
    sender = site.senders["all"]
    body = json.dumps(site.fresh("erp.invoice.drafted")).encode()
    for slug in ("nobody", "x" * 300, "%00", "ALL", "all "):
        answer = site.call("POST", f"/v1/events/{slug}", None, content=body, headers=sender.headers(body))
        problem(answer, 401, "bad_signature")


def test_unsigned_and_wrongly_signed(site: Site) -> None:
    sender, body = site.senders["all"], json.dumps(site.fresh("erp.invoice.drafted")).encode()
    right = sender.headers(body)
    for name in right:
        headers = {key: value for key, value in right.items() if key != name}
        problem(site.call("POST", "/v1/events/all", None, content=body, headers=headers), 401, "bad_signature")
    for wrong in ("v1,AAAA", "v1,", "v2" + right["webhook-signature"][2:], "v1,ü", right["webhook-signature"][3:]):
        answer = sender.http.post(
            sender.url, content=body, headers=httpx.Headers(right | {"webhook-signature": wrong}, encoding="utf-8")
        )
        problem(answer, 401, "bad_signature")
    other = site.senders["crm"].headers(body)
    problem(site.call("POST", "/v1/events/all", None, content=body, headers=other), 401, "bad_signature")
    # The signature covers the id, the time and each byte of the body.
    problem(sender.http.post(sender.url, content=body + b" ", headers=right), 401, "bad_signature")
    problem(sender.http.post(sender.url, content=body, headers=right | {"webhook-id": "x"}), 401, "bad_signature")
    later = str(int(right["webhook-timestamp"]) + 1)
    problem(sender.http.post(sender.url, content=body, headers=right | {"webhook-timestamp": later}), 401,
            "bad_signature")  # fmt: skip


def test_stale_and_from_the_future(site: Site) -> None:
    for away in (-3600, -330, 330, 3600):
        problem(site.senders["all"].post(site.fresh("erp.invoice.drafted"), at=time.time() + away), 401,
                "stale_signature")  # fmt: skip


def test_a_token_is_no_signature(site: Site) -> None:
    problem(site.post("/v1/events/all", site.fresh("erp.invoice.drafted"), "admin"), 401, "bad_signature")


def test_oversized(site: Site) -> None:
    sent = site.fresh("support.ticket.opened", text="x" * 1_100_000)
    problem(site.senders["all"].post(sent), 413, "too_large")

    def streamed() -> Iterator[bytes]:
        for _ in range(40):
            yield b"[" * 65_536

    answer = site.call("POST", "/v1/events/all", None, content=streamed())
    problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_body"), (b"hello", "invalid_body"), (b"<event/>", "invalid_body"), (b"{", "invalid_body"),
        (b"null", "invalid_body"), (b"7", "invalid_body"), (b"[]", "invalid_body"), (b'"text"', "invalid_body"),
        (b"{} {}", "invalid_body"), (b'{"id":"a","id":"b"}', "invalid_body"), (b'{"id":NaN}', "invalid_body"),
        (b'{"id":1e999}', "invalid_body"), (b'{"id":"\xff\xfe"}', "invalid_body"),
        (b'{"id":"\\ud800"}', "invalid_body"),
        (b"\xef\xbb\xbf{}", "invalid_body"), ('{"id":"x"}'.encode("utf-16"), "invalid_body"),
        (b'{"data":' * 40 + b"1" + b"}" * 40, "too_deep"), (b"[" * 100_000, "too_deep"),
        (b'{"data":' + b"[" * 60 + b"]" * 60 + b"}", "too_deep"), (b'{"id":' + b"9" * 9_000 + b"}", "invalid_body"),
    ],
)  # fmt: skip
def test_what_is_no_event(site: Site, body: bytes, code: str) -> None:
    found = problem(site.senders["all"].post(body, media="application/json"), 422, code)
    assert found["errors"], found


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"), ({"specversion": None}, "/specversion"), ({"id": 7}, "/id"),
        ({"id": ""}, "/id"), ({"id": "x" * 1000}, "/id"), ({"id": "a\u0000b"}, "/id"), ({"source": None}, "/source"),
        ({"source": ""}, "/source"), ({"type": None}, "/type"), ({"type": 5}, "/type"), ({"type": "no"}, "/type"),
        ({"type": "erp..drafted"}, "/type"), ({"type": "еrp.invoice.drafted"}, "/type"), ({"subject": 1}, "/subject"),
        ({"time": "yesterday"}, "/time"), ({"data": [1]}, "/data"), ({"data": "x"}, "/data"),
        ({"data": {}}, "/data/invoice_id"),
        ({"data": {"invoice_id": 7}}, "/data/invoice_id"), ({"data": {"invoice_id": None}}, "/data/invoice_id"),
        ({"data": {"invoice_id": ["inv-001"]}}, "/data/invoice_id"), ({"data": {"invoice_id": ""}}, "/data/invoice_id"),
        ({"data": {"invoice_id": "x" * 500}}, "/data/invoice_id"),
        ({"data": {"invoice_id": "inv\u202e001"}}, "/data/invoice_id"),
        ({"data": {"invoice_id": "inv-001", "project_id": True}}, "/data/project_id"),
        ({"data": None, "data_base64": "%%%"}, "/data_base64"),
        ({"data": None, "data_base64": "bm90IGpzb24="}, "/data_base64"),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(site: Site, change: dict[str, Any], pointer: str) -> None:
    sent = event("erp.invoice.drafted", {"invoice_id": "inv-001"}) | change
    sent = {name: value for name, value in sent.items() if value is not None}
    problem(site.senders["all"].post(sent), 422, "invalid_body", pointer)


@pytest.mark.parametrize("when", _ABSURD_DATES)
def test_absurd_times_of_events(site: Site, when: object) -> None:
    problem(site.senders["all"].post(site.fresh("erp.invoice.drafted") | {"time": when}), 422, "invalid_body", "/time")


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        ("crm.contract.expiring", {"expires_on": "0000-00-00"}, "/data/expires_on"),
        ("crm.contract.expiring", {"expires_on": "2026-02-30"}, "/data/expires_on"),
        ("crm.contract.expiring", {"expires_on": 20261123}, "/data/expires_on"),
        ("crm.contract.expiring", {"expires_on": "99999-01-01"}, "/data/expires_on"),
        ("crm.opportunity.won", {"amount_minor": 10**30}, "/data/amount_minor"),
        ("crm.opportunity.won", {"amount_minor": 12.5}, "/data/amount_minor"),
        ("crm.opportunity.won", {"amount_minor": "1000"}, "/data/amount_minor"),
        ("crm.opportunity.won", {"amount_minor": True}, "/data/amount_minor"),
        ("crm.opportunity.won", {"currency": "euro"}, "/data/currency"),
        ("psa.sow.approved", {"roles": [{"role": "x", "skill": "y", "percent": 101}]}, "/data/roles/0/percent"),
        ("psa.sow.approved", {"roles": [{"role": "x", "skill": "y"}] * 51}, "/data/roles"),
        ("psa.change_request.submitted", {"text": "x" * 200_000}, "/data/text"),
        ("support.ticket.opened", {"title": "two\nlines"}, "/data/title"),
    ],
)
def test_absurd_dates_amounts_and_texts(site: Site, kind: str, data: dict[str, Any], pointer: str) -> None:
    problem(site.senders["all"].post(site.fresh(kind, **data)), 422, "invalid_body", pointer)


def test_a_batch_of_bad_ones_names_each(site: Site) -> None:
    bad = [event("erp.invoice.drafted", {"invoice_id": 7}), {"id": 1}, 5]
    found = problem(site.senders["all"].post(bad, media=BATCH), 422, "invalid_body", "/0/data/invoice_id", "/1/id")
    assert any(each["pointer"].startswith("/2") for each in found["errors"])


def test_batches_that_are_none(site: Site) -> None:
    sender = site.senders["all"]
    problem(sender.post([], media=BATCH), 422, "invalid_body")
    problem(sender.post({}, media=BATCH), 422, "invalid_body")
    problem(sender.post([site.fresh("erp.invoice.drafted") for _ in range(101)], media=BATCH), 422, "invalid_body")


def test_binary_with_missing_or_bad_attributes(site: Site) -> None:
    sender = site.senders["all"]
    attributes = {"ce-specversion": "1.0", "ce-id": f"e-{uuid.uuid4()}", "ce-source": "tests",
                  "ce-type": "erp.invoice.drafted"}  # fmt: skip
    body = {"invoice_id": "inv-001"}
    for missing in ("specversion", "source", "type"):
        headers = {name: value for name, value in attributes.items() if name != f"ce-{missing}"}
        problem(sender.post(body, media="application/json", headers=headers), 422, "invalid_body", f"/{missing}")
    problem(sender.post(body, media="application/json", headers=attributes | {"ce-time": "soon"}), 422, "invalid_body",
            "/time")  # fmt: skip
    problem(sender.post({"invoice_id": 1}, media="application/json", headers=attributes), 422, "invalid_body",
            "/data/invoice_id")  # fmt: skip


def test_our_own_type_comes_from_no_source(site: Site) -> None:
    sent = event("assistant.triage.requested", {"kind": "other", "text": "hello"})
    problem(site.senders["all"].post(sent), 422, "type_not_allowed", "/type")


def test_every_refusal_of_a_known_source_is_on_record(site: Site) -> None:
    before = sum(1 for _ in site.every("/v1/audit/entries", kind="event.refused"))
    problem(site.senders["all"].post(b"{}"), 422, "invalid_body")
    problem(site.senders["all"].post(b"{}", headers={"webhook-signature": "v1,AAAA"}), 401, "bad_signature")
    assert sum(1 for _ in site.every("/v1/audit/entries", kind="event.refused")) == before + 2
