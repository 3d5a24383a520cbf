"""Takeovers: how long after a process died the others had taken up what it held."""

import re
import threading
import time

_TAKEN = re.compile(r"took over (\d+) items of (.+)")


class Takeovers:
    """Seconds by executor. Safe to use from several threads; deaths of executors that held nothing are not counted."""

    def __init__(self) -> None:
        self._died: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._items = 0
        self._lock = threading.Lock()

    def died(self, executor: str) -> None:
        with self._lock:
            self._died[executor] = time.monotonic()

    def hear(self, line: str) -> None:
        """A line of a process's log; of one that took over, whose items those were."""
        if (found := _TAKEN.search(line)) is None:
            return
        now = time.monotonic()
        with self._lock:
            self._items += int(found[1])
            for executor in found[2].strip().split(", "):
                if executor in self._died and executor not in self._took:
                    self._took[executor] = now - self._died[executor]

    @property
    def items(self) -> int:
        return self._items

    @property
    def seconds(self) -> list[float]:
        """The shortest first."""
        return sorted(self._took.values())
