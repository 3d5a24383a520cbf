"""Lives: processes of the service, each begun by the command itself or forked by a nursery, heard line by line."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tests.architecture.tree import ROOT
from tests.soak.nursery import BEGUN, ENDED

PROGRAM = Path(sys.executable).with_name("countersign")
Hear = Callable[[str], None]


class Life(Protocol):
    """`hear` of its maker has been told every line once `wait` has answered."""

    @property
    def over(self) -> bool: ...
    def send(self, number: signal.Signals) -> None: ...
    def wait(self, seconds: float | None = None) -> int:
        """The exit code. Raises TimeoutError."""


Begin = Callable[[Sequence[str], Mapping[str, str], Path], Life]


class Started:
    """A life begun by the command itself."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, hear: Hear) -> None:
        self._process = subprocess.Popen(
            [PROGRAM, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            cwd=folder,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=(hear,), name="life")
        self._reader.start()

    def _read(self, hear: Hear) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            hear(line)

    @property
    def over(self) -> bool:
        return self._process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float | None = None) -> int:
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        self._reader.join()
        return code


class Forked:
    """A life that a nursery began."""

    def __init__(self) -> None:
        self._begun, self._ended = threading.Event(), threading.Event()
        self._pid, self._code = 0, 0

    def hear(self, line: str) -> None:
        """Of its own begin and end."""
        word, _, number = line.rpartition(" ")
        if word == BEGUN:
            self._pid = int(number)
            self._begun.set()
        else:
            self._code = int(number)
            self._ended.set()

    @property
    def over(self) -> bool:
        return self._ended.is_set()

    def send(self, number: signal.Signals) -> None:
        self._begun.wait(60)
        # The nursery takes note of an end only after it, but no other process has this number so soon.
        if not self._ended.is_set():
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    def wait(self, seconds: float | None = None) -> int:
        if not self._ended.wait(seconds):
            raise TimeoutError
        return self._code


class Nursery:
    """To be made by the main thread: it ends with the thread that made it."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.nursery"], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, text=True, cwd=ROOT,
        )  # fmt: skip
        self._life: Forked | None = None
        self._reader = threading.Thread(target=self._read, name="nursery")
        self._reader.start()

    def begin(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Forked:
        life = self._life = Forked()
        assert self._process.stdin is not None
        told = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder)}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return life

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.startswith((BEGUN, ENDED)) and self._life is not None:
                self._life.hear(line.strip())
            else:
                self._hear(line)

    def close(self) -> None:
        """Ends it, and a life that is still going on with it."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
