"""What the stand-in for Slack keeps: messages, how often it may be called, and the people of a workspace."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

TEAM = "T0ACME"


@dataclass
class Message:
    """One message as Slack has it; `versions` are what it said before."""

    channel: str
    ts: str
    blocks: list[Any]
    text: str
    thread_ts: str | None = None
    metadata: Any = None
    versions: list[list[Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Limit:
    """`most` calls in `window_s`, by channel where the method has one; then 429 with this `Retry-After`."""

    most: int
    window_s: float
    retry_after: int
    calls: dict[str, deque[float]] = field(default_factory=dict)

    def exceeded(self, key: str, now: float) -> bool:
        seen = self.calls.setdefault(key, deque())
        while seen and seen[0] <= now - self.window_s:
            seen.popleft()
        if len(seen) >= self.most:
            return True
        seen.append(now)
        return False


def person(ident: str, team: str = TEAM, zone: str = "Europe/Berlin", **flags: bool) -> dict[str, Any]:
    """A user as `users.info` tells of them; flags as `is_restricted`, `is_stranger`, `deleted`."""
    known = {"is_restricted": False, "is_ultra_restricted": False, "is_bot": False, "deleted": False}
    profile = {"display_name": ident, "email": f"{ident}@example.com"}
    return {"id": ident, "team_id": team, "name": ident.lower(), "tz": zone, "profile": profile} | known | flags
