"""Fault points: named places at which a test has the process die. Switched on by a setting that production refuses."""

import os
import signal

from app.context import Context


def fault_point(ctx: Context, name: str) -> None:
    """Kills this process as `kill -9` would, where the setting `faults` names the point."""
    if name in ctx.settings.faults:
        os.kill(os.getpid(), signal.SIGKILL)
