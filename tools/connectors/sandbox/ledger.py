"""The ledger of effects: each idempotency key takes effect once, and what really happened can be counted."""

import sqlite3

from tools.actions import Action
from tools.connectors.sandbox.book import Book
from tools.connectors.sandbox.effects import EFFECTS
from tools.connectors.sandbox.money_effects import MONEY_EFFECTS
from tools.connectors.sandbox.pen import Pen
from tools.connectors.sandbox.store import Store
from tools.receipt import Receipt
from tools.write_port import Refused

_EFFECTS = EFFECTS | MONEY_EFFECTS


def settled(connection: sqlite3.Connection, action: Action, key: str) -> Receipt | None:
    """The receipt under `key`, and one call more counted; None for a new key. Raises Refused for another action."""
    row = connection.execute(
        "UPDATE effect SET calls = calls + 1 WHERE key = ? RETURNING args_digest, receipt", (key,)
    ).fetchone()
    if row is None:
        return None
    if row[0] != action.digest():
        raise Refused(f"the key {key} stands for another action already")
    return Receipt.model_validate_json(row[1])


def take_effect(connection: sqlite3.Connection, pen: Pen) -> Receipt:
    """Changes the records and enters it in the ledger, in the transaction that the caller commits. Raises Refused."""
    receipt = _receipt(connection, pen)
    at = pen.now.isoformat()
    connection.execute("INSERT INTO application (key, at) VALUES (?, ?)", (pen.key, at))
    return _enter(connection, pen, receipt)


def pretend(connection: sqlite3.Connection, pen: Pen) -> Receipt:
    """The receipt of an effect that is rolled back: what a system writes that claims more than it does."""
    connection.execute("SAVEPOINT pretence")
    receipt = _receipt(connection, pen)
    # The ids named in the receipt stay used up, or the next honest effect would fill them and make the lie true.
    counters = connection.execute("SELECT kind, last FROM counter").fetchall()
    connection.execute("ROLLBACK TO pretence")
    connection.execute("RELEASE pretence")
    connection.executemany("INSERT OR REPLACE INTO counter (kind, last) VALUES (?, ?)", counters)
    return _enter(connection, pen, receipt)


def _receipt(connection: sqlite3.Connection, pen: Pen) -> Receipt:
    book = Book(connection)
    effect = _EFFECTS[pen.action.tool](book, pen)
    return Receipt(
        key=pen.key, tool=pen.action.tool, result=effect.result, before=effect.before, versions=book.versions,
        applied_at=pen.now,
    )  # fmt: skip


def _enter(connection: sqlite3.Connection, pen: Pen, receipt: Receipt) -> Receipt:
    connection.execute(
        "INSERT INTO effect (key, tool, args_digest, receipt, at) VALUES (?, ?, ?, ?, ?)",
        (pen.key, receipt.tool, pen.action.digest(), receipt.model_dump_json(), pen.now.isoformat()),
    )
    return receipt


def receipt_of(store: Store, key: str) -> Receipt | None:
    rows = store.rows("SELECT receipt FROM effect WHERE key = ?", (key,))
    return Receipt.model_validate_json(str(rows[0][0])) if rows else None


def entries(store: Store) -> list[dict[str, object]]:
    """One dict a key, oldest first: `key`, `tool`, `count` (times that records changed under it, counted apart from
    the key's own row), `calls` (how often it was asked for), `at`, `args_digest`."""
    rows = store.rows(
        "SELECT e.key, e.tool, count(a.seq), e.calls, e.at, e.args_digest FROM effect e"
        " LEFT JOIN application a ON a.key = e.key GROUP BY e.key ORDER BY e.rowid"
    )
    return [dict(zip(("key", "tool", "count", "calls", "at", "args_digest"), row, strict=True)) for row in rows]
