"""The log: appending is the last thing a transaction does, under the lock of its tenant's `audit_head` row.

So entries are numbered without a gap, an entry exists exactly when what it tells of was committed, and the tree's
stored subtrees never disagree with the leaves.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session as AnySession
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session, col

from app.audit import merkle
from app.audit.leaf import Entry, PayloadRef, Record
from app.audit.merkle import EMPTY_ROOT, CompactRange, Node, ReadNode
from app.audit.note import SigningKey, VerifierKey
from app.audit.vault import sealed_here
from app.store.models.audit import AuditEntry, AuditHead, AuditNode, Payload

_TENANT = "audit.tenant"
_WAITING = "audit.waiting"

# Built once: putting a statement together costs more than running it, and every transaction appends.
_HEAD = select(col(AuditHead.size), col(AuditHead.compact_range), col(AuditHead.root)).where(
    col(AuditHead.tenant) == bindparam("of")
)
_LOCKED_HEAD = _HEAD.with_for_update()
_MOVE_HEAD = (
    update(AuditHead)
    .where(col(AuditHead.tenant) == bindparam("of"))
    .values(size=bindparam("size"), compact_range=bindparam("compact_range"), root=bindparam("root"))
)
_ADD_ENTRIES = insert(AuditEntry)
_ADD_NODES = insert(AuditNode)
_NODE = select(col(AuditNode.hash)).where(
    col(AuditNode.tenant) == bindparam("of"),
    col(AuditNode.level) == bindparam("at_level"),
    col(AuditNode.index) == bindparam("at_index"),
)
_FREE_PAYLOADS = (
    select(col(Payload.id), col(Payload.name), col(Payload.data_subject), col(Payload.digest))
    .where(col(Payload.tenant) == bindparam("of"), col(Payload.id).in_(bindparam("ids", expanding=True)))
    .where(col(Payload.seq).is_(None), col(Payload.ciphertext).is_not(None))
    .with_for_update()
)
_VOUCH = (
    update(Payload)
    .where(col(Payload.tenant) == bindparam("of"), col(Payload.id) == bindparam("ident"))
    .where(col(Payload.seq).is_(None), col(Payload.ciphertext).is_not(None))
    .values(seq=bindparam("by"))
)


class LogBroken(Exception):
    """What is stored of the log contradicts itself; nothing more is appended to it."""


class LogMisused(Exception):
    """A caller's mistake: two tenants in one transaction, or a payload that cannot be vouched for."""


class Log:
    """All tenants' logs of an installation. `key` signs their checkpoints."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key

    def verifier(self, tenant: str) -> VerifierKey:
        """What an auditor of this tenant's log is given; `str` of it is the one-line form."""
        return self.key.verifier(tenant)

    def append(self, session: Session, tenant: str, at: datetime, *records: Record) -> list[Entry]:
        """Appends entries in the caller's transaction, as its last statements: others of the tenant wait for its end.

        Raises LogMisused for a second tenant in one transaction, and for a payload that is unknown, erased or vouched
        for already; LogBroken where the stored head contradicts itself.
        """
        return _append(session, tenant, [(at, record) for record in records])

    def append_at_commit(self, session: Session, tenant: str, at: datetime, record: Record) -> None:
        """Has the entry appended when the transaction commits, together with the others that waited, in their order:
        so the head is locked and moved once, after everything else. What `append` raises is raised by the commit.

        Raises LogMisused for a second tenant in one transaction, and inside a savepoint, which may yet be rolled back.
        """
        if session.get_nested_transaction() is not None:
            raise LogMisused("an entry cannot wait for the commit of a savepoint")
        transaction = _one_tenant(session, tenant)
        known, waiting = session.info.get(_WAITING, (None, []))
        if known is not transaction:
            waiting = []
            session.info[_WAITING] = (transaction, waiting)
        waiting.append((at, record))

    def head(self, session: Session, tenant: str) -> CompactRange:
        """The tree as it stands, empty for a tenant without entries. Raises LogBroken."""
        row = session.connection().execute(_HEAD, {"of": tenant}).one_or_none()
        return CompactRange() if row is None else _decoded(*row)

    def entries(
        self, session: Session, tenant: str, *, start: int = 0, limit: int = 100, case_id: str | None = None
    ) -> list[Entry]:
        """Up to `limit` entries with seq ≥ start, in order; with `case_id` that case's alone."""
        query = select(col(AuditEntry.leaf)).where(col(AuditEntry.tenant) == tenant, col(AuditEntry.seq) >= start)
        if case_id is not None:
            query = query.where(col(AuditEntry.case_id) == case_id)
        return [Entry.from_leaf(leaf) for leaf in session.scalars(query.order_by(col(AuditEntry.seq)).limit(limit))]

    def inclusion_proof(self, session: Session, tenant: str, seq: int, size: int) -> list[bytes]:
        """RFC 6962 audit path of entry `seq` in the first `size`. Raises merkle.ProofError where there is none."""
        self._within(session, tenant, size)
        return merkle.inclusion_proof(seq, size, self.nodes(session, tenant))

    def consistency_proof(self, session: Session, tenant: str, old: int, new: int) -> list[bytes]:
        """RFC 6962 proof that the first `new` entries begin with the first `old`. Raises merkle.ProofError."""
        self._within(session, tenant, new)
        return merkle.consistency_proof(old, new, self.nodes(session, tenant))

    def nodes(self, session: Session, tenant: str) -> ReadNode:
        """Reads stored subtrees, one query each. Raises LogBroken where one is missing."""

        def read(level: int, index: int) -> bytes:
            found = session.connection().scalar(_NODE, {"of": tenant, "at_level": level, "at_index": index})
            if not isinstance(found, bytes):
                raise LogBroken(f"subtree {index} of level {level} of {tenant}'s log is missing")
            return found

        return read

    def _within(self, session: Session, tenant: str, size: int) -> None:
        if size > (have := self.head(session, tenant).size):
            raise merkle.ProofError(f"the log has {have} entries, not {size}")


