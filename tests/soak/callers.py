"""Callers: they speak to whichever process answers, and put on the tally what they were told."""

import json
import random
import threading
import time
import uuid
from typing import Any

import httpx

from tests.e2e.sender import STRUCTURED, Sender
from tests.soak.firm import Firm
from tests.soak.fleet import Member
from tests.soak.tally import Said, Tally

_PAUSE_S = 0.05


class Callers:
    """`get` and `post` go to a process that is up; None where it died over the call, or nobody is up in time."""

    def __init__(self, firm: Firm, members: list[Member], tally: Tally) -> None:
        self.firm, self.tally = firm, tally
        self._members = [member for member in members if member.role != "worker"]
        self._own = threading.local()
        self._sender = Sender(f"/v1/events/{firm.source}", firm.secret, httpx.Client(verify=False))
        self.over = threading.Event()

    def get(self, path: str, who: str, **query: Any) -> Any:
        answer = self._call("GET", path, who, params=query)
        return answer.json() if answer is not None and answer.status_code == 200 else None

    def post(self, path: str, body: Any, who: str, *, key: str | None = None) -> httpx.Response | None:
        return self._call("POST", path, who, json=body, headers={"Idempotency-Key": key} if key else {})

    def say(self, path: str, body: Any, who: str, *said: Said) -> httpx.Response | None:
        """A POST that, answered with 2xx, must stand in the log as `said`. Now and then it has an idempotency key, and
        is then repeated until it is answered."""
        key = f"k-{uuid.uuid4()}" if random.random() < 0.5 else None
        answer = None
        for _ in range(8 if key else 1):
            answer = self.post(path, body, who, key=key)
            if answer is not None:
                break
            for each in said:
                self.tally.spoke(each, answered=False)
        if answer is not None and answer.is_success:
            for each in said:
                self.tally.spoke(each, answered=True)
            if key:
                again = self.post(path, body, who, key=key)
                self.tally.replay(key, answer.json())
                if again is not None and again.is_success:
                    self.tally.replay(key, again.json())
        return answer

    def deliver(self, event: dict[str, Any], copies: int) -> None:
        """As a sender does: again until it is answered, and some events several times."""
        for _ in range(copies):
            answer = None
            while answer is None and not self.over.is_set():
                answer = self._deliver(event)
            if answer is None:
                return

    def post_raw(self, body: bytes) -> httpx.Response | None:
        """A signed delivery of these bytes."""
        signed = self._sender.headers(body) | {"content-type": STRUCTURED}
        return self._call("POST", self._sender.url, None, content=body, headers=signed)

    def _deliver(self, event: dict[str, Any]) -> httpx.Response | None:
        answer = self.post_raw(json.dumps(event).encode())
        if answer is not None and answer.status_code != 202:
            self.tally.surprises.append(f"a delivery was answered {answer.status_code}: {answer.text[:200]}")
        taken = answer.json() if answer is not None and answer.status_code == 202 else None
        self.tally.delivered(event["id"], taken)
        return answer

    def _call(self, method: str, path: str, who: str | None, **more: Any) -> httpx.Response | None:
        member = self._up()
        if member is None:
            return None
        headers = dict(more.pop("headers", {})) | ({"Authorization": f"Bearer {who}"} if who else {})
        try:
            answer = self._client().request(method, member.url + path, headers=headers, **more)
        except httpx.TransportError:
            return None
        what = path.split("/")
        self.tally.answer(
            f"{method} /{what[2]}{'/' + what[4] if len(what) > 4 else ''}", answer.status_code, answer.text
        )
        return None if answer.status_code == 503 else answer

    def _up(self) -> Member | None:
        end = time.monotonic() + 30
        while time.monotonic() < end and not self.over.is_set():
            up = [member for member in self._members if member.ready.is_set()]
            if up:
                return random.choice(up)
            time.sleep(_PAUSE_S)
        return None

    def _client(self) -> httpx.Client:
        if not hasattr(self._own, "client"):
            # A connection to a process that died is of no use, so none is kept for long.
            self._own.client = httpx.Client(timeout=30, verify=False, limits=httpx.Limits(max_keepalive_connections=4))
        client: httpx.Client = self._own.client
        return client
