"""Earlier actions: what a reference means to somebody who reads it, before and after that action ran."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from app.context import Context
from app.store.engine import read_only
from app.store.models import Execution, Proposal
from app.views.sight import opened
from app.views.words import called
from tools.registry import TOOLS

_NAMED_BY = ("name", "title", "subject")


@dataclass(frozen=True)
class Made:
    """`name` in a sentence, `in_full` where it stands alone, with where it comes from."""

    name: str
    in_full: str


def made(ctx: Context, tenant: str, target: str, name_of: Callable[[str, str], str]) -> Made:
    """Of `<proposal>/result/<field>`: the record by its name once it exists, till then what the action will call it."""
    ident, _, field = target.partition("/result/")
    kind = field.removesuffix("_ids").removesuffix("_id")
    with read_only(ctx.engine) as session:
        row = session.get(Proposal, ident)
        if row is None or row.tenant != tenant:
            return _unknown(field)
        execution = select(Execution).where(col(Execution.proposal_id) == ident, col(Execution.tenant) == tenant)
        done = session.exec(execution).first()
        content = opened(ctx, session, tenant, [row.content_payload]).get(row.content_payload)
        tool, result = row.tool, dict(done.result) if done is not None else {}
    title = TOOLS[tool].title.lower()
    if isinstance(value := result.get(field), str):
        name = name_of(kind, value)
        return Made(name, f"{name} ({value}), made by an earlier action: {title}")
    own = _own_name(content["action"]["args"] if content else {})
    if own is None:
        return Made(f"the {called(kind)} of an earlier action", f"comes of an earlier action: {title}")
    return Made(own, f"{own}, which an earlier action is to make: {title}")


def _own_name(args: Mapping[str, Any]) -> str | None:
    return next((args[name] for name in _NAMED_BY if isinstance(args.get(name), str)), None)


def _unknown(field: str) -> Made:
    said = f"the {called(field)} of an earlier action"
    return Made(said, said)
