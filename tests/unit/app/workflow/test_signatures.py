"""Signed deliveries, held against the reference library of Standard Webhooks."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from app.errors import Code, Problem
from app.workflow.signatures import SECRET_PREFIX, WINDOW, verify

NOW = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)
BODY = '{"specversion":"1.0","text":"Zwei Masken mehr, bitte."}'
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
KEYS = st.binary(min_size=1, max_size=64)


def secret_of(key: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(key).decode()


SECRET, FORMER, FOREIGN = (secret_of(bytes([number]) * 24) for number in (1, 2, 3))


def signed(secret: str, at: datetime = NOW, *, ident: str = "msg_1", body: str = BODY) -> dict[str, str]:
    """The headers as the reference library makes them."""
    return {
        "webhook-id": ident, "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(ident, at, body),
    }  # fmt: skip


def refusal(headers: dict[str, str], *secrets: str, body: bytes = BODY.encode(), now: datetime = NOW) -> Code:
    with pytest.raises(Problem) as raised:
        verify(secrets or (SECRET,), headers, body, now)
    assert raised.value.status == 401
    return raised.value.code


@given(key=KEYS, ident=PRINTABLE, body=st.text(), seconds=st.integers(-299, 299))
def test_what_the_reference_library_signs_holds(key: bytes, ident: str, body: str, seconds: int) -> None:
    headers = signed(secret_of(key), NOW + timedelta(seconds=seconds), ident=ident, body=body)
    assert verify([secret_of(key)], headers, body.encode(), NOW) == ident


@given(
    key=KEYS, other=KEYS, ident=PRINTABLE, body=st.text(), seconds=st.sampled_from([-3600, -60, 0, 60, 3600]),
    spoilt=st.sampled_from(["", "key", "body", "id", "stamp", "version", "missing"]),
)  # fmt: skip
def test_it_accepts_exactly_what_the_reference_library_accepts(
    key: bytes, other: bytes, ident: str, body: str, seconds: int, spoilt: str
) -> None:
    now = datetime.now(UTC)  # the library knows no other clock
    headers = signed(secret_of(other if spoilt == "key" else key), now + timedelta(seconds=seconds), ident=ident,
                     body=body)  # fmt: skip
    match spoilt:
        case "body":
            body += " "
        case "id":
            headers["webhook-id"] += "x"
        case "stamp":
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
        case "version":
            headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
        case "missing":
            del headers["webhook-id"]
    try:
        Webhook(secret_of(key)).verify(body, dict(headers), json_parse=False)
    except WebhookVerificationError:
        refusal(headers, secret_of(key), body=body.encode(), now=now)
    else:
        assert verify([secret_of(key)], headers, body.encode(), now) == ident


@pytest.mark.parametrize("place", range(0, len(BODY), 7))
def test_every_byte_of_the_body_is_covered(place: int) -> None:
    raw = bytearray(BODY.encode())
    raw[place] ^= 1
    assert refusal(signed(SECRET), body=bytes(raw)) == "bad_signature"


@pytest.mark.parametrize("sign", [1, -1])
def test_the_window_is_five_minutes_to_the_second_each_way(sign: int) -> None:
    exactly = NOW.replace(microsecond=0)
    assert verify([SECRET], signed(SECRET, exactly + sign * WINDOW), BODY.encode(), exactly) == "msg_1"
    late = signed(SECRET, exactly + sign * (WINDOW + timedelta(seconds=1)))
    assert refusal(late, now=exactly) == "stale_signature"


def test_only_a_right_signature_is_told_that_it_is_stale() -> None:
    old = NOW - timedelta(days=1)
    assert refusal(signed(SECRET, old)) == "stale_signature"
    assert refusal(signed(FOREIGN, old)) == "bad_signature"


@pytest.mark.parametrize("stamp", [0, 1, 253_402_300_800, 999_999_999_999])  # from 1970 to beyond the year 9999
def test_an_absurd_time_is_stale_though_it_is_rightly_signed(stamp: int) -> None:
    mac = base64.b64encode(hmac.digest(bytes([1]) * 24, f"msg_1.{stamp}.{BODY}".encode(), "sha256")).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": f"v1,{mac}"}
    assert refusal(headers) == "stale_signature"


def test_while_a_secret_is_rotated_both_hold_and_then_only_the_new_one() -> None:
    for secret in (SECRET, FORMER):
        assert verify([SECRET, FORMER], signed(secret), BODY.encode(), NOW) == "msg_1"
    assert refusal(signed(FORMER), SECRET) == "bad_signature"
    assert refusal(signed(FOREIGN), SECRET, FORMER) == "bad_signature"
    assert refusal(signed(SECRET), FOREIGN) == "bad_signature"


def test_a_sender_that_rotates_signs_twice() -> None:
    headers = signed(SECRET)
    both = f"{signed(FORMER)['webhook-signature']} {headers['webhook-signature']}"
    assert verify([SECRET], headers | {"webhook-signature": both}, BODY.encode(), NOW) == "msg_1"
    assert verify([FORMER], headers | {"webhook-signature": both}, BODY.encode(), NOW) == "msg_1"
    asymmetric = f"v1a,AAAA {headers['webhook-signature']}"
    assert verify([SECRET], headers | {"webhook-signature": asymmetric}, BODY.encode(), NOW) == "msg_1"


def test_no_flood_of_signatures_is_tried() -> None:
    headers = signed(SECRET)
    flood = " ".join(["v1,AAAA"] * 10_000 + [headers["webhook-signature"]])
    assert refusal(headers | {"webhook-signature": flood}) == "bad_signature"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-signature", ""), ("webhook-signature", "v1"), ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,nonsense"), ("webhook-signature", ",,,"), ("webhook-signature", "v1,é"),
        ("webhook-signature", "v1,\ud800"), ("webhook-timestamp", ""), ("webhook-timestamp", "now"),
        ("webhook-timestamp", "1.5e9"), ("webhook-timestamp", "-5"), ("webhook-timestamp", " 5"),
        ("webhook-timestamp", "٥"), ("webhook-timestamp", "9" * 13), ("webhook-timestamp", "9" * 5000),
        ("webhook-id", ""), ("webhook-id", "x" * 181), ("webhook-id", "msg_2"),
    ],
)  # fmt: skip
def test_malformed_headers_are_a_bad_signature(name: str, value: str) -> None:
    assert refusal(signed(SECRET) | {name: value}) == "bad_signature"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed(name: str) -> None:
    headers = signed(SECRET)
    del headers[name]
    assert refusal(headers) == "bad_signature"


def test_without_a_secret_nothing_holds() -> None:
    with pytest.raises(Problem) as refused:
        verify([], signed(SECRET), BODY.encode(), NOW)
    assert refused.value.code == "bad_signature"


def test_a_stored_secret_that_is_none_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="not base64"):
        verify(["whsec_%%%"], signed(SECRET), BODY.encode(), NOW)
