"""Time is handed in, so that a test or a replay can say what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers the present as an aware datetime in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)
