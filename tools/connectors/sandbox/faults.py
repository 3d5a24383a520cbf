"""Faults that the firm can be told to have, kept in its file, so that every process that opens it meets them."""

import sqlite3
from typing import Literal, get_args

from tools.actions import ACTIONS
from tools.connectors.sandbox.store import Store

FaultName = Literal["refuse", "timeout_before_apply", "timeout_after_apply", "slow", "lie", "unavailable"]
FAULTS: tuple[FaultName, ...] = get_args(FaultName)
READ, ALL = "read", "*"


def tell(store: Store, fault: FaultName, scope: str = ALL, count: int | None = None, seconds: float = 0.0) -> None:
    """Has the next `count` calls (None: every call) in `scope` meet the fault; `seconds` is for `slow`.

    A scope is a tool's name, `read` for the read side, or `*` for all calls. `refuse`, `lie` and the time-outs concern
    writes only. Raises ValueError for an unknown fault or scope, and where count or seconds is no sensible number.
    """
    if fault not in FAULTS:
        raise ValueError(f"fault is one of {', '.join(FAULTS)}, not {fault}")
    if scope not in (READ, ALL, *ACTIONS):
        raise ValueError(f"scope is a tool, {READ} or {ALL}, not {scope}")
    if scope == READ and fault not in ("slow", "unavailable"):
        raise ValueError(f"{fault} concerns writes, so its scope cannot be {READ}")
    if count is not None and count < 1:
        raise ValueError("count is at least 1")
    if not 0 <= seconds <= 300 or (fault == "slow") != (seconds > 0):
        raise ValueError("slow, and only slow, takes seconds: more than 0, at most 300")
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO fault (fault, scope, remaining, seconds) VALUES (?, ?, ?, ?)", (fault, scope, count, seconds)
        )


def clear(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute("DELETE FROM fault")


def listed(store: Store) -> list[dict[str, object]]:
    """The faults that are still due, `remaining` None where they do not end."""
    rows = store.rows("SELECT fault, scope, remaining, seconds FROM fault ORDER BY seq")
    return [dict(zip(("fault", "scope", "remaining", "seconds"), row, strict=True)) for row in rows]


def take(store: Store, scope: str) -> dict[str, float]:
    """The faults that one call in `scope` meets, with their seconds; each is used up by one."""
    if not store.rows("SELECT 1 FROM fault WHERE scope IN (?, ?) LIMIT 1", (scope, ALL)):
        return {}
    with store.transaction() as connection:
        return _use_up(connection, scope)


def _use_up(connection: sqlite3.Connection, scope: str) -> dict[str, float]:
    met: dict[str, float] = {}
    rows = connection.execute(
        "SELECT seq, fault, seconds FROM fault WHERE scope IN (?, ?) ORDER BY seq", (scope, ALL)
    ).fetchall()
    for seq, fault, seconds in rows:
        # A second fault of the same name waits for its own call; on the read side only two mean anything.
        if fault in met or (scope == READ and fault not in ("slow", "unavailable")):
            continue
        met[fault] = seconds
        connection.execute("UPDATE fault SET remaining = remaining - 1 WHERE seq = ?", (seq,))
    connection.execute("DELETE FROM fault WHERE remaining <= 0")
    return met
