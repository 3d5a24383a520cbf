"""Cases: the list, and one case with all that happened in it."""

from datetime import datetime
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from app.actor import Actor
from app.errors import Problem
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Case, Decision, Event, Proposal, Review, TriageRun
from app.views import executions, reviews
from app.views.pages import Page, invalid_query
from app.views.people import names
from app.views.sight import in_sight, opened, require_any_role, sees, stamp

STATUSES = ("open", "waiting", "done", "failed", "unrecognised")
KEY = (datetime, str)
_LONGEST_TIMELINE = 500


def cases(
    ground: Ground, actor: Actor, page: Page, *, status: str | None = None, kind: str | None = None,
    customer: str | None = None, workflow: str | None = None, sentiment: str | None = None,
    nothing_proposed: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """`{"items", "next_cursor"}`, the newest first. `nothing_proposed`: those that were seen and left alone, with why.

    `sentiment`: those in one of whose texts the writer sounded so. Raises Problem `not_permitted`, `invalid_query`.
    """
    require_any_role(actor)
    if status is not None and status not in STATUSES:
        raise invalid_query("/status", f"must be one of {', '.join(STATUSES)}")
    query = select(Case).where(col(Case.tenant) == actor.tenant, *in_sight(actor, Case.unit))
    for column, value in (
        (Case.status, status), (Case.kind, kind), (Case.customer_id, customer), (Case.workflow, workflow)
    ):  # fmt: skip
        if value:
            query = query.where(col(column) == value)
    if sentiment:
        sounded = select(TriageRun.case_id).where(
            col(TriageRun.tenant) == actor.tenant, col(TriageRun.status) == "done",
            col(TriageRun.sentiment) == sentiment,
        )  # fmt: skip
        query = query.where(col(Case.id).in_(sounded))
    if nothing_proposed:
        query = query.where(col(Case.because).is_not(None), col(Case.status) == "done")
    if page.after is not None:
        query = query.where(tuple_(col(Case.opened_at), col(Case.id)) < page.after)
    with read_only(ground.engine) as session:
        ordered = query.order_by(col(Case.opened_at).desc(), col(Case.id).desc())
        rows = session.exec(ordered.limit(page.limit + 1)).all()
        kept, cursor = page.cut(rows, lambda row: (row.opened_at, row.id))
        summaries = _summaries(ground, session, actor.tenant, [row.id for row in kept])
        return {
            "items": [_head(row) | {"summary": summaries.get(row.id)} for row in kept], "next_cursor": cursor
        }  # fmt: skip


def case(ground: Ground, actor: Actor, case_id: str) -> dict[str, Any]:
    """One case in full. Raises Problem `not_found`, for another tenant's or unit's too."""
    with read_only(ground.engine) as session:
        return _full(ground, session, actor, _found(session, actor, case_id))


def asked_by(ground: Ground, actor: Actor, case_id: str) -> dict[str, Any]:
    """The case for whoever asked for it, whatever unit it turned out to belong to. Raises Problem `not_found`."""
    with read_only(ground.engine) as session:
        row = session.get(Case, case_id)
        if row is None or row.tenant != actor.tenant or row.requester_id != actor.principal_id:
            raise Problem("not_found", "There is no such case.")
        return _full(ground, session, actor, row)


def require_in_sight(ground: Ground, actor: Actor, case_id: str) -> None:
    """Raises Problem `not_found`."""
    with read_only(ground.engine) as session:
        _found(session, actor, case_id)


def _found(session: Session, actor: Actor, case_id: str) -> Case:
    row = session.get(Case, case_id)
    if row is None or row.tenant != actor.tenant or not sees(actor, row.unit):
        raise Problem("not_found", "There is no such case.")
    return row


def _full(ground: Ground, session: Session, actor: Actor, row: Case) -> dict[str, Any]:
    runs = session.exec(select(TriageRun).where(col(TriageRun.case_id) == row.id).order_by(col(TriageRun.id))).all()
    asked = session.exec(select(Review).where(col(Review.case_id) == row.id).order_by(col(Review.id))).all()
    return _head(row) | {
        "summary": _summaries(ground, session, actor.tenant, [row.id]).get(row.id),
        "requester": row.requester_id, "merged_into": row.merged_into,
        "events": _events(ground, session, row),
        "assessment": _assessment(ground, session, actor.tenant, runs),
        "proposals": _proposals(ground, session, actor.tenant, row),
        "reviews": reviews.render(ground, session, actor, asked),
        "executions": executions.of_case(session, row.id),
        "timeline": _timeline(ground, session, actor.tenant, row.id),
    }  # fmt: skip


def _head(row: Case) -> dict[str, Any]:
    return {
        "id": row.id, "status": row.status, "kind": row.kind, "workflow": row.workflow, "subject": row.subject,
        "customer": row.customer_id, "project": row.project_id, "unit": row.unit, "generation": row.generation,
        "because": row.because, "opened_at": stamp(row.opened_at), "updated_at": stamp(row.updated_at),
    }  # fmt: skip


def _summaries(ground: Ground, session: Session, tenant: str, case_ids: list[str]) -> dict[str, str]:
    """Case id → what the newest finished run made of it."""
    runs = session.exec(
        select(TriageRun.case_id, TriageRun.outcome_payload)
        .where(col(TriageRun.case_id).in_(case_ids), col(TriageRun.outcome_payload).is_not(None))
        .order_by(col(TriageRun.id))
    ).all()
    newest = dict(runs)
    contents = opened(ground, session, tenant, list(newest.values()))
    return {
        case_id: content["summary"]
        for case_id, payload in newest.items()
        if payload and (content := contents.get(payload)) is not None
    }


def _events(ground: Ground, session: Session, row: Case) -> list[dict[str, Any]]:
    query = select(Event).where(col(Event.case_id) == row.id).order_by(col(Event.time), col(Event.id))
    rows = session.exec(query).all()
    contents = opened(ground, session, row.tenant, [each.payload for each in rows])
    return [
        {
            "id": each.event_id, "source": each.source, "type": each.type, "subject": each.subject,
            "time": stamp(each.time), "received_at": stamp(each.received_at), "recognised": each.recognised,
            "data": (contents.get(each.payload) or {}).get("data"), "erased": contents.get(each.payload) is None,
        }
        for each in rows
    ]  # fmt: skip


def _assessment(ground: Ground, session: Session, tenant: str, runs: Any) -> dict[str, Any] | None:
    """Of the newest run that finished; `status` tells of one that is still under way or failed."""
    if not runs:
        return None
    done = next((run for run in reversed(runs) if run.status == "done"), None)
    if done is None:
        return {"status": runs[-1].status, "error": runs[-1].error}
    outcome = opened(ground, session, tenant, [done.outcome_payload]).get(done.outcome_payload or "") or {}
    return {
        "status": runs[-1].status, "category": done.category, "urgency": done.urgency, "impact": done.impact,
        "confidence": done.confidence, "abstained": done.abstained, "nothing_because": done.nothing_because,
        "evidence": outcome.get("assessment", {}).get("evidence", []),
        "sentiment": outcome.get("assessment", {}).get("sentiment"),
        "language": outcome.get("assessment", {}).get("language"), "stamps": dict(done.stamps),
        "error": runs[-1].error,
    }  # fmt: skip


def _proposals(ground: Ground, session: Session, tenant: str, row: Case) -> list[dict[str, Any]]:
    query = select(Proposal).where(col(Proposal.case_id) == row.id)
    rows = session.exec(
        query.order_by(col(Proposal.case_generation), col(Proposal.created_at), col(Proposal.ordinal))
    ).all()
    decided: dict[str, Decision] = {}
    for decision in session.exec(
        select(Decision)
        .where(col(Decision.proposal_id).in_([each.id for each in rows]))
        .order_by(col(Decision.at), col(Decision.id))
    ):
        decided[decision.proposal_id] = decision
    contents = opened(ground, session, tenant, [each.content_payload for each in rows])
    return [_proposal(each, contents.get(each.content_payload), decided.get(each.id)) for each in rows]


def _proposal(row: Proposal, content: dict[str, Any] | None, decision: Decision | None) -> dict[str, Any]:
    shown = content or {}
    return {
        "id": row.id, "status": row.status, "generation": row.case_generation, "ordinal": row.ordinal,
        "action": {"tool": row.tool, "args": shown.get("action", {}).get("args")}, "args_digest": row.args_digest,
        "erased": content is None, "rationale": shown.get("rationale"), "evidence": shown.get("evidence_facts", []),
        "expected_effect": shown.get("expected_effect"), "undo": shown.get("undo"),
        "alternatives": shown.get("alternatives", []), "depends_on": list(row.depends_on), "undo_of": row.undo_of,
        "decision": decision and {
            "effect": decision.effect, "rules": list(decision.rules), "reasons": list(decision.reasons),
            "risk": {"score": decision.risk_score, "factors": list(decision.risk_factors)}, "mode": decision.mode,
            "observed": decision.observed, "ruleset": decision.ruleset_digest, "stage": decision.stage,
            "at": stamp(decision.at),
        },
    }  # fmt: skip


def _timeline(ground: Ground, session: Session, tenant: str, case_id: str) -> list[dict[str, Any]]:
    entries = ground.log.entries(session, tenant, case_id=case_id, limit=_LONGEST_TIMELINE)
    known = names(session, tenant, [entry.actor.id for entry in entries])
    return [
        {
            "seq": entry.seq, "at": stamp(entry.at), "kind": entry.kind, "surface": entry.surface,
            "actor": {"id": entry.actor.id, "name": known.get(entry.actor.id), "kind": entry.actor.kind},
            "refs": dict(entry.refs), "details": entry.model_dump(mode="json")["details"],
        }
        for entry in entries
    ]  # fmt: skip
