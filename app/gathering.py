"""Gathering: what several threads want to have done is done for all that wait at once, by one of them.

So what has to be done once, however much there is (a transaction begun, its commit brought to the disk, the log's head
moved), is done once for them all. Who finds nobody under way waits for nobody.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Group:
    """`before` is the group of the same key that has to be over first; `results` are there once this one is over, and
    None where it failed."""

    before: "_Group | None"
    items: list[Any] = field(default_factory=list)
    size: int = 0
    is_open: bool = True
    over: threading.Event = field(default_factory=threading.Event)
    results: Sequence[Any] | None = None


class Gathering:
    """Of each key one group at a time is under way, of items whose sizes add up to at most `most`; a larger one goes
    alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._latest: dict[Hashable, _Group] = {}

    def run(self, key: Hashable, item: Item, size: int, do: Callable[[Sequence[Item]], Sequence[Result]]) -> Result:
        """What `do` answers for `item`; it is given a group and answers in its order. All who use a key mean the same
        by `do`.

        `do` does a group whole or, where it raises, nothing of it. Then each is done by itself, so that what is wrong
        with one is raised to that one alone.
        """
        with self._lock:
            group = self._latest.get(key)
            leads = group is None or not group.is_open or group.size + size > self._most
            if group is None or leads:
                group = self._latest[key] = _Group(before=group)
            place = len(group.items)
            group.items.append(item)
            group.size += size
        if leads:
            self._lead(key, group, do)
        else:
            group.over.wait()
        if group.results is None:
            return do([item])[0]
        found: Result = group.results[place]
        return found

    def _lead(self, key: Hashable, group: _Group, do: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        try:
            if group.before is not None:
                group.before.over.wait()
                group.before = None
            with self._lock:
                group.is_open = False
            group.results = do(group.items)
        except Exception:
            if len(group.items) == 1:
                raise
        finally:
            with self._lock:
                group.is_open = False
                if self._latest.get(key) is group:
                    del self._latest[key]
            group.over.set()
