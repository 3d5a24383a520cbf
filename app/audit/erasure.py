"""Erasing a data subject: its key and ciphertexts are destroyed, and the log says so in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, text
from sqlmodel import Session

from app.actor import Actor
from app.audit.leaf import MOST_ERASED, ErasedRef, LoggedActor, Record
from app.audit.log import Log, lock_head
from app.audit.vault import destroy, lock_keys
from app.store.engine import LOCK_TIMEOUT_S


class ScrubIncomplete(Exception):
    """Another connection kept old pages in use; scrubbing must be repeated."""


@dataclass(frozen=True)
class Erasure:
    """What an erasure did: payloads that the log vouches for and that are gone, and the entries that say so."""

    payloads: int
    entries: int


def erase(session: Session, log: Log, actor: Actor, subjects: Sequence[str], at: datetime) -> Erasure:
    """Erases data subjects (`Vault.subjects`) of the actor's tenant. Once it is committed, call `scrub`.

    A subject that has nothing sealed is passed over, so erasing again changes nothing.
    """
    payloads, records = 0, []
    # Keys first, then the log's head, then payloads: the order in which sealing and appending take their locks.
    known = lock_keys(session, actor.tenant, subjects)
    if known:
        lock_head(session, actor.tenant)
    for subject in known:
        gone = destroy(session, actor.tenant, subject, at)
        payloads += len(gone)
        refs = [ErasedRef(seq=seq, name=name) for seq, name in gone]
        records += [
            Record(
                kind="payload.erased", actor=LoggedActor.of(actor), surface=actor.surface,
                refs={"data_subject": subject}, erased=tuple(refs[start : start + MOST_ERASED]),
            )
            for start in range(0, max(len(refs), 1), MOST_ERASED)
        ]  # fmt: skip
    log.append(session, actor.tenant, at, *records)
    return Erasure(payloads, len(records))


def scrub(engine: Engine, wait: timedelta = timedelta(seconds=LOCK_TIMEOUT_S)) -> None:
    """Takes what an erasure freed out of the database's files: SQLite's log is folded in and cut to nothing, and its
    freed pages are zeroed already (`secure_delete`); PostgreSQL's dead rows are vacuumed.

    PostgreSQL's own write-ahead log and all backups still hold ciphertexts and wrapped keys until they are recycled.
    Raises ScrubIncomplete where readers kept SQLite's log in use for longer than `wait`.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM payload, subject_key, own_record, own_record_field"))
        return
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(wait.total_seconds() * 1000)}")
        (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={LOCK_TIMEOUT_S * 1000}")
    finally:
        raw.close()
    if busy:
        raise ScrubIncomplete("readers kept the database's log in use")
