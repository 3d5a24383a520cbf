"""From an event to its decided proposals: the whole way on one machine, and what that costs beside the bare graph."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from app.workflow import ingest
from evals.bench.bare_graph import BareGraph
from evals.bench.figure import Figure, at_least, at_most, stated
from evals.bench.firm import Firm, firm
from evals.bench.site import Site

WARM, EVENTS = 60, 600
_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Cost:
    """What one event took: seconds of the clock, and of all processors."""

    wall_s: float
    cpu_s: float


def measure(site: Site) -> list[Figure]:
    """Events of every type by their usual weights, texts among them, no text twice; embedded reasoner, warm.

    In mode `propose`, in which a workflow starts: every proposal is decided and none is carried out. Then in mode
    `auto`, until what the rules let run has taken effect. The bare graph runs as many events of the same firm, in the
    same process, just before.
    """
    with site.home("propose") as home, firm(home) as one:
        one.service.warm()
        with BareGraph(one, site.folder) as graph:
            graph.run(one.events(WARM))
            events = one.events(EVENTS)
            bare = _cost(lambda: graph.run(events))
        with BareGraph(one, site.folder, checkpointed=False) as graph:
            graph.run(one.events(WARM))
            more = one.events(EVENTS)
            unkept = _cost(lambda: graph.run(more))
        one.service.start()
        supervise(one, WARM)
        decided = supervise(one, EVENTS)
    with site.home("auto") as home, firm(home, mode="auto") as one:
        one.service.warm()
        one.service.start()
        supervise(one, WARM)
        effected = supervise(one, EVENTS)
    return [
        at_least("end_to_end", 1 / decided.wall_s, "events/s", 60, EVENTS),
        stated("end_to_end.cpu", decided.cpu_s * 1e3, "ms CPU/event", EVENTS),
        at_most("end_to_end.ratio", decided.wall_s / bare.wall_s, "× bare graph", 3, EVENTS),
        at_most("end_to_end.ratio_cpu", decided.cpu_s / bare.cpu_s, "× bare graph's CPU", 3, EVENTS),
        stated("end_to_end.bare_graph", 1 / bare.wall_s, "events/s", EVENTS),
        stated("end_to_end.bare_graph_unkept", 1 / unkept.wall_s, "events/s, no checkpointer", EVENTS),
        stated("end_to_end.effected", 1 / effected.wall_s, "events/s", EVENTS),
    ]


def supervise(one: Firm, count: int) -> Cost:
    """Accepts `count` events, a delivery each, while the workers decide about them; until nothing is left to do."""
    deliveries = [one.signed(event) for event in one.events(count)]

    def worked_off() -> None:
        for headers, body in deliveries:
            ingest.accept(one.service.context, one.slug, headers, body)
        if not one.service.wait_idle(_PATIENCE):
            raise RuntimeError(f"{count} events were not worked off within {_PATIENCE}")

    return _cost(worked_off, count)


def _cost(run: Callable[[], None], events: int = EVENTS) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return Cost((time.perf_counter() - wall) / events, (time.process_time() - cpu) / events)
