"""Heaps of glibc's malloc: a process with many threads holds more than it needs. Elsewhere this does nothing."""

import contextlib
import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
"""malloc.h of glibc."""


def share() -> None:
    """Threads get heaps of their own, up to eight a processor, and keep in each what was freed there; here threads are
    many and mostly take turns, so two heaps do, with 70 MB less."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def give_back() -> None:
    """What loading the models took for a moment, and freed, goes back to the system instead of waiting for use."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
