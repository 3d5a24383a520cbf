"""`POST /v1/events/{source}` over HTTP; the workflow's own tests go deeper."""

import base64
import hmac
import json
from hashlib import sha256
from typing import Any

from app.store.models import Event
from tests.integration.api.conftest import Api, problem


def deliver(
    api: Api, body: Any, *, slug: str = "acme", media: str = "application/cloudevents+json", **more: str
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(api.world.clock().timestamp()))
    key = base64.b64decode(api.world.secrets["acme"].removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, f"msg-1.{stamp}.".encode() + raw, sha256)).decode()
    headers = {
        "content-type": media,
        "webhook-id": "msg-1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{mac}",
    }
    return api.client.post(f"/v1/events/{slug}", content=raw, headers=headers | more)


def test_a_signed_event_is_taken_once(api: Api) -> None:
    event = api.world.event("erp.invoice.drafted", {"invoice_id": "inv-003"})
    first, again = deliver(api, event), deliver(api, event)
    assert first.status_code == again.status_code == 202
    (taken,) = first.json()["accepted"]
    assert taken == {"event_id": event["id"], "case_id": taken["case_id"], "duplicate": False}
    assert again.json()["accepted"] == [taken | {"duplicate": True}]
    assert len(api.world.rows(Event)) == 1


def test_unknown_and_unsigned_sources_read_the_same(api: Api) -> None:
    event = api.world.event("erp.invoice.drafted", {"invoice_id": "inv-003"})
    unknown = problem(deliver(api, event, slug="nobody"), 401, "bad_signature")
    forged = problem(deliver(api, event, **{"webhook-signature": "v1,AAAA"}), 401, "bad_signature")
    assert unknown["title"] == forged["title"]
    assert api.world.rows(Event) == []


def test_a_batch_with_one_bad_item_names_it_and_keeps_the_others(api: Api) -> None:
    good = [api.world.event("erp.invoice.drafted", {"invoice_id": "inv-003"}) for _ in range(2)]
    bad = api.world.event("erp.invoice.drafted", {"invoice_id": 7})
    answer = deliver(api, [good[0], bad, good[1]], media="application/cloudevents-batch+json")
    assert answer.status_code == 202
    assert [each["event_id"] for each in answer.json()["accepted"]] == [good[0]["id"], good[1]["id"]]
    (refused,) = answer.json()["rejected"]
    assert (refused["index"], refused["code"]) == (1, "invalid_body")
    assert refused["errors"][0]["pointer"] == "/data/invoice_id"


def test_an_oversized_delivery(api: Api) -> None:
    body = json.dumps(
        api.world.event("erp.invoice.drafted", {"invoice_id": "x" * api.world.ctx.settings.max_body_bytes})
    )
    problem(deliver(api, body.encode()), 413, "too_large")


def test_a_bearer_token_is_no_signature(api: Api) -> None:
    event = api.world.event("erp.invoice.drafted", {"invoice_id": "inv-003"})
    problem(api.post("/v1/events/acme", event, "ada"), 401, "bad_signature")
