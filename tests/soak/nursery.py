"""`python -m tests.soak.nursery`: has imported the service, and forks a process of it for each line of its input.

Each line is JSON: `{"arguments", "environment", "folder"}`. A life begun so runs the same `countersign …` as one begun
by the shell, without the second that the imports take. One life at a time; its end is told on standard error.
"""

import ctypes
import faulthandler
import importlib
import json
import os
import signal
import sys
from typing import NoReturn

BEGUN, ENDED = "-- begun", "-- ended"
_MODULES = (
    "app.cli", "app.bootstrap", "app.main", "app.serving", "chromadb", "dbos", "langgraph.graph", "onnxruntime",
    "tokenizers", "psycopg", "uvicorn.protocols.http.auto", "uvicorn.loops.auto", "uvicorn.lifespan.on",
)  # fmt: skip
_PR_SET_PDEATHSIG = 1


def main() -> None:
    _end_with_parent()
    for module in _MODULES:
        importlib.import_module(module)
    for line in sys.stdin:
        told = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(told["arguments"], told["environment"], told["folder"])
        os.write(2, f"{BEGUN} {pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(2, f"{ENDED} {os.waitstatus_to_exitcode(status)}\n".encode())


def _live(arguments: list[str], environment: dict[str, str], folder: str) -> NoReturn:
    _end_with_parent()
    faulthandler.enable()  # where it was, should it end otherwise than it was killed
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["countersign", *arguments]
    from app.cli import main as countersign

    try:
        countersign()
    except SystemExit as end:
        # Native libraries were set up before the fork and cannot all be taken down after it.
        os._exit(end.code if isinstance(end.code, int) else 0)
    os._exit(0)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
