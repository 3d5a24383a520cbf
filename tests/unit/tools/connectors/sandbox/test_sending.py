"""Events leave the outbox signed, once their receiver has answered for them, over a real socket."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.unit.tools.conftest import SetClock
from tools.connectors.sandbox import Sandbox

SECRET = "whsec_" + "c2FuZGJveC1zZWNyZXQtc2FuZGJveC1zZWNyZXQ="


@dataclass
class Receiver:
    """Answers by `answers` while there are any, then 202; keeps what it was sent."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            answer = b'{"code":"told to"}'
            self.send_response(kept.answers.pop(0) if kept.answers else 202)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        kept.url = f"http://127.0.0.1:{server.server_port}/v1/events/sandbox"
        yield kept
        server.shutdown()
        thread.join()


def _bodies(receiver: Receiver) -> list[str]:
    return [json.loads(body)["id"] for _headers, body in receiver.taken]


def test_events_arrive_in_order_signed_over_their_exact_bytes(firm: Sandbox, receiver: Receiver) -> None:
    events = firm.emit(count=13)
    delivery = firm.deliver(receiver.url, SECRET)
    assert delivery.sent == [event["id"] for event in events]
    assert (delivery.refused, delivery.waiting, firm.waiting()) == ({}, [], [])
    for event, (headers, body) in zip(events, receiver.taken, strict=True):
        assert json.loads(body) == event
        assert headers["content-type"].startswith("application/cloudevents+json")
        assert headers["webhook-id"] == event["id"]
        signed = Webhook(SECRET).sign(event["id"], _at(headers), body.decode())
        assert headers["webhook-signature"] == signed
    assert firm.deliver(receiver.url, SECRET).sent == []
    assert len(receiver.taken) == 13


def _at(headers: dict[str, str]) -> datetime:
    return datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)


def test_a_receiver_that_verifies_finds_the_clock_s_time(firm: Sandbox, receiver: Receiver, clock: SetClock) -> None:
    firm.emit()
    firm.deliver(receiver.url, SECRET)
    headers, body = receiver.taken[0]
    assert _at(headers) == clock.now
    # The set clock lies far from today's, and the library's window notices.
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers)


def test_a_busy_receiver_is_asked_again_with_growing_pauses(firm: Sandbox, receiver: Receiver, clock: SetClock) -> None:
    (event,) = firm.emit()
    receiver.answers = [503, 429, 500]
    started = clock.now
    assert firm.deliver(receiver.url, SECRET).sent == [event["id"]]
    assert _bodies(receiver) == [event["id"]] * 4
    assert (clock.now - started).total_seconds() == pytest.approx(0.2 + 0.4 + 0.8)


def test_a_receiver_that_stays_down_loses_nothing(firm: Sandbox, receiver: Receiver) -> None:
    events = [event["id"] for event in firm.emit(count=3)]
    receiver.answers = [202, *[503] * 4]
    delivery = firm.deliver(receiver.url, SECRET)
    assert (delivery.sent, delivery.waiting) == (events[:1], events[1:])
    assert firm.waiting() == events[1:]
    assert firm.deliver(receiver.url, SECRET).sent == events[1:]


def test_nobody_listening_loses_nothing(firm: Sandbox) -> None:
    events = [event["id"] for event in firm.emit(count=2)]
    assert firm.deliver("http://127.0.0.1:9/", SECRET).waiting == events
    assert firm.waiting() == events


def test_what_is_turned_down_is_set_aside_with_the_answer(firm: Sandbox, receiver: Receiver) -> None:
    events = [event["id"] for event in firm.emit(count=2)]
    receiver.answers = [422]
    delivery = firm.deliver(receiver.url, SECRET)
    assert delivery.refused == {events[0]: '422 {"code":"told to"}'}
    assert delivery.sent == events[1:]
    assert firm.waiting() == []


def test_copies_carry_one_id(firm: Sandbox, receiver: Receiver) -> None:
    events = [event["id"] for event in firm.emit(count=2)]
    firm.deliver(receiver.url, SECRET, copies=3)
    assert _bodies(receiver) == [events[0]] * 3 + [events[1]] * 3
    assert {headers["webhook-id"] for headers, _body in receiver.taken} == set(events)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "nowhere", "http://"])
def test_an_address_that_is_none(firm: Sandbox, url: str) -> None:
    firm.emit()
    with pytest.raises(ValueError, match="http or https"):
        firm.deliver(url, SECRET)
    with pytest.raises(ValueError, match="copies"):
        firm.deliver("http://127.0.0.1:9/", SECRET, copies=0)
