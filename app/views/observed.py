"""Observed: what would have been done in workflows that are only watched, and what the records say people did."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import ValidationError
from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.store.models import Case, Decision, Proposal
from app.views.sight import in_sight, opened
from tools.actions import parse_action
from tools.ports import ReadPort, SourceUnavailable
from tools.receipt import Receipt
from tools.registry import TOOLS

MOST: Final = 200
_TOLD_BY_RECORDS: Final = frozenset({
    "shift_milestone", "change_budget", "sync_contract_terms", "hold_invoice", "resume_invoice", "release_invoice",
    "flag_time_entry", "unflag_time_entry", "set_ticket_priority",
})  # fmt: skip
"""Actions that set a field of a record: it shows whether people did the same. What makes a record does not."""

Did = Literal["the same", "not the same", "not told"]


def observed(
    ctx: Context, session: Session, actor: Actor, since: datetime, until: datetime
) -> list[dict[str, Any]]:  # fmt: skip
    """The newest first: `[{"case_id", "at", "effect", "action", "did"}]`; `action` is None where it was erased.

    `did`: whether the record that it would have changed stands as it would have left it. It says nothing of who did it.
    """
    query = (
        select(Decision, Proposal)
        .join(Proposal, col(Proposal.id) == col(Decision.proposal_id))
        .join(Case, col(Case.id) == col(Proposal.case_id))
        .where(
            col(Decision.tenant) == actor.tenant, col(Decision.observed), col(Decision.stage) == "propose",
            col(Decision.at) >= since, col(Decision.at) < until, *in_sight(actor, Case.unit),
        )
        .order_by(col(Decision.at).desc(), col(Decision.id).desc())
        .limit(MOST)
    )  # fmt: skip
    rows = session.exec(query).all()
    contents = opened(ctx, session, actor.tenant, [proposal.content_payload for _, proposal in rows])
    try:
        read: ReadPort | None = ctx.connectors.reader(actor.tenant)
    except SourceUnavailable:
        read = None
    found = []
    for decision, proposal in rows:
        action = (contents.get(proposal.content_payload) or {}).get("action")
        found.append({
            "case_id": proposal.case_id, "at": decision.at, "effect": decision.effect, "tool": proposal.tool,
            "args": action and action["args"], "did": _did(read, proposal.tool, action, decision.at),
        })  # fmt: skip
    return found


def _did(read: ReadPort | None, tool: str, action: dict[str, Any] | None, at: datetime) -> Did:
    if read is None or action is None or tool not in _TOLD_BY_RECORDS:
        return "not told"
    try:
        typed = parse_action(tool, action["args"])
        differs = TOOLS[tool].confirm(typed, Receipt(key="-", tool=tool, result={}, applied_at=at), read)
    except (ValidationError, SourceUnavailable):
        return "not told"
    return "not the same" if differs else "the same"
