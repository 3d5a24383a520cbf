"""Commits a second of one tenant: what the head of its log lets through, one transaction after the other."""

import time
from concurrent.futures import ThreadPoolExecutor

from app.actor import system_actor
from app.audit.leaf import LoggedActor, Record
from app.store.engine import unit_of_work
from evals.bench.figure import Figure, stated
from evals.bench.firm import TENANT, Firm, firm
from evals.bench.site import Site

COMMITS, WRITERS = 1_500, 8


def measure(site: Site) -> list[Figure]:
    """Transactions that append one entry each: of one writer, and of several at once."""
    with site.home() as home, firm(home) as one:
        _commit(one, 100)
        alone = _per_s(one, 1)
        together = _per_s(one, WRITERS)
    return [
        stated("commits.alone", alone, f"commits/s of one writer, {site.backend}", COMMITS),
        stated("commits.together", together, f"commits/s of {WRITERS} writers, {site.backend}", COMMITS),
    ]


def _per_s(one: Firm, writers: int) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(lambda _: _commit(one, COMMITS // writers), range(writers)))
    return COMMITS // writers * writers / (time.perf_counter() - begun)


def _commit(one: Firm, count: int) -> None:
    context = one.service.context
    record = Record(
        kind="decision.made", actor=LoggedActor.of(system_actor(TENANT, "decide")), surface="worker",
        refs={"case": "cas_bench", "proposal": "prp_bench"}, digests={"args": "sha256:" + "a" * 64},
        details={"tool": "create_task", "effect": "review", "risk": 23},
    )  # fmt: skip
    for _ in range(count):
        with unit_of_work(context.engine) as session:
            context.log.append(session, TENANT, context.clock(), record)
