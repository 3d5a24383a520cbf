"""The log, as those read it who may: entries, checkpoint and proofs."""

import base64
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from app.actor import READS_ALL, Actor
from app.audit import merkle
from app.audit.checkpoint import signed_head
from app.audit.leaf import Entry
from app.audit.merkle import ProofError
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import AuditEntry
from app.views.pages import Page, invalid_query
from app.views.people import names

KEY = (int,)


def require_reader(actor: Actor) -> None:
    """Raises Problem `not_permitted`."""
    actor.require(READS_ALL)


def entries(
    ground: Ground, actor: Actor, page: Page, *, kind: str | None = None, case_id: str | None = None,
    actor_id: str | None = None, newest_first: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """`{"items", "next_cursor"}`: each entry as in its leaf, with its `leaf_hash` (base64) and the actor's name."""
    require_reader(actor)
    query = select(col(AuditEntry.leaf)).where(col(AuditEntry.tenant) == actor.tenant)
    for column, value in ((AuditEntry.kind, kind), (AuditEntry.case_id, case_id), (AuditEntry.actor_id, actor_id)):
        if value:
            query = query.where(col(column) == value)
    seq = col(AuditEntry.seq)
    if page.after is not None:
        query = query.where(seq < page.after[0] if newest_first else seq > page.after[0])
    with read_only(ground.engine) as session:
        leaves = session.scalars(query.order_by(seq.desc() if newest_first else seq).limit(page.limit + 1)).all()
        found = [(Entry.from_leaf(leaf), leaf) for leaf in leaves]
        kept, cursor = page.cut(found, lambda pair: (pair[0].seq,))
        known = names(session, actor.tenant, [entry.actor.id for entry, _ in kept])
    items = [
        entry.model_dump(mode="json", exclude_none=True)
        | {"leaf_hash": _base64(merkle.leaf_hash(leaf)), "actor_name": known.get(entry.actor.id)}
        for entry, leaf in kept
    ]
    return {"items": items, "next_cursor": cursor}


def checkpoint(ground: Ground, actor: Actor) -> dict[str, Any]:
    """The log's present size and root, signed: `{"size","checkpoint","verifier_key"}`. Raises LogBroken."""
    require_reader(actor)
    with read_only(ground.engine) as session:
        size, note = signed_head(session, ground.log, actor.tenant)
    return {"size": size, "checkpoint": note, "verifier_key": str(ground.log.verifier(actor.tenant))}


def inclusion(ground: Ground, actor: Actor, seq: int, size: int | None) -> dict[str, Any]:
    """`{"seq","size","leaf_hash","proof"}`, hashes in base64. Raises Problem `invalid_query`."""
    require_reader(actor)
    with read_only(ground.engine) as session:
        of = ground.log.head(session, actor.tenant).size if size is None else size
        try:
            proof = ground.log.inclusion_proof(session, actor.tenant, seq, of)
        except ProofError as wrong:
            raise invalid_query("/seq", f"has no proof: {wrong}") from wrong
        leaf = session.get_one(AuditEntry, (actor.tenant, seq)).leaf
    return {
        "seq": seq, "size": of, "leaf_hash": _base64(merkle.leaf_hash(leaf)), "proof": [_base64(each) for each in proof]
    }  # fmt: skip


def consistency(ground: Ground, actor: Actor, old: int, new: int | None) -> dict[str, Any]:
    """`{"old","new","proof"}`, hashes in base64. Raises Problem `invalid_query`."""
    require_reader(actor)
    with read_only(ground.engine) as session:
        to = ground.log.head(session, actor.tenant).size if new is None else new
        try:
            proof = ground.log.consistency_proof(session, actor.tenant, old, to)
        except ProofError as wrong:
            raise invalid_query("/old", f"has no proof: {wrong}") from wrong
    return {"old": old, "new": to, "proof": [_base64(each) for each in proof]}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
