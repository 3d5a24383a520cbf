"""Passwords: argon2id, and a limit on guesses by account and by address."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import update
from sqlmodel import col

from app.actor import Actor
from app.errors import FieldError, Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.principals import MACHINE, by_name, get
from app.store.engine import read_only, unit_of_work
from app.store.models import Principal, WebSession

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 200
_HASHER = PasswordHasher()
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$fTq1p1lix8TgzgFtnWklKA$8pguxjzK9HnfZFjzqWeQaXCx4o2vUIT/OxDIndBXErg"
"""Checked where there is no such account, so that the answer takes as long as for one that exists. What was hashed is
forgotten; to hash something at each start would take a quarter of a second of a processor."""


class Guesses:
    """Failed attempts by key in a sliding window, in this process's memory: a restart forgets them."""

    def __init__(self, limit: int = 5, window: timedelta = timedelta(minutes=15), keys: int = 10_000) -> None:
        self._limit, self._window, self._keys = limit, window, keys
        self._failed: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def check(self, now: datetime, *keys: str) -> None:
        """Raises Problem `rate_limited` when one of the keys has failed too often."""
        with self._lock:
            for key in keys:
                times = self._failed.get(key, deque())
                while times and times[0] <= now - self._window:
                    times.popleft()
                if len(times) >= self._limit:
                    wait = int((times[0] + self._window - now).total_seconds()) + 1
                    raise Problem(
                        "rate_limited", "Too many failed attempts; try again later.", extra={"retry_after_s": wait}
                    )

    def failed(self, now: datetime, *keys: str) -> None:
        with self._lock:
            for key in keys:
                if key not in self._failed and len(self._failed) >= self._keys:
                    self._failed.pop(next(iter(self._failed)))
                self._failed.setdefault(key, deque(maxlen=self._limit)).append(now)


def set_password(ground: Ground, actor: Actor, principal_id: str, password: str) -> None:
    """Sets a person's password, and ends all of their sessions.

    Raises Problem `not_permitted`, `not_found`, `invalid_body`.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        detail = f"must have {MIN_LENGTH} to {MAX_LENGTH} characters"
        raise Problem(
            "invalid_body", f"The password {detail}.", errors=[FieldError(pointer="/password", detail=detail)]
        )
    hashed = _HASHER.hash(password)
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, principal_id)
        if actor.principal_id not in (row.id, MACHINE) or row.kind != "person":
            raise Problem("not_permitted", "A person sets their own password.")
        row.password_hash = hashed
        session.add(row)
        # Whoever may have had the former one has no session left either.
        session.execute(
            update(WebSession)
            .where(col(WebSession.principal_id) == row.id, col(WebSession.ended_at).is_(None))
            .values(ended_at=ground.clock())
        )
        put_on_record(ground, session, actor, "principal.password_set", refs={"principal": row.id})


def check_password(
    ground: Ground, guesses: Guesses, tenant: str, name: str, password: str, address: str,
    verify: Callable[[str, str], bool] = _HASHER.verify,
) -> Principal:  # fmt: skip
    """The person of that name or address with that password. Raises Problem `unauthenticated`, `rate_limited`."""
    now = ground.clock()
    keys = (f"account {tenant}/{name.casefold()}", f"address {address}")
    guesses.check(now, *keys)
    with read_only(ground.engine) as session:
        row = by_name(session, tenant, name)
    usable = row is not None and row.active and row.kind == "person" and row.password_hash is not None
    stored = row.password_hash if row is not None and usable and row.password_hash else _NOBODY
    try:
        right = verify(stored, password[: MAX_LENGTH + 1])
    except (VerifyMismatchError, InvalidHashError):
        right = False
    if row is None or not usable or not right:
        guesses.failed(now, *keys)
        raise Problem("unauthenticated", "The name or the password is wrong.")
    return row