def lock_head(session: Session, tenant: str) -> None:
    """Takes the tenant's place in the queue before the first append, where something else must be locked after it."""
    _one_tenant(session, tenant)
    _locked_head(session, tenant)


def _append(session: Session, tenant: str, records: Sequence[tuple[datetime, Record]]) -> list[Entry]:
    if not records:
        return []
    session.flush()  # what the caller has added is written before others are made to wait
    _one_tenant(session, tenant)
    tree = _locked_head(session, tenant)
    refs = _payload_refs(session, tenant, [record for _, record in records])
    entries, nodes = [], []
    for at, record in records:
        payloads = tuple(sorted((refs[each] for each in record.payload_ids), key=lambda ref: ref.name))
        said = {name: value for name, value in record if name != "payload_ids"}
        entry = Entry(**said, seq=tree.size, tenant=tenant, at=at, payloads=payloads)
        leaf = entry.leaf()
        tree, complete = tree.append(merkle.leaf_hash(leaf))
        entries.append((entry, leaf, record.payload_ids))
        nodes += complete
    _store(session, tenant, entries, nodes)
    head = {"of": tenant, "size": tree.size, "compact_range": tree.encode(), "root": tree.root().hex()}
    session.connection().execute(_MOVE_HEAD, head)
    return [entry for entry, _, _ in entries]


@event.listens_for(AnySession, "before_commit")
def _append_waiting(session: Session) -> None:
    transaction, waiting = session.info.get(_WAITING, (None, []))
    # A savepoint's end comes by here too; what waits then waits on.
    if waiting and session.get_transaction() is transaction and session.get_nested_transaction() is None:
        del session.info[_WAITING]
        _, tenant = session.info[_TENANT]
        _append(session, tenant, waiting)


def _one_tenant(session: Session, tenant: str) -> SessionTransaction | None:
    session.connection()  # begins where nothing has begun yet
    transaction = session.get_transaction()
    while transaction is not None and transaction.parent is not None:
        transaction = transaction.parent
    known, owner = session.info.get(_TENANT, (None, None))
    if known is transaction and owner != tenant:
        raise LogMisused(f"one transaction appends to the logs of {owner} and {tenant}")
    session.info[_TENANT] = (transaction, tenant)
    return transaction


def _locked_head(session: Session, tenant: str) -> CompactRange:
    connection = session.connection()
    row = connection.execute(_LOCKED_HEAD, {"of": tenant}).one_or_none()
    if row is None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        first = {"tenant": tenant, "size": 0, "compact_range": "", "root": EMPTY_ROOT.hex()}
        connection.execute(dialect.insert(AuditHead).values(first).on_conflict_do_nothing())
        row = connection.execute(_LOCKED_HEAD, {"of": tenant}).one()
    return _decoded(*row)


def _decoded(size: int, compact_range: str, root: str) -> CompactRange:
    try:
        tree = CompactRange.decode(size, compact_range)
    except ValueError as error:
        raise LogBroken(f"the log's head is damaged: {error}") from error
    if tree.root().hex() != root:
        raise LogBroken("the log's head is damaged: its root is not that of its tree")
    return tree


def _payload_refs(session: Session, tenant: str, records: Sequence[Record]) -> dict[str, PayloadRef]:
    wanted = [ident for record in records for ident in record.payload_ids]
    if not wanted:
        return {}
    refs = sealed_here(session, tenant, wanted)
    if unknown := [ident for ident in wanted if ident not in refs]:
        asked = {"of": tenant, "ids": unknown}
        refs |= {
            ident: PayloadRef(name=name, subject=subject, digest=digest)
            for ident, name, subject, digest in session.connection().execute(_FREE_PAYLOADS, asked)
        }
    if len(refs) != len(wanted):
        rest = next((ident for ident in wanted if ident not in refs), "one of them twice")
        raise LogMisused(f"a payload is unknown, erased or already in an entry: {rest}")
    return refs


def _store(
    session: Session, tenant: str, entries: Sequence[tuple[Entry, bytes, Sequence[str]]], nodes: Sequence[Node]
) -> None:
    rows = [
        {
            "tenant": tenant, "seq": entry.seq, "at": entry.at, "kind": entry.kind, "actor_id": entry.actor.id,
            "case_id": entry.refs.get("case"), "leaf": leaf,
        }
        for entry, leaf, _ in entries
    ]  # fmt: skip
    connection = session.connection()
    connection.execute(_ADD_ENTRIES, rows)
    connection.execute(
        _ADD_NODES,
        [{"tenant": tenant, "level": node.level, "index": node.index, "hash": node.hash} for node in nodes],
    )
    vouched = [
        {"of": tenant, "ident": ident, "by": entry.seq} for entry, _, payload_ids in entries for ident in payload_ids
    ]
    if vouched and connection.execute(_VOUCH, vouched).rowcount != len(vouched):
        raise LogMisused("a payload was erased, vouched for or rolled back in this very transaction")
