"""The gate before the handlers of one kind: so many work at a time, and no tenant's items hold up another's there."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets `width` in. After one that leaves comes one of the tenant with the fewest inside; of several such tenants
    the one whose turn is longest ago, for where few fit in, all have equally few inside."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._turns = 0
        self._last_turn: dict[str, int] = {}
        self._waiting: list[tuple[str, threading.Event]] = []

    @contextmanager
    def passed(self, tenant: str) -> Iterator[None]:
        turn = threading.Event()
        with self._lock:
            self._waiting.append((tenant, turn))
            self._let_in()
        turn.wait()
        try:
            yield
        finally:
            with self._lock:
                self._inside[tenant] -= 1
                if not self._inside[tenant]:
                    del self._inside[tenant]
                    if all(other != tenant for other, _ in self._waiting):
                        del self._last_turn[tenant]
                self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._inside.total() < self._width:
            place = min(range(len(self._waiting)), key=self._place)
            tenant, turn = self._waiting.pop(place)
            self._inside[tenant] += 1
            self._turns += 1
            self._last_turn[tenant] = self._turns
            turn.set()

    def _place(self, waiting: int) -> tuple[int, int]:
        tenant, _ = self._waiting[waiting]
        return self._inside[tenant], self._last_turn.get(tenant, 0)
