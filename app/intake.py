"""Intake: how much is taken in at a time. Above it callers are sent away with a time to come back; nothing is stored.

Two bounds on work that waits, of one firm and in all, counted from the rows at most once a second; one on what waits
for a firm's people, above which nothing more is proposed to them; and rates of one source, firm or token, counted in
this process by token buckets on a clock that is never set back. A firm of which much waits is taken in at a lower rate
while others have work too: what is stored of a flood would wait anyway, and storing it keeps the others waiting.
"""

import threading
import time
from collections.abc import Callable
from math import ceil
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Engine

from app.errors import Problem
from app.settings import Settings
from app.store.engine import read_only

_RECOUNT_S, _RECOUNT_REVIEWS_S = 1.0, 5.0
_BURST_S = 2.0
_COME_BACK_S = 15
_BESIDE_S = 10.0
"""For so long after its work came a firm counts as one that has some here."""
_WAITING = sa.text(
    "SELECT tenant, count(*) FROM triage_run WHERE status IN ('waiting', 'running') GROUP BY tenant "
    "UNION ALL SELECT tenant, count(*) FROM execution WHERE status IN ('waiting', 'running', 'unknown') "
    "AND waits_for IS NULL AND connector <> 'manual' GROUP BY tenant"
)
_PENDING = sa.text("SELECT tenant, count(*) FROM review WHERE status = 'pending' GROUP BY tenant")
Of = Literal["source", "tenant", "behind", "token"]
_OF: dict[Of, str] = {
    "source": "one source", "tenant": "one firm", "token": "one token",
    "behind": "a firm of which much waits while others have work too",
}  # fmt: skip


class Intake:
    """`monotonic` counts seconds and is for tests."""

    def __init__(self, settings: Settings, engine: Engine, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._engine, self._monotonic = settings, engine, monotonic
        self._rates: dict[Of, int] = {
            "source": settings.source_rate, "tenant": settings.tenant_rate,
            "behind": settings.tenant_rate_behind, "token": settings.token_rate,
        }  # fmt: skip
        self._lock = threading.Lock()
        self._buckets: dict[tuple[Of, str], tuple[float, float]] = {}
        self._counted_at: float | None = None
        self._waiting: dict[str, int] = {}
        self._came_at: dict[str, float] = {}
        self._pending_at: float | None = None
        self._pending: dict[str, int] = {}

    def admit(self, source: str, tenant: str, events: int) -> None:
        """Raises Problem `rate_limited` or `unavailable` where these events are not to be taken in now."""
        self.require_rate("source", source, events)
        self.require_rate("tenant", tenant, events)
        if self._keeps_others_waiting(tenant):
            self.require_rate("behind", tenant, events)
        self.require_room(tenant, events)

    def _keeps_others_waiting(self, tenant: str) -> bool:
        """Whether much of the firm's work waits, as of the last count, and another firm's came a moment ago."""
        with self._lock:
            if self._waiting.get(tenant, 0) < self._settings.tenant_behind:
                return False
            since = self._monotonic() - _BESIDE_S
            return any(at > since for name, at in self._came_at.items() if name != tenant)

    def require_rate(self, of: Of, name: str, count: int = 1) -> None:
        """Takes `count` from the bucket; a batch larger than it goes into debt. Raises Problem `rate_limited`."""
        rate, now = self._rates[of], self._monotonic()
        full = rate * _BURST_S
        with self._lock:
            level, at = self._buckets.get((of, name), (full, now))
            level = min(full, level + (now - at) * rate)
            if level < min(count, full):
                self._buckets[of, name] = level, now
                wait = max(1, ceil((min(count, full) - level) / rate))
            else:
                self._buckets[of, name] = level - count, now
                return
        detail = f"At most {rate} a second are taken of {_OF[of]}; come back in {wait} s."
        raise Problem("rate_limited", detail, extra={"retry_after_s": wait})

    def require_room(self, tenant: str, events: int) -> None:
        """Raises Problem `unavailable` (everybody's queue is full), `rate_limited` (this firm's is)."""
        with self._lock:
            now = self._monotonic()
            if self._counted_at is None or now - self._counted_at >= _RECOUNT_S:
                self._waiting = self._count()
                self._counted_at = now
            of_all, of_tenant = sum(self._waiting.values()), self._waiting.get(tenant, 0)
            if (
                of_all + events <= self._settings.max_waiting
                and of_tenant + events <= self._settings.tenant_max_waiting
            ):
                self._waiting[tenant] = of_tenant + events
                self._came_at[tenant] = now
                return
        if of_tenant + events > self._settings.tenant_max_waiting:
            detail = f"{of_tenant} pieces of this firm's work wait already; come back in {_COME_BACK_S} s."
            raise Problem("rate_limited", detail, extra={"retry_after_s": _COME_BACK_S})
        detail = f"{of_all} pieces of work wait already; come back in {_COME_BACK_S} s."
        raise Problem("unavailable", detail, extra={"retry_after_s": _COME_BACK_S})

    def people_are_behind(self, tenant: str) -> bool:
        """Whether so many reviews of that firm wait for people that nothing more is to be proposed to them now."""
        with self._lock:
            now = self._monotonic()
            if self._pending_at is None or now - self._pending_at >= _RECOUNT_REVIEWS_S:
                with read_only(self._engine) as session:
                    rows = session.connection().execute(_PENDING)
                    self._pending = {name: int(count) for name, count in rows}
                self._pending_at = now
            return self._pending.get(tenant, 0) >= self._settings.tenant_max_reviews

    def waiting(self) -> int:
        """Pieces of work that wait in all, as of now."""
        return sum(self._count().values())

    def _count(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with read_only(self._engine) as session:
            for tenant, count in session.connection().execute(_WAITING):
                found[tenant] = found.get(tenant, 0) + int(count)
        return found
