"""Saved views: addresses of the queue that a person keeps under names of their own."""

from typing import Final

from sqlmodel import col, select

from app.actor import Actor
from app.errors import FieldError, Problem
from app.ground import Ground
from app.store.engine import read_only, unit_of_work
from app.store.models import SavedView

MOST: Final = 20
LONGEST_NAME: Final = 40
_LONGEST_QUERY: Final = 500


def saved_views(ground: Ground, actor: Actor) -> list[SavedView]:
    """The actor's own, by name."""
    with read_only(ground.engine) as session:
        query = select(SavedView).where(
            col(SavedView.tenant) == actor.tenant, col(SavedView.principal_id) == actor.principal_id
        )
        return sorted(session.exec(query), key=lambda row: row.name.casefold())


def save_view(ground: Ground, actor: Actor, name: str, query: str) -> None:
    """Keeps it; one of the same name gives way. Raises Problem `invalid_body`."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise _invalid("/name", f"must be 1 to {LONGEST_NAME} printable characters")
    if len(query) > _LONGEST_QUERY:
        raise _invalid("/query", "is too long to be kept")
    known = {row.name for row in saved_views(ground, actor)}
    if name not in known and len(known) >= MOST:
        raise _invalid("/name", f"would be one more than {MOST}; forget another view first")
    with unit_of_work(ground.engine) as session:
        session.merge(SavedView(
            tenant=actor.tenant, principal_id=actor.principal_id, name=name, query=query, at=ground.clock()
        ))  # fmt: skip


def forget_view(ground: Ground, actor: Actor, name: str) -> None:
    """Nothing happens where there is none of that name."""
    with unit_of_work(ground.engine) as session:
        row = session.get(SavedView, (actor.tenant, actor.principal_id, name))
        if row is not None:
            session.delete(row)


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid_body", f"{pointer[1:]} {detail}.", errors=[FieldError(pointer=pointer, detail=detail)])
