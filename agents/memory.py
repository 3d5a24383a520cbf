"""Precedents: how earlier texts were classified, found again by the likeness of their vectors.

Kept in Chroma beside the database and rebuildable from it: each process has a copy of its own, and a mark in it says
how far it has come. Only ids, salted digests, labels and vectors are stored, never text. A vector can be turned back
into an approximation of its text, so it is erased like text.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from agents.slots import Slot, Slots
from agents.vector_store import Entry, Match, VectorStore
from tools.values import Id, Moment, Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.\-]{0,63}$")]
"""A word of a fixed vocabulary. The pattern leaves no room for a customer's sentence."""

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]

DIMENSIONS = 384
MAX_NEIGHBOURS = 64
MAX_OPEN = 16
"""Tenants whose store is open at once: each costs about 6 threads and 11 file handles."""
IDLE_S = 600
"""How long a copy that no process holds is kept for the next process to take up."""

_GENERAL = ""
_log = logging.getLogger(__name__)


class Precedent(Value):
    """How one text was classified, by whom it is vouched for, and whose customer's it was.

    `text_digest` must be salted: the plain digest of a short text can be guessed. `customer` None means the whole
    tenant may see it; it must then come from no customer's text.
    """

    id: Id
    text_digest: Digest
    kind: Label
    urgency: Label
    impact: Label
    customer: Id | None
    source: Literal["starter", "correction", "verdict"]
    at: Moment


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A precedent with its cosine similarity to the question, in [-1, 1]."""

    similarity: float
    precedent: Precedent


@dataclass(frozen=True, slots=True)
class Recall:
    """What the memory answered: neighbours, nearest first; `fault` says why there are none when memory is down."""

    neighbours: tuple[Neighbour, ...]
    fault: str | None = None


class MemoryUnavailable(Exception):
    """The memory could not do what was asked, and nothing of it may be taken as done; the message says why."""


class Memory:
    """The precedents of all tenants, each tenant in a folder of its own, customers walled inside it.

    Each object takes a slot of the path for itself at its first call, with what the slot's last holder left in it.
    Safe to call from several threads. Nothing is imported or opened before the first call.
    """

    def __init__(self, path: Path, encoder_version: str) -> None:
        """`encoder_version` names what makes the vectors; stored ones of another version are not compared with."""
        self._slots = Slots(path)
        self._encoder_version = encoder_version
        self._lock = Lock()
        self._slot: Slot | None = None
        self._stores: dict[str, VectorStore] = {}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._fault: str | None = None

    @property
    def fault(self) -> str | None:
        """Why the last call failed; None when it did not."""
        return self._fault

    def nearest(self, tenant: str, vector: "Vector", customer: str | None, k: int = 8) -> Recall:
        """The `k` (1 to 64) nearest precedents open to a case of `customer`: that customer's and the general ones.

        With `customer` None the general ones alone. `vector`: float32 (384,), unit length, else ValueError.
        A failing store is no error here: the recall is empty and its `fault` says why.
        """
        _check(vector)
        if not 1 <= k <= MAX_NEIGHBOURS:
            raise ValueError(f"k is 1 to {MAX_NEIGHBOURS}, not {k}")
        visible = {_GENERAL, customer or _GENERAL}
        try:
            with self._guarded():
                matches = self._comparable(tenant).query(vector, k, {"customer": {"$in": sorted(visible)}})
                neighbours = tuple(Neighbour(match.similarity, _precedent(match)) for match in matches)
                # The filter is Chroma's; the wall is ours.
                if any((one.precedent.customer or _GENERAL) not in visible for one in neighbours):
                    raise MemoryUnavailable("the store answered with another customer's precedent")
                return Recall(neighbours)
        except MemoryUnavailable as error:
            return Recall((), str(error))

    def remember(self, tenant: str, precedent: Precedent, vector: "Vector") -> None:
        """Stores the precedent; one with the same id is replaced, so that repeating a call changes nothing.

        Raises MemoryUnavailable, and ValueError for a vector that is not float32 (384,) of unit length.
        """
        entry = _entry(precedent, vector)
        with self._guarded():
            self._comparable(tenant).upsert([entry])

    def forget(self, tenant: str, ids: Sequence[str]) -> int:
        """Erases the precedents: after it no file holds their ids, digests or vectors. Unknown ids are passed over.

        Answers how many were there. The tenant's other precedents are written anew (about 2 s for 5,000); reads go on.
        Raises MemoryUnavailable; then nothing may be taken as erased.
        """
        if isinstance(ids, str):
            raise TypeError("forget takes a sequence of ids, not one id")
        with self._guarded():
            return self._store(tenant).remove(ids)

    def rebuild(self, tenant: str, precedents: Iterable[tuple[Precedent, "Vector"]]) -> int:
        """Puts these precedents in the place of all the tenant has, at once; also repairs a broken store.

        Answers how many the store then holds. An error of the iterable itself passes through, and the old ones stay.
        Raises MemoryUnavailable, and ValueError as `remember` does.
        """
        try:
            with self._guarded():
                store = self._store(tenant)
                store.replace(_entries(precedents))
                return store.count()
        except _SourceFailed as failed:
            raise failed.error from None

    def count(self, tenant: str) -> int:
        """How many precedents the tenant has. Raises MemoryUnavailable."""
        with self._guarded():
            return self._store(tenant).count()

    def mark(self, tenant: str) -> str:
        """How far the tenant's precedents have come, in the words of whoever feeds them; empty at the beginning.

        Raises MemoryUnavailable.
        """
        with self._guarded():
            try:
                return self._mark_file(tenant).read_text("utf-8")
            except FileNotFoundError:
                return ""

    def set_mark(self, tenant: str, mark: str) -> None:
        """Notes how far they have come. Raises MemoryUnavailable."""
        with self._guarded():
            file = self._mark_file(tenant)
            fresh = file.with_suffix(".new")
            fresh.write_text(mark, "utf-8")
            fresh.replace(file)

    def tidy(self) -> None:
        """Deletes copies that no process has used for a while: nothing is erased in them. Raises MemoryUnavailable."""
        with self._guarded():
            self._slots.discard_free(idle_since=self._own().touch() - IDLE_S)

    def close(self) -> None:
        """Closes every store and gives its slot back; to be called when no other call is under way."""
        with self._lock:
            for store in self._stores.values():
                store.close()
            self._stores.clear()
            self._recent.clear()
            if self._slot is not None:
                self._slot.give_back()
                self._slot = None

    def _store(self, tenant: str) -> VectorStore:
        key = _key(tenant)
        folder = self._own().folder / key
        with self._lock:
            store = self._stores.setdefault(key, VectorStore(folder, self._encoder_version))
            self._recent[key] = None
            self._recent.move_to_end(key)
            idle = self._recent.popitem(last=False)[0] if len(self._recent) > MAX_OPEN else None
        if idle is not None:
            # Closed, not dropped: the store keeps its locks, so that no second writer can come to its folder.
            self._stores[idle].close()
        return store

    def _comparable(self, tenant: str) -> VectorStore:
        store = self._store(tenant)
        if store.stamp != self._encoder_version:
            raise MemoryUnavailable(
                f"the stored vectors were made by {store.stamp or 'an unknown encoder'}, the encoder is now "
                f"{self._encoder_version}: rebuild the memory"
            )
        return store

    def _mark_file(self, tenant: str) -> Path:
        return self._own().folder / f"{_key(tenant)}.mark"

    def _own(self) -> Slot:
        with self._lock:
            if self._slot is None:
                self._slot = self._slots.take()
            return self._slot

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turns every failure of the store into MemoryUnavailable and notes it."""
        try:
            yield
        except _SourceFailed:
            raise
        except BaseException as error:
            # The engine's panics derive from BaseException alone; of those, only they are failures of the store.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            reason = str(error) if isinstance(error, MemoryUnavailable) else f"{type(error).__name__}: {error}"
            fault = " ".join(reason.split())[:300]
            if fault != self._fault:
                _log.warning("memory is unavailable: %s", fault)
            self._fault = fault
            raise MemoryUnavailable(fault) from error
        self._fault = None


