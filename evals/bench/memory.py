"""What `serve` holds in memory: embedded reasoner loaded, 5,000 precedents, after it has worked for a while."""

import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from sqlmodel import col, func, select

from agents.memory import DIMENSIONS, Memory, Precedent
from agents.reasoners.embedded.encoder import Encoder
from app.store.engine import make_engine, read_only
from app.store.models import TriageRun
from evals.bench.figure import Figure, at_most
from evals.bench.firm import TENANT, firm
from evals.bench.sending import send
from evals.bench.serving import serving
from evals.bench.site import Site

VECTORS, EVENTS = 5_000, 200
_PATIENCE_S, _POLL_S = 300.0, 0.2


def measure(site: Site) -> list[Figure]:
    """The resident memory of the one process, after events of every type were worked off."""
    with site.home() as home:
        with firm(home) as one:
            deliveries = [one.signed(event) for event in one.events(EVENTS)]
            path = f"/v1/events/{one.slug}"
        _remember(home.settings.cache_dir / "precedents")
        with serving(home) as server:
            send(server, path, deliveries)
            _worked_off(home.database_url)
            held = server.memory_mb()
    return [at_most("memory", held, "MB", 450, VECTORS)]


def _remember(path: Path) -> None:
    memory = Memory(path, Encoder.version)
    drawn = np.random.default_rng(1).standard_normal((VECTORS, DIMENSIONS)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    at = datetime.now(UTC)
    memory.rebuild(
        TENANT,
        (
            (
                Precedent(
                    id=f"pre-{number}", text_digest="sha256:" + sha256(str(number).encode()).hexdigest(),
                    kind="question", urgency="medium", impact="medium", customer=f"cus-{number % 25:02d}",
                    source="verdict", at=at,
                ),
                vector,
            )
            for number, vector in enumerate(drawn)
        ),
    )  # fmt: skip
    memory.close()


def _worked_off(database_url: str) -> None:
    engine = make_engine(database_url)
    until = time.monotonic() + _PATIENCE_S
    waiting = select(func.count()).where(col(TriageRun.status).in_(("waiting", "running")))
    try:
        while True:
            with read_only(engine) as session:
                if session.exec(waiting).one() == 0:
                    return
            if time.monotonic() > until:
                raise RuntimeError(f"the events were not worked off within {_PATIENCE_S:g} s")
            time.sleep(_POLL_S)
    finally:
        engine.dispose()
