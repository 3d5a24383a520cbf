"""Alembic's entry: runs over the connection that app/store/migrate.py hands in, and looks at our tables alone."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

from app.store import models  # noqa: F401 - fills the metadata
from app.store.columns import UtcDateTime


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    # The tables of the durable queue lie in the same SQLite file; they are its own business.
    return kind != "table" or name in SQLModel.metadata.tables


def _plain_types(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """A revision names SQL types, not classes of ours that may change."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if type(item).__name__ == "AutoString":
        return "sa.String()"
    if type(item).__name__ == "JSON":
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def _note(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    context.config.attributes.get("applied", []).append(step.up_revision_id)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_name=_ours,
    render_item=_plain_types,
    render_as_batch=False,
    compare_type=True,
    on_version_apply=_note,
)
with context.begin_transaction():
    context.run_migrations()
