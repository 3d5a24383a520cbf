"""How identity and settings put what they did on the record: the last statement of their transaction."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sqlmodel import Session

from app.actor import Actor
from app.audit.leaf import LoggedActor, Record, Reference
from app.ground import Ground


def put_on_record(
    ground: Ground, session: Session, actor: Actor, kind: str, *, refs: Mapping[Reference, str] | None = None,
    details: Mapping[str, Any] | None = None, payloads: Mapping[str, tuple[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Appends one entry to the log of the actor's tenant. `payloads`: name → (whom it is about, JSON content)."""
    now = ground.clock()
    sealed = [
        ground.vault.seal(session, actor.tenant, ground.vault.subject(actor.tenant, about), name, content, now)
        for name, (about, content) in (payloads or {}).items()
    ]
    record = Record(
        kind=kind, actor=LoggedActor.of(actor), surface=actor.surface, refs=dict(refs or {}),
        details=dict(details or {}), payload_ids=tuple(sealed),
    )  # fmt: skip
    ground.log.append(session, actor.tenant, now, record)


def code(text: str) -> str:
    """Text as an entry's leaf may hold it: printable ASCII, blanks and everything rarer percent-encoded, cut at 200."""
    return quote(text, safe="/:_-.,+*")[:200] or "-"
