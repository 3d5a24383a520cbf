"""The machine itself, beside which the other figures are to be read: what it takes for work that is none of ours."""

import json
import os
import time

from evals.bench.figure import Figure, quantile, stated
from evals.bench.site import Site

ROUNDS, SYNCS = 15, 100


def measure(site: Site) -> list[Figure]:
    """One processor's time for text to JSON and back (the best of the rounds), and the disk's for 4 KiB that must last
    (the median)."""
    document = [{"id": f"row-{number}", "amount_minor": number, "of": ["a", "b", None]} for number in range(2_000)]
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        json.loads(json.dumps(document))
        spent.append(time.process_time() - begun)
    synced = []
    with (site.folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            synced.append(time.perf_counter() - begun)
    return [
        stated("machine.json", min(spent) * 1e3, "ms CPU", ROUNDS),
        stated("machine.fsync", quantile(synced, 0.5) * 1e3, "ms", SYNCS),
    ]
