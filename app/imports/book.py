"""Book: the firm's own records as they are and as an import would leave them, and how people call them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from app.imports.cells import Unreadable
from tools.record import Record
from tools.values import RecordKind

R = TypeVar("R", bound=Record)
Key = tuple[str, str]

_CALLED_BY = ("email", "name", "title")


class Book:
    """Nothing is written here; `changes` says what would be."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._before: dict[Key, Record] = {(record.kind, record.id): record for record in records}
        self._now = dict(self._before)
        self._called: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._last: dict[str, int] = defaultdict(int)
        for record in self._before.values():
            self.announce(record.kind, record.id, [getattr(record, name, None) for name in _CALLED_BY])

    def get(self, model: type[R], ident: str) -> R | None:
        """As the import leaves it so far."""
        found = self._now.get((model.kind, ident))
        return found if isinstance(found, model) else None

    def stored(self, model: type[R]) -> Iterator[R]:
        """All of a kind as they were before."""
        return (record for record in self._before.values() if isinstance(record, model))

    def before(self, model: type[R], ident: str) -> R | None:
        found = self._before.get((model.kind, ident))
        return found if isinstance(found, model) else None

    def put(self, record: Record) -> None:
        self._now[record.kind, record.id] = record

    def announce(self, kind: RecordKind, ident: str, names: Iterable[str | None]) -> None:
        """That a record of this id is called so, whether it is put yet or not."""
        self._called[kind][ident].add(ident)
        for name in names:
            if name:
                self._called[kind][_alike(name)].add(ident)
        prefix, _, number = ident.rpartition("-")
        if number.isdigit() and number.isascii() and len(number) < 10:
            self._last[prefix] = max(self._last[prefix], int(number))

    def new_id(self, prefix: str) -> str:
        """`per-0007`: no name, for ids stand in the log for ever."""
        self._last[prefix] += 1
        return f"{prefix}-{self._last[prefix]:04d}"

    def find(self, kind: RecordKind, text: str) -> str:
        """The id of whom or what people call so: by id, address or name. Raises Unreadable."""
        called = self._called[kind]
        last, comma, first = text.partition(",")
        turned = f"{first} {last}" if comma else text
        # An id is exact; only then is anything looked up by what it is called.
        found = called.get(text) or called.get(_alike(text)) or called.get(_alike(turned)) or set()
        if len(found) == 1:
            return next(iter(found))
        word = kind.replace("_", " ")
        if found:
            raise Unreadable(f"names several: {len(found)} are called {text[:40]}; use the id")
        raise Unreadable(f"names no known {word}: {text[:40]}")

    def changes(self) -> Iterator[tuple[Record | None, Record]]:
        """Each record that would be new or other than before, with what it was."""
        for key, record in self._now.items():
            before = self._before.get(key)
            if before != record:
                yield before, record


def _alike(name: str) -> str:
    return " ".join(name.split()).casefold()
