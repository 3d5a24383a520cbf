"""A sender of events, written from the Standard Webhooks and CloudEvents specifications alone."""

import base64
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def event(kind: str, data: Any, **more: Any) -> dict[str, Any]:
    """A CloudEvent of this type; `more` overrides attributes, None leaves one out."""
    made = {"specversion": "1.0", "id": f"e-{uuid.uuid4()}", "source": "tests", "type": kind, "data": data} | more
    return {name: value for name, value in made.items() if value is not None}


@dataclass
class Sender:
    """Signs and posts deliveries of one source."""

    url: str
    secret: str
    http: httpx.Client

    def headers(self, body: bytes, *, ident: str | None = None, at: float | None = None) -> dict[str, str]:
        ident, stamp = ident or f"msg-{uuid.uuid4()}", str(int(time.time() if at is None else at))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        mac = hmac.digest(key, f"{ident}.{stamp}.".encode() + body, sha256)
        signature = f"v1,{base64.b64encode(mac).decode()}"
        return {"webhook-id": ident, "webhook-timestamp": stamp, "webhook-signature": signature}

    def post(
        self, body: Any, *, media: str = STRUCTURED, ident: str | None = None, at: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Delivers `body`, bytes as they are or else as JSON; `headers` go over the usual ones."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"content-type": media} | self.headers(raw, ident=ident, at=at)
        return self.http.post(self.url, content=raw, headers=usual | dict(headers or {}))

    def take(self, body: Any) -> str:
        """Delivers one event that must be taken; answers its case's id."""
        answer = self.post(body)
        assert answer.status_code == 202, answer.text
        (taken,) = answer.json()["accepted"]
        case_id: str = taken["case_id"]
        return case_id
