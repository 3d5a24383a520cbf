"""Session: one solver process that answers model after model. Whatever becomes of it, the caller goes on."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Any

from tools.cpsat.answer import Answer, Ended, Limits, Status
from tools.cpsat.model import Model

GRACE_S = 5.0
"""How much longer than its limit a solve may take before its process is killed."""

_RELAXED_FROM = 3_000
"""Variables from which the linear relaxation is solved first: below, the search itself is faster."""


class Session:
    """The process starts with the first model, and ends with the `with` block or `cancel`.

    One solve at a time; `cancel` may be called from another thread.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._cancelled = threading.Event()

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def cancel(self) -> None:
        """The running solve ends at once, with what it has found; later ones end before they begin."""
        self._cancelled.set()
        self._lines.put(None)

    def solve(self, model: Model, limits: Limits) -> Answer:
        """Never raises for what the solver does: a crash, a lack of memory and a time-out are answers."""
        begun = time.monotonic()
        heard = _Heard()
        if self._cancelled.is_set():
            return heard.answer(0.0, "cancelled", None)
        size, _ = model.size
        asked = {
            "model": model.text(), "seconds": limits.seconds, "workers": limits.workers, "seed": limits.seed,
            "work": limits.work, "more": limits.more, "relax": size >= _RELAXED_FROM,
        }  # fmt: skip
        ended, why = self._listen(json.dumps(asked), heard, begun, limits)
        if ended != "done":
            self._end()
        return heard.answer(time.monotonic() - begun, ended, why)

    def _listen(self, asked: str, heard: "_Heard", begun: float, limits: Limits) -> tuple[Ended, str | None]:
        process = self._started(limits)
        assert process.stdin is not None
        try:
            process.stdin.write(asked + "\n")
            process.stdin.flush()
        except OSError:
            return "crashed", "the solver's process ended before it was asked"
        while True:
            left = begun + limits.seconds + GRACE_S - time.monotonic()
            try:
                line = self._lines.get(timeout=max(0.0, left))
            except queue.Empty:
                return "limit", "the solver did not stop at its limit"
            if self._cancelled.is_set():
                return "cancelled", None
            if line is None:
                return "crashed", f"the solver's process ended with {process.wait()}"
            if heard.take(json.loads(line)):
                return "done", None

    def _started(self, limits: Limits) -> "subprocess.Popen[str]":
        if self._process is None:
            self._lines = queue.Queue()
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "tools.cpsat.child", str(limits.memory_mb)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
            threading.Thread(target=_read, args=(self._process, self._lines), daemon=True).start()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was not yet written to a dead process
                if pipe is not None:
                    pipe.close()


class _Heard:
    """What the process has told of one model so far."""

    def __init__(self) -> None:
        self.values: dict[int, int] = {}
        self.objective: int | None = None
        self.bound: int | None = None
        self.first: float | None = None
        self.end: dict[str, Any] = {}

    def take(self, told: dict[str, Any]) -> bool:
        """Whether that was the last line."""
        if "values" in told:
            self.values = dict(told["values"])
            self.objective = told["objective"]
            self.first = told["at"] if self.first is None else self.first
        if told.get("bound") is not None and (self.bound is None or told["bound"] > self.bound):
            self.bound = told["bound"]
        self.end = told.get("end", {})
        return "end" in told

    def answer(self, seconds: float, ended: Ended, why: str | None) -> Answer:
        status: Status = self.end.get("status", "unknown" if self.objective is None else "feasible")
        return Answer(
            status, self.values, self.objective, self.objective if status == "optimal" else self.bound,
            tuple(self.end.get("core", ())), seconds, self.first,
            "limit" if ended == "done" and status in ("feasible", "unknown") else ended, why,
        )  # fmt: skip


def _read(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    with contextlib.suppress(ValueError):  # closed while it was read
        for line in process.stdout:
            lines.put(line)
    lines.put(None)
