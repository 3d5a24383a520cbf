"""Slots: numbered folders beside each other, each of which one process at a time has for itself.

A slot is held by a lock on the file beside its folder, which the kernel drops when its process dies, however it dies.
Lock files are never deleted: who waits to lock a deleted file would hold nothing.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MOST = 256
_NAME = re.compile(r"slot-[1-9][0-9]*")
_FORMER_OWNER = "owner.lock"


class NoSlot(Exception):
    """Every slot is held; the message says where."""


class Slot:
    """A folder that is this holder's alone until it is given back."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self._descriptor = descriptor
        self.touch()

    def touch(self) -> float:
        """Notes that the slot is in use; answers the file system's time (Unix, seconds)."""
        os.utime(self._descriptor)
        return os.fstat(self._descriptor).st_mtime

    def give_back(self) -> None:
        """The folder stays as it is, for whoever takes the slot next."""
        self.touch()
        os.close(self._descriptor)


class Slots:
    """The slots of one folder. Nothing is made before the first is taken."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self) -> Slot:
        """The first slot that nobody holds, with what its last holder left in it. Raises NoSlot, OSError."""
        self._path.mkdir(parents=True, exist_ok=True)
        self._discard_former()
        for number in range(1, _MOST + 1):
            folder = self._path / f"slot-{number}"
            descriptor = _locked(folder.with_suffix(".lock"))
            if descriptor is not None:
                folder.mkdir(exist_ok=True)
                return Slot(folder, descriptor)
        raise NoSlot(f"all {_MOST} slots of {self._path.name} are held")

    def discard_free(self, idle_since: float | None = None) -> int:
        """Deletes what is in slots that nobody holds, or only in those not in use since then; answers how many.

        Raises OSError where something cannot be deleted.
        """
        if not self._path.is_dir():
            return 0
        self._discard_former()
        return sum(self._discard(folder, idle_since) for folder in sorted(self._path.iterdir()))

    def _discard(self, folder: Path, idle_since: float | None) -> bool:
        if not (_NAME.fullmatch(folder.name) and folder.is_dir()):
            return False
        with _free(folder.with_suffix(".lock")) as descriptor:
            if descriptor is None or (idle_since is not None and os.fstat(descriptor).st_mtime > idle_since):
                return False
            shutil.rmtree(folder)
        return True

    def _discard_former(self) -> None:
        """What a version without slots left; nobody would ever erase anything in it."""
        owner = self._path / _FORMER_OWNER
        if not owner.exists():
            return
        with _free(owner) as descriptor:
            if descriptor is None:
                return  # a process of that version still runs
            for folder in self._path.iterdir():
                if folder.is_dir() and not _NAME.fullmatch(folder.name):
                    shutil.rmtree(folder)
            with suppress(FileNotFoundError):
                owner.unlink()


@contextmanager
def _free(file: Path) -> Iterator[int | None]:
    """The lock of the file while the block runs; None where somebody else has it."""
    descriptor = _locked(file)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(file: Path) -> int | None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
