"""One folder of vectors in Chroma, in generations, so that what is removed leaves no bytes behind.

Chroma's Rust engine is opened directly. `import chromadb` loads telemetry, HTTP clients and embedding functions (47 MB
and a second) that an embedded store never calls; with the engine alone nothing can download or report anything.

Chroma 1.5.9 deletes logically: ids, metadata and vectors of deleted records stay in `embeddings_queue`, in free pages
of its SQLite file and in the HNSW file (chroma-core/chroma issues 3793 and 7659). Removal here therefore copies what
remains into a new folder, switches to it and deletes the old one.
"""

import importlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from agents.index_slack import blank_slack

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

COLLECTION = "precedents"
BATCH = 250
_CURRENT = "current"
_PLACE = {"tenant": "default_tenant", "database": "default_database"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored vector: float32 (dimensions,), unit length, with string labels."""

    id: str
    vector: "Vector"
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """A neighbour of a query: cosine similarity in [-1, 1]."""

    id: str
    similarity: float
    labels: Mapping[str, str]


class _Generation:
    """An open Chroma folder with its one collection."""

    def __init__(self, folder: Path, stamp: str | None) -> None:
        """Opens the folder; a folder without a collection gets one that carries `stamp` (None: it must have one)."""
        blank_slack(folder)  # left when a process died between making the index and the first upsert's end
        engine: Any = importlib.import_module("chromadb_rust_bindings")
        self._engine: Any = engine.Bindings(
            allow_reset=False,
            sqlite_db_config=engine.SqliteDBConfig(
                url=str(folder / "chroma.sqlite3"),
                hash_type=engine.MigrationHash.MD5,
                migration_mode=engine.MigrationMode.Apply,
            ),
            hnsw_cache_size=16,
            persist_path=str(folder),
        )
        # Listed, not asked for by name: a miss would raise, and the engine's exceptions import all of chromadb.
        found = [one for one in self._engine.list_collections(**_PLACE) if one.name == COLLECTION]
        if not found and stamp is None:
            raise LookupError("the folder holds no collection")
        collection = (
            found[0]
            if found
            else self._engine.create_collection(
                name=COLLECTION,
                configuration_json_str=json.dumps({"hnsw": {"space": "cosine"}}),
                metadata={"stamp": stamp},
                **_PLACE,
            )
        )
        self._id = str(collection.id)
        self._folder = folder
        self._blanked = False
        self.stamp = str((collection.metadata or {}).get("stamp", ""))

    def upsert(self, entries: Sequence[Entry]) -> None:
        self._engine.upsert(
            collection_id=self._id,
            ids=[entry.id for entry in entries],
            embeddings=[entry.vector.tolist() for entry in entries],
            metadatas=[dict(entry.labels) for entry in entries],
            **_PLACE,
        )
        if not self._blanked:
            # The first upsert makes the index files; a batch is too small to make the engine write them again.
            blank_slack(self._folder)
            self._blanked = True

    def query(self, vector: "Vector", k: int, where: Mapping[str, Any]) -> list[Match]:
        found = self._engine.query(
            collection_id=self._id,
            ids=None,
            query_embeddings=[vector.tolist()],
            n_results=k,
            where=json.dumps(where),
            include=["metadatas", "distances"],
            **_PLACE,
        )
        matches = [
            Match(id=ident, similarity=max(-1.0, min(1.0, 1.0 - distance)), labels=labels)
            for ident, distance, labels in zip(found.ids[0], found.distances[0], found.metadatas[0], strict=True)
        ]
        return sorted(matches, key=lambda match: (-match.similarity, match.id))

    def count(self) -> int:
        return int(self._engine.count(collection_id=self._id, **_PLACE))

    def holds_any(self, ids: Sequence[str]) -> bool:
        return any(
            self._engine.get(collection_id=self._id, ids=list(ids[at : at + BATCH]), include=[], **_PLACE).ids
            for at in range(0, len(ids), BATCH)
        )

    def entries(self) -> Iterator[Entry]:
        import numpy as np

        offset = 0
        while True:
            page = self._engine.get(
                collection_id=self._id,
                limit=BATCH,
                offset=offset,
                include=["metadatas", "embeddings"],
                **_PLACE,
            )
            if not page.ids:
                return
            for ident, vector, labels in zip(page.ids, page.embeddings, page.metadatas, strict=True):
                yield Entry(id=ident, vector=np.asarray(vector, np.float32), labels=labels)
            offset += len(page.ids)


class VectorStore:
    """The vectors of one tenant. Safe from several threads: writes take turns, reads go on beside them.

    The folder must belong to this process alone: two writers on one Chroma path lose vectors silently.
    Any method may raise whatever the engine raises, also its panics, which are no `Exception`.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        """`stamp` names what made the vectors; it is given to collections that are created from now on."""
        self._folder = folder
        self._stamp = stamp
        self._writing = RLock()
        self._opening = Lock()
        self._open: _Generation | None = None

    @property
    def stamp(self) -> str:
        """What made the vectors that are in the store."""
        return self._current().stamp

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Adds the entries; one with a known id replaces the earlier one."""
        with self._writing:
            for batch in _batches(entries):
                self._current().upsert(batch)

    def query(self, vector: "Vector", k: int, where: Mapping[str, Any]) -> list[Match]:
        """The `k` nearest of those that Chroma's filter `where` admits, nearest first, ties by id."""
        generation = self._current()
        try:
            return generation.query(vector, k, where)
        except Exception:
            # A removal may have deleted the folder under this read; then there is a newer one to ask.
            newer = self._current()
            if newer is generation:
                raise
            return newer.query(vector, k, where)

    def count(self) -> int:
        return self._current().count()

    def remove(self, ids: Sequence[str]) -> int:
        """Removes the entries with all their bytes on disk; the number of entries that were there."""
        gone = set(ids)
        with self._writing:
            current = self._current()
            if not current.holds_any(ids):
                return 0
            before = current.count()
            self._replace((entry for entry in current.entries() if entry.id not in gone), current.stamp)
            return before - self.count()

    def replace(self, entries: Iterable[Entry]) -> None:
        """Puts these entries in the place of all that are there, at once: a reader sees the old ones or the new.

        Works on a store that cannot be opened, and is the way to repair one.
        """
        with self._writing:
            self._replace(entries, self._stamp)

    def close(self) -> bool:
        """Closes the engine unless a write is under way; True when it is closed. The next call opens it again."""
        # Under a write it stays, so that the folder never has a second engine that writes.
        if not self._writing.acquire(blocking=False):
            return False
        try:
            with self._opening:
                self._open = None
        finally:
            self._writing.release()
        return True

    def _current(self) -> _Generation:
        with self._opening:
            if self._open is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                name = self._current_name()
                self._sweep(keep=name)
                if name is None:
                    name = "g1"
                    (self._folder / name).mkdir()
                    self._open = _Generation(self._folder / name, self._stamp)
                    self._point_to(name)
                else:
                    self._open = _Generation(self._folder / name, None)
            return self._open

    def _replace(self, entries: Iterable[Entry], stamp: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Numbered after the folders, not after the pointer: that may be what is broken.
        numbers = [int(path.name[1:]) for path in self._folder.glob("g*") if path.name[1:].isdecimal()]
        name = f"g{max(numbers, default=0) + 1}"
        folder = self._folder / name
        folder.mkdir()
        try:
            generation = _Generation(folder, stamp)
            for batch in _batches(entries):
                generation.upsert(batch)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._opening:
            self._point_to(name)
            self._open = generation
            self._sweep(keep=name)

    def _current_name(self) -> str | None:
        try:
            name = (self._folder / _CURRENT).read_text("ascii").strip()
        except FileNotFoundError:
            return None
        if not (name.startswith("g") and name[1:].isdecimal()):
            raise ValueError(f"the file {_CURRENT} of a vector store does not name a generation")
        return name

    def _point_to(self, name: str) -> None:
        fresh = self._folder / f"{_CURRENT}.new"
        with fresh.open("w", encoding="ascii") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / _CURRENT)

    def _sweep(self, keep: str | None) -> None:
        # Also what a crash left between the switch and the deletion: those may be bytes of an erased person.
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name != keep:
                shutil.rmtree(folder)


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    source = iter(entries)
    while batch := list(islice(source, BATCH)):
        yield batch
