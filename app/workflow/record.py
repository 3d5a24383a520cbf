"""On the record: how each step says in the log what it did. The entry is part of the step's own transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.actor import Actor
from app.audit import leaf
from app.context import Context


def log(
    ctx: Context,
    session: Session,
    actor: Actor,
    kind: str,
    *,
    refs: Mapping[str, str | None],
    digests: Mapping[str, str | None] | None = None,
    details: Mapping[str, Any] | None = None,
    payloads: Sequence[str] = (),
    shown_at: datetime | None = None,
    decided_at: datetime | None = None,
    delegated_by: str | None = None,
) -> None:
    """Has one entry appended when the transaction commits.

    References and digests that are None are left out; `payloads` are ids of sealed ones.
    """
    record = leaf.Record.model_validate(
        {
            "kind": kind,
            "actor": leaf.LoggedActor.of(actor, delegated_by),
            "surface": actor.surface,
            "refs": {name: value for name, value in refs.items() if value},
            "digests": {name: value for name, value in (digests or {}).items() if value},
            "details": {name: value for name, value in (details or {}).items() if value is not None},
            "shown_at": shown_at,
            "decided_at": decided_at,
            "payload_ids": tuple(payloads),
        }
    )
    ctx.log.append_at_commit(session, actor.tenant, ctx.clock(), record)
