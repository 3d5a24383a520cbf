"""Checkpoints: signed after the entries they cover are committed, kept, and sent to a file outside the home folder.

The outside file is what catches whoever holds the database and the key: they can sign another history, but not unsay
what was sent. Put it where they cannot write, or where it can only be appended to.
"""

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select, update
from sqlmodel import Session, col

from app.audit import merkle
from app.audit.log import Log, LogBroken
from app.audit.note import Checkpoint as Statement
from app.audit.note import NoteError
from app.store.engine import read_only, unit_of_work
from app.store.models.audit import Checkpoint
from app.workflow.faults import fault_point


def signed_head(session: Session, log: Log, tenant: str) -> tuple[int, str]:
    """Size of the log and a signed checkpoint of it. Everything the session sees must be committed already.

    Raises LogBroken rather than sign what contradicts the last checkpoint that was kept.
    """
    head = log.head(session, tenant)
    query = select(col(Checkpoint.note)).where(col(Checkpoint.tenant) == tenant)
    last = session.scalar(query.order_by(col(Checkpoint.size).desc()).limit(1))
    if last is not None:
        try:
            before = Statement.open(last, log.verifier(tenant))
        except NoteError as error:
            raise LogBroken(f"the last checkpoint of {tenant}'s log is not of this key: {error}") from error
        if before.size > head.size or merkle.root_at(before.size, log.nodes(session, tenant)) != before.root:
            raise LogBroken(f"{tenant}'s log contradicts its checkpoint of {before.size} entries; none is signed")
    return head.size, log.key.checkpoint(tenant, head.size, head.root())


def sign_checkpoint(engine: Engine, log: Log, tenant: str, at: datetime) -> str | None:
    """Signs and keeps a checkpoint of what is committed; None where the log has not grown since the last one.

    Raises LogBroken as `signed_head` does.
    """
    # Read apart, before writing: what a transaction of our own had appended must not be signed before its commit.
    with read_only(engine) as session:
        size, note = signed_head(session, log, tenant)
    with unit_of_work(engine) as session:
        if size == 0 or session.get(Checkpoint, (tenant, size)) is not None:
            return None
        session.add(Checkpoint(tenant=tenant, size=size, note=note, at=at))
    fault_point("checkpoint.signed")
    return note


def send_checkpoints(engine: Engine, sink: Path, at: datetime) -> int:
    """Appends every checkpoint that was not sent yet to the outside file, and answers how many.

    The file holds signed notes with a blank line after each, of all tenants; `verify --since` reads it as it is. After
    a crash between writing and remembering a note stands there twice, which says nothing new. Raises OSError.
    """
    with read_only(engine) as session:
        query = select(col(Checkpoint.tenant), col(Checkpoint.size), col(Checkpoint.note))
        order = col(Checkpoint.tenant), col(Checkpoint.size)
        waiting = session.execute(query.where(col(Checkpoint.sent_at).is_(None)).order_by(*order)).all()
    if not waiting:
        return 0
    _append(sink, "".join(f"{row.note}\n" for row in waiting).encode())
    fault_point("checkpoint.sent")
    with unit_of_work(engine) as session:
        for row in waiting:
            sent = update(Checkpoint).where(col(Checkpoint.tenant) == row.tenant, col(Checkpoint.size) == row.size)
            session.execute(sent.values(sent_at=at))
    fault_point("checkpoint.remembered")
    return len(waiting)


def _append(path: Path, text: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        while text:
            text = text[os.write(handle, text) :]
        os.fsync(handle)
    finally:
        os.close(handle)
