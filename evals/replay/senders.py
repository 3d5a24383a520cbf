"""Senders: several systems that deliver at the same time, some things twice, and come back when told to."""

import base64
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from random import Random

from evals.bench.serving import Serving
from evals.replay.logs import Sent

SENDERS = 4
_LATER = 200
"""How many deliveries later, at most, something comes a second time."""
_COME_BACK = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass
class Tally:
    """What was answered: seconds of each delivery, events newly taken and those known already, how many came back."""

    spent: list[float] = field(default_factory=list)
    taken: int = 0
    known: int = 0
    came_back: int = 0
    refused: list[str] = field(default_factory=list)


def with_duplicates(events: Sequence[Sent], share: float, seed: int) -> list[Sent]:
    """The events in their order, and `share` of them once more, up to 200 deliveries later."""
    random = Random(seed)  # noqa: S311 - which come twice, drawn again the same
    places = [(float(number), sent) for number, sent in enumerate(events)]
    twice = random.sample(range(len(events)), round(len(events) * share))
    places += [(number + random.uniform(0.5, _LATER), events[number]) for number in twice]
    return [sent for _, sent in sorted(places, key=lambda place: place[0])]


def deliver(
    server: Serving,
    slugs: Mapping[str, str],
    secrets: Mapping[str, str],
    events: Sequence[Sent],
    senders: int = SENDERS,
) -> Tally:
    """Every `senders`-th event by one sender, each with a connection of its own. Answers what all of them saw."""
    with ThreadPoolExecutor(senders) as pool:
        tallies = list(pool.map(lambda first: _deliver(server, slugs, secrets, events[first::senders]), range(senders)))
    whole = Tally()
    for tally in tallies:
        whole.spent += tally.spent
        whole.refused += tally.refused
        whole.taken, whole.known = whole.taken + tally.taken, whole.known + tally.known
        whole.came_back += tally.came_back
    return whole


def _deliver(server: Serving, slugs: Mapping[str, str], secrets: Mapping[str, str], events: Sequence[Sent]) -> Tally:
    tally, connection = Tally(), server.connect()
    try:
        for number, sent in enumerate(events):
            body = json.dumps(sent.body, ensure_ascii=False).encode()
            while True:
                headers = _signed(secrets[sent.source], f"msg_{id(tally):x}_{number}", body)
                begun = time.perf_counter()
                connection.request("POST", f"/v1/events/{slugs[sent.source]}", body, headers)
                answer = connection.getresponse()
                said = answer.read()
                tally.spent.append(time.perf_counter() - begun)
                if answer.status not in _COME_BACK:
                    break
                tally.came_back += 1
                time.sleep(float(answer.headers.get("Retry-After", "1")))
            if answer.status == HTTPStatus.ACCEPTED:
                known = json.loads(said)["accepted"][0]["duplicate"]
                tally.known, tally.taken = tally.known + known, tally.taken + (not known)
            else:
                tally.refused.append(f"{answer.status} {said[:300]!r}")
    finally:
        connection.close()
    return tally


def _signed(secret: str, ident: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{ident}.{stamp}.".encode() + body, sha256)
    return {
        "content-type": "application/json", "webhook-id": ident, "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }  # fmt: skip
