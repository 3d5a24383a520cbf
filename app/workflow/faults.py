"""Fault points: the named places at which a test has the process die. Production refuses the setting that arms them.

One stands between every two commits of every way through the service, and around the connector's call. The name tells
what has just happened. `COUNTERSIGN_FAULTS=execute.applied@3,triage.ran` has this process die as by `kill -9` when it
passes `execute.applied` for the third time or `triage.ran` for the first; it says which on standard error.
"""

import os
import signal
import threading
from collections.abc import Iterable
from typing import Literal, get_args

Point = Literal[
    "ingest.stored", "ingest.refused", "ingest.asked", "ingest.doubted",
    "triage.claimed", "triage.model_called", "triage.ran", "triage.recorded", "triage.gave_up",
    "review.given", "review.asked_anew", "review.refused", "batch.item",
    "execute.claimed", "execute.applied", "execute.read_back", "execute.recorded", "execute.cut_off",
    "execute.voided", "execute.gave_up",
    "reconcile.asked", "reconcile.read_back", "reconcile.applied", "reconcile.not_applied", "reconcile.gave_up",
    "undo.asked", "by_hand.closed", "case.corrected", "control.paused", "control.resumed",
    "sweep.overdue", "sweep.lost_work", "sweep.forgotten", "sweep.rules",
    "checkpoint.signed", "checkpoint.sent", "checkpoint.remembered",
    "learn.learned", "learn.moved", "learn.cleared", "learn.rewound",
    "erase.forgotten", "erase.erased", "erase.scrubbed",
    "idempotency.begun", "idempotency.answered", "idempotency.kept", "idempotency.freed",
    "queue.put", "worker.handled", "worker.put_again", "worker.took_over", "worker.gave_up",
]  # fmt: skip
POINTS: tuple[Point, ...] = get_args(Point)

_armed: dict[str, int] = {}
"""Point → how many more times it is passed before the process dies there. Of the process, as its death is."""
_lock = threading.Lock()


def checked(fault: str) -> str:
    """`fault` if it is `POINT` or `POINT@N`. Raises ValueError, which names the nearest thing to do about it."""
    name, at, hits = fault.partition("@")
    if name not in POINTS:
        raise ValueError(f"{name!r} is no fault point; app/workflow/faults.py lists them")
    if at and not (hits.isascii() and hits.isdecimal() and 1 <= int(hits) <= 1_000_000):
        raise ValueError(f"{fault!r}: after @ stands which passing, 1 or more")
    return fault


def arm(faults: Iterable[str]) -> None:
    """From now on this process dies at these points, and at no others."""
    armed = {}
    for fault in faults:
        name, _, hits = checked(fault).partition("@")
        armed[name] = int(hits or 1)
    with _lock:
        _armed.clear()
        _armed.update(armed)


def fault_point(name: Point) -> None:
    """Kills this process if the point is armed and due; costs nothing to speak of where none is."""
    if name in _armed:
        _passed(name)


def _passed(name: Point) -> None:
    with _lock:
        if name not in _armed:
            return
        _armed[name] -= 1
        if _armed[name] > 0:
            return
        # Said by the one thread that dies, in one write, so that a test can count what it killed.
        os.write(2, f"fault point {name}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)