class _SourceFailed(Exception):
    """The caller's iterable failed, not the store."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _entries(precedents: Iterable[tuple[Precedent, "Vector"]]) -> Iterator[Entry]:
    try:
        for precedent, vector in precedents:
            yield _entry(precedent, vector)
    except Exception as error:
        raise _SourceFailed(error) from error


def _key(tenant: str) -> str:
    # Hashed: a tenant's name must not be able to name another folder.
    return hashlib.sha256(tenant.encode()).hexdigest()[:32]


def _check(vector: "Vector") -> None:
    import numpy as np

    if vector.shape != (DIMENSIONS,) or vector.dtype != np.float32:
        raise ValueError(f"a vector is float32 ({DIMENSIONS},), not {vector.dtype} {vector.shape}")
    length = float(np.linalg.norm(vector))
    if not abs(length - 1.0) < 1e-3:
        raise ValueError(f"a vector has unit length, not {length}")


def _entry(precedent: Precedent, vector: "Vector") -> Entry:
    _check(vector)
    labels = precedent.model_dump(mode="json", exclude={"id"})
    return Entry(precedent.id, vector, {**labels, "customer": precedent.customer or _GENERAL})


def _precedent(match: Match) -> Precedent:
    return Precedent.model_validate(
        {**match.labels, "id": match.id, "customer": match.labels.get("customer", _GENERAL) or None}
    )
