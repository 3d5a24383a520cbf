"""Verifying an exported log: entries a second, with no signature but the checkpoint's."""

import time
from io import BytesIO

from app.actor import system_actor
from app.audit.export import export, snapshot
from app.audit.leaf import LoggedActor, Record
from app.audit.verify import Key, verify
from app.store.engine import unit_of_work
from evals.bench.figure import Figure, at_least
from evals.bench.firm import TENANT, firm
from evals.bench.site import Site

ENTRIES, BATCH, ROUNDS = 50_000, 500, 3


def measure(site: Site) -> list[Figure]:
    """Entries as a decision writes them; the best of three runs over the same export, which is in memory."""
    with site.home() as home, firm(home) as one:
        context = one.service.context
        record = Record(
            kind="decision.made", actor=LoggedActor.of(system_actor(TENANT, "decide")), surface="worker",
            refs={"case": "cas_bench", "proposal": "prp_bench", "decision": "dec_bench", "review": "rev_bench"},
            digests={"args": "sha256:" + "a" * 64, "ruleset": "sha256:" + "b" * 64},
            details={"tool": "create_task", "effect": "review", "rules": ["internal-tasks"], "risk": 23},
        )  # fmt: skip
        for _ in range(ENTRIES // BATCH):
            with unit_of_work(context.engine) as session:
                context.log.append(session, TENANT, context.clock(), *[record] * BATCH)
        with snapshot(context.engine) as session:
            exported = b"".join(export(session, context.log, context.vault, TENANT))
        key = Key(str(context.log.verifier(TENANT)))
    spent = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        result = verify(BytesIO(exported), key, {})
        spent.append(time.perf_counter() - begun)
        if not result.holds:
            raise RuntimeError(f"the log does not hold: {result.reason}")
    return [at_least("verify", result.entries / min(spent), "entries/s", 100_000, result.entries)]
