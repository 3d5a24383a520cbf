"""WritePort: how an approved action takes effect. Only execution and reconciliation may hold one."""

from typing import Protocol

from tools.actions import Action
from tools.receipt import Receipt as Receipt


class Refused(Exception):
    """The connector did not apply the action, and says so for certain; the message is its reason."""


class Uncertain(Exception):
    """The connector may or may not have applied the action (time-out, broken connection)."""


class WritePort(Protocol):
    def apply(self, action: Action, key: str) -> Receipt:
        """Applies once per `key`; the same key again returns the first receipt. Raises Refused, Uncertain."""

    def lookup(self, key: str) -> Receipt | None:
        """The receipt under `key`, None if it was never applied. Raises Uncertain when it cannot be asked."""
