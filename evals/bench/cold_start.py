"""From the start of the process to ready: on an empty home, and again on one that is set up."""

from evals.bench.figure import Figure, at_most, stated
from evals.bench.serving import serving
from evals.bench.site import Site

STARTS = 3


def measure(site: Site) -> list[Figure]:
    """Ready is /readyz saying so; the reasoner may still be warming up. The slowest of the later starts counts."""
    later = []
    with site.home() as home:
        with serving(home) as first:
            begun = first.ready_s
        for _ in range(STARTS):
            with serving(home) as again:
                later.append(again.ready_s)
    return [at_most("cold_start", max(later), "s", 4, STARTS), stated("cold_start.first", begun, "s", 1)]
