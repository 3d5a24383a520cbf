"""Deliveries over HTTP, one after the other on one connection."""

import time
from collections.abc import Sequence
from http import HTTPStatus

from evals.bench.serving import Serving

Delivery = tuple[dict[str, str], bytes]


def send(server: Serving, path: str, deliveries: Sequence[Delivery]) -> list[float]:
    """Seconds that each took to be answered. Raises RuntimeError where one was not taken."""
    connection = server.connect()
    spent: list[float] = []
    try:
        for headers, body in deliveries:
            begun = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            spent.append(time.perf_counter() - begun)
            if answer.status != HTTPStatus.ACCEPTED:
                raise RuntimeError(f"an event was not taken: {answer.status} {said[:300]!r}")
    finally:
        connection.close()
    return spent
