"""Accepting an inbound event: over HTTP on loopback, signed, stored and enqueued, one event a delivery."""

import time
from concurrent.futures import ThreadPoolExecutor

from evals.bench.figure import Figure, at_least, at_most, quantile
from evals.bench.firm import firm
from evals.bench.sending import send
from evals.bench.serving import serving
from evals.bench.site import Site

WARM, ALONE, TOGETHER, SENDERS = 50, 500, 1_500, 8


def measure(site: Site) -> list[Figure]:
    """Latency with one sender, throughput with eight; the process does no durable work meanwhile."""
    with site.home() as home:
        with firm(home) as one:
            deliveries = [one.signed(event) for event in one.events(WARM + ALONE + TOGETHER)]
            path = f"/v1/events/{one.slug}"
        with serving(home, "api") as server:
            send(server, path, deliveries[:WARM])
            alone = send(server, path, deliveries[WARM : WARM + ALONE])
            rest = deliveries[WARM + ALONE :]
            shares = [rest[each::SENDERS] for each in range(SENDERS)]
            begun = time.perf_counter()
            with ThreadPoolExecutor(SENDERS) as pool:
                list(pool.map(lambda share: send(server, path, share), shares))
            took = time.perf_counter() - begun
    return [
        at_most("accept.p50", quantile(alone, 0.5) * 1e3, "ms", 5, len(alone)),
        at_most("accept.p99", quantile(alone, 0.99) * 1e3, "ms", 25, len(alone)),
        at_least("accept.throughput", len(rest) / took, "events/s", 300, len(rest)),
    ]
