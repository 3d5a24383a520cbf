"""Live updates to many listeners: one reader of the log for each tenant that somebody listens to, in one thread's time.

A listener costs a queue and no thread, and nothing of the database while nothing happens. All run in the event loop of
the surface; only reading the log leaves it, for a thread, one short transaction at a time.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Final

from starlette.concurrency import run_in_threadpool

from app.ground import Ground
from app.views.live import News, news, size

_log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
"""How often a tenant's log is looked at while somebody listens."""
HEARTBEAT_S: Final = 15.0
_AT_ONCE: Final = 200
_BEHIND: Final = 2_000
"""Entries that wait for a slow listener before it is sent away; it comes back and says how far it was."""


class Live:
    """One for each application. Used in one event loop, but for `end`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._over = threading.Event()
        self._readers: dict[str, _Reader] = {}

    def end(self) -> None:
        """Sends every listener away within `LOOK_S`; from any thread."""
        self._over.set()

    async def listen(self, tenant: str, start: int | None) -> AsyncIterator[News | None]:
        """What the tenant's log says from `start` on (None: from now on); None where there was nothing for a while.

        The first answer is None, once it listens. Ends when the service does, or when the listener is too slow.
        """
        reader = self._readers.get(tenant)
        if reader is None:
            reader = self._readers[tenant] = _Reader(self._ground, tenant, self._over)
        waiting: asyncio.Queue[News | None] = asyncio.Queue(_BEHIND)
        try:
            following = await reader.join(waiting)
            yield None
            if start is not None:
                async for told in self._past(tenant, start, following):
                    yield told
            while not self._over.is_set():
                try:
                    told_now = await asyncio.wait_for(waiting.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield None
                    continue
                if told_now is None:
                    return
                yield told_now
        finally:
            if reader.leave(waiting) and self._readers.get(tenant) is reader:
                del self._readers[tenant]

    async def _past(self, tenant: str, start: int, end: int) -> AsyncIterator[News]:
        while start < end and not self._over.is_set():
            found = await run_in_threadpool(news, self._ground, tenant, start, min(_AT_ONCE, end - start))
            if not found:
                return
            for told in found:
                yield told
            start = found[-1].seq + 1


class _Reader:
    """Follows one tenant's log while anybody listens."""

    def __init__(self, ground: Ground, tenant: str, over: threading.Event) -> None:
        self._ground, self._tenant, self._over = ground, tenant, over
        self._listeners: set[asyncio.Queue[News | None]] = set()
        self._joining = asyncio.Lock()
        self._next: int | None = None
        self._task: asyncio.Task[None] | None = None

    async def join(self, waiting: asyncio.Queue[News | None]) -> int:
        """From now on what is new is put there; answers the place of the first."""
        self._listeners.add(waiting)
        async with self._joining:
            if self._next is None:
                self._next = await run_in_threadpool(size, self._ground, self._tenant)
                self._task = asyncio.create_task(self._follow())
        # What others were told while this one waited is left to its own reading of the past.
        while not waiting.empty():
            waiting.get_nowait()
        return self._next

    def leave(self, waiting: asyncio.Queue[News | None]) -> bool:
        """Whether it was the last."""
        self._listeners.discard(waiting)
        if self._listeners:
            return False
        if self._task is not None:
            self._task.cancel()
        return True

    async def _follow(self) -> None:
        while not self._over.is_set():
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the database may be back at the next look
                _log.error("the log of a tenant could not be looked at", exc_info=error)
            await asyncio.sleep(LOOK_S)
        for waiting in list(self._listeners):
            self._send_away(waiting)

    async def _look(self) -> None:
        assert self._next is not None
        if await run_in_threadpool(size, self._ground, self._tenant) == self._next:
            return
        while found := await run_in_threadpool(news, self._ground, self._tenant, self._next, _AT_ONCE):
            # No pause between these: who joins now starts behind all of them or before.
            self._next = found[-1].seq + 1
            for waiting in list(self._listeners):
                self._tell(waiting, found)
            if len(found) < _AT_ONCE:
                return

    def _tell(self, waiting: asyncio.Queue[News | None], found: Sequence[News]) -> None:
        if waiting.qsize() + len(found) >= _BEHIND:
            self._send_away(waiting)
            return
        for told in found:
            waiting.put_nowait(told)

    def _send_away(self, waiting: asyncio.Queue[News | None]) -> None:
        self._listeners.discard(waiting)
        while not waiting.empty():
            waiting.get_nowait()
        waiting.put_nowait(None)
