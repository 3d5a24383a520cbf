"""The log: one gap-free sequence of leaves a tenant, its tree, its sealed payloads and its readers' cursors."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from app.store.columns import optional_time_field, time_field
from app.store.row import Row


class AuditHead(Row, table=True):
    """The row every transaction of a tenant locks last. `compact_range` is base64 of the roots of full subtrees."""

    __tablename__ = "audit_head"

    tenant: str = Field(primary_key=True)
    size: int = 0
    compact_range: str = ""
    root: str


class AuditEntry(Row, table=True):
    """One leaf, byte for byte. The other columns repeat what is in it, for queries."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_case", "tenant", "case_id"),)

    tenant: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = time_field()
    kind: str
    actor_id: str | None = None
    case_id: str | None = None
    leaf: bytes


class AuditNode(Row, table=True):
    """Hash of a full subtree, level 0 being leaves; what proofs are made of without reading the leaves."""

    __tablename__ = "audit_node"

    tenant: str = Field(primary_key=True)
    level: int = Field(primary_key=True)
    index: int = Field(primary_key=True)
    hash: bytes


class Payload(Row, table=True):
    """Content that can be erased, sealed under its data subject's key, `seq` being the entry that vouches for it.

    `digest` is salted, so it tells nothing; the salt is sealed with the content and goes with the key.
    """

    __table_args__ = (
        Index("ix_payload_subject", "tenant", "data_subject"),
        Index("ix_payload_entry", "tenant", "seq"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    data_subject: str
    name: str
    digest: str
    ciphertext: bytes | None
    seq: int | None = None
    created_at: datetime = time_field()
    erased_at: datetime | None = optional_time_field()


class SubjectKey(Row, table=True):
    """The key of one data subject, wrapped by the master key; erasing it erases all that it sealed."""

    __tablename__ = "subject_key"

    tenant: str = Field(primary_key=True)
    data_subject: str = Field(primary_key=True)
    wrapped: bytes | None
    created_at: datetime = time_field()
    erased_at: datetime | None = optional_time_field()


class Checkpoint(Row, table=True):
    """A signed statement of the tree's size and root (C2SP tlog-checkpoint)."""

    tenant: str = Field(primary_key=True)
    size: int = Field(primary_key=True)
    note: str
    at: datetime = time_field()
    sent_at: datetime | None = optional_time_field()


class Cursor(Row, table=True):
    """How far one reader of a tenant's log has come: live updates, cards, webhooks, vectors."""

    reader: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    seq: int = 0
