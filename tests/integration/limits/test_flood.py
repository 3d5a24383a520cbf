"""One firm floods: what another firm's events take from acceptance to decision at most doubles."""

import threading
import time
from collections import Counter
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from statistics import median
from uuid import uuid4

import pytest

from app.errors import Problem
from tests.integration.backup.house import until
from tests.integration.limits.firms import Firm, p95, serving
from tests.integration.limits.sizes import sized, tell

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(400)]
EVENTS = sized(25, 100)
GAP_S = 0.15
MOST = sized(3, 2)
"""Times what it takes without: of few events on a busy machine the 95th percentile is the luck of one or two."""
BACKLOG = sized(250, 1000)
BATCH = 10


def spread(firm: Firm) -> list[float]:
    """Events of the firm one after the other, and what each took."""
    events = firm.happen(EVENTS)
    for each in events:
        firm.deliver([each])
        time.sleep(GAP_S)
    until(lambda: not firm.waits(), 60)
    return firm.took(events)


def test_a_firm_that_floods_does_not_keep_another_waiting(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as service:
        flooder, other = Firm(service, "flooder"), Firm(service, "other")
        service.worker.start()
        for each in (flooder, other):
            each.deliver(each.happen(BATCH))
        assert service.wait_idle(timedelta(seconds=60))
        alone = spread(other)

        over, happened, refused = threading.Event(), flooder.happen(300), Counter[str]()

        def flood() -> None:
            for batch in cycle(range(0, len(happened), BATCH)):
                while flooder.waits() >= 2 * BACKLOG and not over.is_set():
                    time.sleep(0.05)
                if over.is_set():
                    return
                try:
                    flooder.deliver([each | {"id": uuid4().hex} for each in happened[batch : batch + BATCH]])
                except Problem as problem:
                    refused[problem.code] += 1
                    time.sleep(0.05)

        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            until(lambda: flooder.waits() >= BACKLOG, 120)
            during = spread(other)
            left = flooder.waits()
        finally:
            over.set()
            flooding.join()
        tell(
            f"flood of {left} waiting: another firm's p50/p95 {median(during) * 1e3:.0f}/{p95(during) * 1e3:.0f} ms, "
            f"without it {median(alone) * 1e3:.0f}/{p95(alone) * 1e3:.0f} ms; {refused.total()} deliveries sent away"
        )
        assert left > 0, "there was no flood"
        assert set(refused) == {"rate_limited"}
        assert p95(during) <= MOST * p95(alone)
