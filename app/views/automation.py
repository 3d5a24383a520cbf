"""What automation would do, does and did: against what people decided, and before and after it was switched on."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlmodel import Session, col, func, select

from app.actor import Actor
from app.store.models import Case, Decision, Execution, Proposal, Review, SettingChange
from app.views.sight import in_sight
from tools.figures.durations import percentile

_MOST = 20_000
_PROPOSES_ONLY = "mode.propose"
_SAID: Mapping[str, str] = {"approved": "approved", "rejected": "rejected", "pending": "waiting"}


class Waited(NamedTuple):
    """An action that waited only because its workflow proposes, and what people said of it.

    `said` is approved (as proposed), edited (and then approved), rejected, waiting (for somebody) or lapsed.
    """

    review_id: str
    tool: str
    at: datetime
    said: str


def waited_for_mode(session: Session, actor: Actor, since: datetime, until: datetime) -> list[Waited]:
    """The newest first, of what was decided from `since` up to `until`."""
    query = (
        select(Review, Decision.at, Decision.rules)
        .join(Decision, col(Decision.proposal_id) == col(Review.proposal_id))
        .where(
            col(Decision.tenant) == actor.tenant, col(Decision.stage) == "propose", col(Decision.effect) == "review",
            col(Decision.mode) == "propose", col(Decision.at) >= since, col(Decision.at) < until,
            col(Review.status) != "superseded", *in_sight(actor, Review.unit),
        )
        .order_by(col(Decision.at).desc(), col(Review.id).desc())
        .limit(_MOST)
    )  # fmt: skip
    return [
        Waited(row.id, row.tool, at, "edited" if row.status == "approved" and row.editor_ids else
               _SAID.get(row.status, "lapsed"))
        for row, at, rules in session.exec(query) if list(rules) == [_PROPOSES_ONLY]
    ]  # fmt: skip


def automated(session: Session, tenant: str, now: datetime, days: int) -> list[dict[str, Any]]:
    """Each workflow that two people set to run by itself, with as much time before as after, at most `days` each.

    `[{"workflow", "at", "days", "before", "after"}]`; `workflow` is None where all without a mode of their own are.
    """
    query = select(SettingChange).where(
        col(SettingChange.tenant) == tenant, col(SettingChange.status) == "confirmed",
        (col(SettingChange.name) == "mode") | col(SettingChange.name).startswith("mode/"),
    )  # fmt: skip
    newest: dict[str, SettingChange] = {}
    for change in session.exec(query.order_by(col(SettingChange.decided_at), col(SettingChange.id))):
        newest[change.name] = change
    found = []
    for name, change in newest.items():
        if change.value == "auto" and change.decided_at is not None and change.decided_at < now:
            workflow, at = name.partition("/")[2] or None, change.decided_at
            span = min(timedelta(days=days), now - at)
            found.append({
                "workflow": workflow, "at": at, "days": max(1, span.days),
                "before": _went(session, tenant, workflow, at - span, at),
                "after": _went(session, tenant, workflow, at, at + span),
            })  # fmt: skip
    return found


def _went(session: Session, tenant: str, workflow: str | None, since: datetime, until: datetime) -> dict[str, Any]:
    """How the cases went that were opened in this time. `to_effect_s` is the median from opening to first effect."""
    where = [col(Case.tenant) == tenant, col(Case.opened_at) >= since, col(Case.opened_at) < until]
    if workflow is not None:
        where.append(col(Case.workflow) == workflow)
    decided = (
        select(Decision.effect, func.count())
        .join(Proposal, col(Proposal.id) == col(Decision.proposal_id))
        .join(Case, col(Case.id) == col(Proposal.case_id))
        .where(*where, col(Decision.stage) == "propose")
        .group_by(col(Decision.effect))
    )
    effects = Counter({effect: int(count) for effect, count in session.exec(decided)})
    ran = (
        select(Execution.case_id, Case.opened_at, Execution.finished_at, Execution.status)
        .join(Case, col(Case.id) == col(Execution.case_id))
        .where(*where, col(Execution.status).in_(("succeeded", "undone")))
        .order_by(col(Execution.finished_at))
        .limit(_MOST)
    )
    rows, first = session.exec(ran).all(), dict[str, float]()
    for case_id, opened_at, finished_at, _ in rows:
        if finished_at is not None:
            first.setdefault(case_id, (finished_at - opened_at).total_seconds())
    median = percentile(sorted(first.values()), 50)
    undone = sum(status == "undone" for *_, status in rows)
    return {
        "cases": int(session.exec(select(func.count()).select_from(Case).where(*where)).one()),
        "auto_bp": effects["auto"] * 10_000 // effects.total() if effects else None,
        "undone_bp": undone * 10_000 // len(rows) if rows else None,
        "to_effect_s": None if median is None else int(median),
    }
