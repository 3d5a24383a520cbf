"""Drafts: a file that a person looks at in the browser before they import it. Encrypted, one a person, for an hour."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, delete

from app.actor import Actor
from app.errors import Problem
from app.ground import Ground
from app.imports.headings import Memory
from app.imports.sheet import MOST_BYTES
from app.store.engine import read_only, unit_of_work
from app.store.models import ImportDraft

LASTS = timedelta(hours=1)


@dataclass(frozen=True)
class Draft:
    """The file, and what was said of it: folded name of a sheet → kind, (kind, folded heading) → field."""

    name: str
    content: bytes
    said: Memory

    @property
    def files(self) -> dict[str, bytes]:
        return {self.name: self.content}


def keep(ground: Ground, actor: Actor, name: str, content: bytes) -> None:
    """In the place of the person's former one. Raises Problem `too_large`."""
    if len(content) > MOST_BYTES:
        raise Problem("too_large", f"A file has at most {MOST_BYTES // 1024**2} MiB; import it in parts.")
    now = ground.clock()
    sealed = ground.secrets.seal(base64.b64encode(content).decode(), _purpose(actor))
    with unit_of_work(ground.engine) as session:
        forget_old(session, ground)
        session.merge(
            ImportDraft(
                tenant=actor.tenant, principal_id=actor.principal_id, name=name, content=sealed, choices={}, at=now
            )
        )  # fmt: skip


def draft(ground: Ground, actor: Actor) -> Draft | None:
    """The person's draft; None where there is none any more."""
    with read_only(ground.engine) as session:
        row = session.get(ImportDraft, (actor.tenant, actor.principal_id))
    if row is None or row.at <= ground.clock() - LASTS:
        return None
    content = base64.b64decode(ground.secrets.open(row.content, _purpose(actor)))
    kinds = {name[6:]: said for name, said in row.choices.items() if name.startswith("sheet/")}
    split = [(name[6:].partition("/"), said) for name, said in row.choices.items() if name.startswith("field/")]
    return Draft(row.name, content, Memory(kinds, {(kind, heading): said for (kind, _, heading), said in split}))


def choose(ground: Ground, actor: Actor, choices: Mapping[str, str]) -> None:
    """`sheet/<folded name>` → kind, `field/<kind>/<folded heading>` → field; "" leaves it out."""
    with unit_of_work(ground.engine) as session:
        row = session.get(ImportDraft, (actor.tenant, actor.principal_id))
        if row is not None:
            row.choices = dict(choices)
            session.add(row)


def discard(ground: Ground, actor: Actor) -> None:
    with unit_of_work(ground.engine) as session:
        row = session.get(ImportDraft, (actor.tenant, actor.principal_id))
        if row is not None:
            session.delete(row)


def forget_old(session: Session, ground: Ground) -> None:
    session.exec(delete(ImportDraft).where(col(ImportDraft.at) <= ground.clock() - LASTS))


def _purpose(actor: Actor) -> str:
    return f"import/{actor.tenant}/{actor.principal_id}"
