"""The export of a tenant's log, line by line, as app/audit/verify.py describes and checks it."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from app.audit.checkpoint import signed_head
from app.audit.leaf import SALT_BYTES, checkpoint_line, payload_line
from app.audit.log import Log
from app.audit.vault import PayloadErased, Vault, VaultBroken
from app.store.engine import read_only
from app.store.models.audit import AuditEntry

_CHUNK = 1000


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """A reading transaction whose every query sees one moment: an erasure is in the export whole or not at all."""
    if engine.dialect.name == "postgresql":  # SQLite's readers always have that
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with read_only(engine) as session:
        if engine.dialect.name == "postgresql":
            # Whoever reads the export may be slow, and this transaction is in nobody's way.
            session.connection().exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield session


def export(session: Session, log: Log, vault: Vault, tenant: str) -> Iterator[bytes]:
    """The lines of the export, line feeds included, in constant memory; `session` is of `snapshot`.

    It ends with a checkpoint signed for this export, so that erasures up to this moment are in it. A payload that does
    not open is left out like an erased one; the verifier tells the two apart. Raises log.LogBroken.
    """
    size, note = signed_head(session, log, tenant)
    for start in range(0, size, _CHUNK):
        end = min(start + _CHUNK, size)
        payloads: dict[int, list[bytes]] = defaultdict(list)
        for row in vault.sealed_of_entries(session, tenant, start, end):
            try:
                plain = vault.plain(row)
            except (PayloadErased, VaultBroken):
                continue
            payloads[row.seq].append(payload_line(row.name, row.seq, plain[:SALT_BYTES], plain[SALT_BYTES:]))
        within = col(AuditEntry.seq) >= start, col(AuditEntry.seq) < end
        query = select(col(AuditEntry.seq), col(AuditEntry.leaf)).where(col(AuditEntry.tenant) == tenant, *within)
        for seq, leaf in session.execute(query.order_by(col(AuditEntry.seq))):
            yield leaf + b"\n"
            yield from payloads[seq]
    yield checkpoint_line(note)
