"""What the database raises while it is away, full or overloaded: nothing that an item of work did, and it passes."""

import sqlite3

import sqlalchemy as sa

# https://www.sqlite.org/rescode.html: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL
_SQLITE = frozenset({5, 6, 7, 8, 10, 13, 14, 15})
# Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, resources, operator, system
_POSTGRESQL = ("08", "53", "57", "58")
_CONNECTION_LOST = "8s2b"
"""https://sqlalche.me/e/20/8s2b; of the other kind is a session that goes on after a failed flush."""
# Serialisation, deadlock, a lock that was not had, a transaction that was silent for too long
_IN_THE_WAY = frozenset({"40001", "40P01", "55P03", "25P03"})


def is_outage(error: BaseException) -> bool:
    """Whether the same again may go through later, however often it has failed like this."""
    if isinstance(error, sa.exc.TimeoutError | sa.exc.InterfaceError):
        return True
    if isinstance(error, sa.exc.PendingRollbackError):  # said after a connection was lost that somebody went on using
        return error.code == _CONNECTION_LOST
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        code: int | None = getattr(error.orig, "sqlite_errorcode", None)
        return isinstance(error.orig, sqlite3.OperationalError) and (code is None or code & 0xFF in _SQLITE)
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, sa.exc.OperationalError)
    return state.startswith(_POSTGRESQL) or state in _IN_THE_WAY
