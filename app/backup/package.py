"""A backup as it lies there: a folder, or one tar file (`*.tar`) of the same files. Read without trusting any of it."""

import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from app.backup.manifest import MANIFEST, SIGNATURE, File, Manifest, unusable
from app.errors import Problem

_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 << 20
Say = Callable[[str], None]


def is_tar(path: Path) -> bool:
    return path.suffix == ".tar"


def refuse_overwriting(path: Path) -> None:
    """Raises Problem: `conflict` where something lies there already, `invalid_body` without a folder above."""
    if path.exists() or path.is_symlink():
        raise Problem("conflict", f"{path} is there already; a backup overwrites nothing.")
    if not path.parent.is_dir():
        raise Problem("invalid_body", f"There is no folder {path.parent}.")


def publish(draft: Path, path: Path) -> None:
    """Puts the finished folder `draft` in its place as a whole. Raises Problem `conflict`, OSError."""
    refuse_overwriting(path)
    for each in draft.iterdir():
        _to_disk(each)
    if not is_tar(path):
        draft.rename(path)
    else:
        packed = draft.with_suffix(".tar")
        try:
            # The manifest first: whoever reads the file learns at once what is to follow.
            order = sorted(draft.iterdir(), key=lambda each: (each.name not in (MANIFEST, SIGNATURE), each.name))
            handle = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
                for each in order:
                    tar.add(each, each.name, recursive=False)
            _to_disk(packed)
            path.hardlink_to(packed)  # fails where somebody else was first
        finally:
            packed.unlink(missing_ok=True)
            shutil.rmtree(draft, ignore_errors=True)
    _to_disk(path.parent)


class Package:
    """A backup that is to be read."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise Problem("not_found", f"There is no backup {path}.")
        self._path = path

    def names(self) -> set[str]:
        if self._path.is_dir():
            return {each.name for each in self._path.iterdir()}
        with self._tar() as tar:
            names = [member.name for member in tar.getmembers()]
        if len(set(names)) != len(names):
            raise unusable("a file is in it twice")
        return set(names)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """One file. Raises Problem where it is missing or no plain file."""
        if self._path.is_dir():
            place = self._path / name
            if place.is_symlink() or not place.is_file():
                raise unusable(f"{name} is missing")
            with place.open("rb") as file:
                yield file
            return
        with self._tar() as tar:
            try:
                member = tar.extractfile(name)
            except KeyError:
                member = None
            if member is None:
                raise unusable(f"{name} is missing")
            with member:
                yield member

    def manifest(self) -> Manifest:
        """The manifest, once its signature and every file's digest hold. Raises Problem `invalid_body`."""
        with self.open(MANIFEST) as file:
            raw = file.read(_LARGEST_MANIFEST)
        with self.open(SIGNATURE) as file:
            note = file.read(_CHUNK).decode("utf-8", "replace")
        found = Manifest.read(raw, note)
        wanted = {MANIFEST, SIGNATURE, *(each.name for each in found.files)}
        if extra := sorted(self.names() ^ wanted):
            raise unusable(f"{extra[0]} is {'missing' if extra[0] in wanted else 'not in its manifest'}")
        return found

    def check(self, manifest: Manifest, say: Say) -> None:
        """Reads every file through. Raises Problem `invalid_body`."""
        for each in manifest.files:
            say(f"checking {each.name} ({each.bytes} bytes)")
            self._through(each, lambda _piece: None)

    def extract(self, file: File, to: Path) -> None:
        """Writes one file to `to`, for this user alone, and checks it once more. Raises Problem, OSError."""
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target:
            self._through(file, lambda piece: target.write(piece))
            target.flush()
            os.fsync(target.fileno())

    def _through(self, file: File, take: Callable[[bytes], object]) -> None:
        seen, size = sha256(), 0
        try:
            with self.open(file.name) as stream:
                while piece := stream.read(_CHUNK):
                    seen.update(piece)
                    size += len(piece)
                    take(piece)
        except (tarfile.TarError, EOFError) as broken:
            raise unusable(f"{file.name} cannot be read ({broken})") from None
        if size != file.bytes or seen.hexdigest() != file.sha256:
            raise unusable(f"{file.name} is not what the manifest says")

    @contextmanager
    def _tar(self) -> Iterator[tarfile.TarFile]:
        try:
            with tarfile.open(self._path, "r:") as tar:
                yield tar
        except tarfile.TarError as broken:
            raise unusable(f"{self._path.name} is no whole tar file ({broken})") from None


def described(path: Path) -> File:
    """A file with its size and digest."""
    seen, size = sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            seen.update(piece)
            size += len(piece)
    return File(name=path.name, bytes=size, sha256=seen.hexdigest())


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
