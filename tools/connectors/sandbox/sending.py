"""Sends what waits in the outbox as signed webhooks. An event has left once its receiver has answered for it."""

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from tools.connectors.sandbox.store import Store

ATTEMPTS, FIRST_PAUSE_S, TIMEOUT_S = 4, 0.2, 10.0
_AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Delivery:
    """Event ids: taken by the receiver; turned down for good, with its answer; waiting still, as it did not answer."""

    sent: list[str]
    refused: dict[str, str]
    waiting: list[str]


@dataclass(frozen=True)
class _Answer:
    status: int
    text: str

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def worth_another_try(self) -> bool:
        return self.status == 0 or self.status >= 500 or self.status in _AGAIN


class Sender:
    """Posts to one URL under one Standard Webhooks secret (`whsec_…`), by a clock for the signatures' time.

    `copies` > 1 sends every event that often, as senders do that time out on an answer. Raises ValueError for a URL
    that is not http or https, standardwebhooks.EmptyWebhookSecretError or binascii.Error for a bad secret.
    """

    def __init__(
        self, url: str, secret: str, clock: Callable[[], datetime], pause: Callable[[float], None], copies: int = 1
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError(f"an event goes to an http or https URL, not {url}")
        if copies < 1:
            raise ValueError("copies is at least 1")
        self._url, self._webhook, self._clock, self._pause, self._copies = url, Webhook(secret), clock, pause, copies
        # The receiver is the product itself, often on this machine: no proxy of the environment stands between.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def drain(self, store: Store) -> Delivery:
        """Sends in order. What is turned down is set aside; the first that cannot be delivered ends the run."""
        sent: list[str] = []
        refused: dict[str, str] = {}
        rows = store.rows("SELECT id, body FROM outbox WHERE state = 'waiting' ORDER BY seq")
        for place, (ident, body) in enumerate(rows):
            answers = [self._persist(str(ident), str(body)) for _copy in range(self._copies)]
            taken = any(answer.taken for answer in answers)
            if not taken and answers[-1].worth_another_try:
                self._note(store, ident, "waiting", answers[-1])
                return Delivery(sent, refused, [str(row[0]) for row in rows[place:]])
            self._note(store, ident, "sent" if taken else "refused", answers[-1])
            if taken:
                sent.append(str(ident))
            else:
                refused[str(ident)] = f"{answers[-1].status} {answers[-1].text}"
        return Delivery(sent, refused, [])

    def _persist(self, ident: str, body: str) -> _Answer:
        answer = self._post(ident, body)
        for attempt in range(1, ATTEMPTS):
            if not answer.worth_another_try:
                break
            self._pause(FIRST_PAUSE_S * 2 ** (attempt - 1))
            answer = self._post(ident, body)
        return answer

    def _post(self, ident: str, body: str) -> _Answer:
        now = self._clock()
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8", "webhook-id": ident,
            "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": self._webhook.sign(ident, now, body),
        }  # fmt: skip
        request = urllib.request.Request(self._url, body.encode(), headers, method="POST")  # noqa: S310 - checked above
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                return _Answer(response.status, response.read(2_000).decode(errors="replace"))
        except urllib.error.HTTPError as error:
            with error:
                return _Answer(error.code, error.read(2_000).decode(errors="replace"))
        except OSError as error:
            return _Answer(0, str(error))

    @staticmethod
    def _note(store: Store, ident: object, state: str, answer: _Answer) -> None:
        with store.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET state = ?, attempts = attempts + 1, answer = ? WHERE id = ?",
                (state, f"{answer.status} {answer.text}"[:2_000], ident),
            )
