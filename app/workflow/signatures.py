"""Whether a delivery was signed by its source: Standard Webhooks 1.0.0 (symmetric), over the raw body.

Written out here rather than taken from the reference library because the five-minute window has to follow the injected
clock; the tests hold it against that library. https://github.com/standard-webhooks/standard-webhooks
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from app.errors import Problem

WINDOW = timedelta(minutes=5)
_LONGEST_ID = 180  # an event's id has 200: the number of an event in its batch may follow
VERIFIERS = ("standard-webhooks",)
SECRET_PREFIX = "whsec_"  # noqa: S105 - the format's public prefix


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The delivery's `webhook-id` if one of `secrets` (the present one, and a rotated one while it lasts) signed it.

    Raises Problem: `bad_signature` (absent, malformed, or no secret fits), `stale_signature` (more than five minutes
    before or after `now`). All secrets and signatures are compared, in constant time each.
    """
    ident, stamp, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (ident and stamp and signatures):
        raise Problem("bad_signature", "The headers webhook-id, webhook-timestamp and webhook-signature are needed.")
    if len(ident) > _LONGEST_ID or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Problem("bad_signature", "webhook-id or webhook-timestamp is malformed.")
    given = [value for version, _, value in (part.partition(",") for part in signatures.split()) if version == "v1"]
    signed = f"{ident}.{stamp}.".encode() + body
    fits = False
    for secret in secrets:
        expected = base64.b64encode(hmac.digest(_key(secret), signed, sha256))
        for value in given[:10]:
            fits |= hmac.compare_digest(expected, value.encode("utf-8", "replace"))
    if not fits:
        raise Problem("bad_signature", "No webhook-signature fits the body.")
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        raise Problem("stale_signature", "webhook-timestamp is more than five minutes away from now.")
    return ident


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a stored webhook secret is not base64") from None
