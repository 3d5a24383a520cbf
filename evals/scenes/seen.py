"""Seen: what came of a scene, told from the service's rows and the firm's own records, as plain data."""

from typing import Any

from sqlmodel import Session, col, select

from app.store.engine import read_only
from app.store.models import Case, Decision, Execution, Proposal, Review, TriageRun
from app.workflow.decide import open_content
from evals.scenes.firm import Snapshot
from evals.scenes.stage import Stage


def seen(stage: Stage, before: Snapshot) -> dict[str, Any]:
    """Cases, readings, proposals with what was decided first and what ran how, and how the firm's records differ.

    `ran`: alone (nobody was asked), approved, or None. `unfinished`: executions whose end is unknown or that failed.
    """
    with read_only(stage.context.engine) as session:
        cases = list(session.exec(select(Case).order_by(col(Case.opened_at), col(Case.id))))
        runs = list(session.exec(select(TriageRun).order_by(col(TriageRun.id))))
        rows = session.exec(
            select(Proposal).order_by(col(Proposal.created_at), col(Proposal.ordinal), col(Proposal.id))
        )
        proposals = [_proposal(stage, session, row) for row in rows]
    changed, created = stage.snapshot().since(before)
    return {
        "cases": [case.status for case in cases],
        "because": [case.because for case in cases if case.because],
        "readings": [
            {
                "category": run.category, "urgency": run.urgency, "impact": run.impact, "confidence": run.confidence,
                "abstained": run.abstained, "status": run.status, "stamps": dict(run.stamps),
            }
            for run in runs
        ],
        "proposals": proposals, "changed": changed, "created": created, "refusals": list(stage.refusals),
        "failures": [type(error).__name__ for error in stage.failed],
    }  # fmt: skip


def _proposal(stage: Stage, session: Session, row: Proposal) -> dict[str, Any]:
    proposed, content = open_content(stage.context, session, row)
    decisions = select(Decision).where(col(Decision.proposal_id) == row.id)
    first = session.exec(decisions.order_by(col(Decision.at), col(Decision.id))).first()
    execution = session.exec(select(Execution).where(col(Execution.proposal_id) == row.id)).first()
    review = session.exec(select(Review).where(col(Review.proposal_id) == row.id).order_by(col(Review.id))).first()
    ran = execution is not None and execution.status in ("succeeded", "undone", "unknown")
    return {
        "tool": row.tool, "args": proposed.action.args(), "status": row.status, "undo_of": row.undo_of,
        "rationale": proposed.rationale, "ungrounded": list(proposed.ungrounded),
        "recipient_support": _support(content, "recipient"),
        "decision": first.effect if first else None, "rules": list(first.rules) if first else [],
        "risk": first.risk_score if first else None,
        "required": [sorted(need["roles"]) for need in review.required] if review else [],
        "review": review.status if review else None,
        "ran": ("approved" if execution is not None and execution.review_id else "alone") if ran else None,
        "execution": execution.status if execution else None,
    }  # fmt: skip


def _support(content: dict[str, Any], argument: str) -> str | None:
    return next((one["support"] for one in content["support"] if one["argument"] == argument), None)
