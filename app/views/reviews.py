"""Reviews: the queue, and one review with everything that its reader needs to decide."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, cast, tuple_
from sqlmodel import Session, col, select

from app.actor import Actor, with_relation
from app.errors import Problem
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Decision, Proposal, Review, Verdict
from app.views.pages import Page, invalid_query
from app.views.people import names
from app.views.sight import in_sight, opened, require_any_role, sees, stamp

STATUSES = ("pending", "approved", "rejected", "expired", "withdrawn", "superseded")
KEY = (int, str)
_MOST_SCANNED = 2_000
_SCANNED_AT_ONCE = 200
_ORDER = {"pressing": col(Review.priority), "risk": col(Review.risk_score)}
ORDERS = tuple(_ORDER)


def queue(
    ground: Ground, actor: Actor, page: Page, *, status: str = "pending", tool: str | None = None,
    customer: str | None = None, case_id: str | None = None, mine: bool = False, role: str | None = None,
    overdue: bool = False, order: str = "pressing",
) -> dict[str, Any]:  # fmt: skip
    """`{"items", "next_cursor"}`, the most pressing first. `mine`: those on which the actor's roles may still decide.

    `role`: those that ask for it or escalate to it. `overdue`: those whose time to decide before escalation is over.
    `order` is one of `ORDERS`; a cursor is good for its own order. Raises Problem `not_permitted`, `invalid_query`.
    """
    require_any_role(actor)
    if status not in STATUSES:
        raise invalid_query("/status", f"must be one of {', '.join(STATUSES)}")
    if order not in ORDERS:
        raise invalid_query("/order", f"must be one of {', '.join(ORDERS)}")
    where = [col(Review.tenant) == actor.tenant, col(Review.status) == status, *in_sight(actor, Review.unit)]
    where += [col(column) == value for column, value in (
        (Review.tool, tool), (Review.customer_id, customer), (Review.case_id, case_id)
    ) if value]  # fmt: skip
    if overdue:
        where.append(col(Review.due_at) < ground.clock())
    if role:
        where.append(asks_for(role))
    by = _ORDER[order]
    with read_only(ground.engine) as session:
        rows = _mine(session, actor, where, page, by) if mine else _rows(session, where, page.after, page.limit + 1, by)
        kept, cursor = page.cut(rows, lambda row: (row.priority if order == "pressing" else row.risk_score, row.id))
        return {"items": render(ground, session, actor, kept), "next_cursor": cursor}


def asks_for(role: str) -> Any:
    """The condition of reviews one of whose requirements names the role, which is a plain word."""
    return cast(col(Review.required), Text).like(f'%"{role}"%')


def review(ground: Ground, actor: Actor, review_id: str) -> dict[str, Any]:
    """One review. Raises Problem `not_found`, for another tenant's or unit's too."""
    with read_only(ground.engine) as session:
        return render(ground, session, actor, [_found(session, actor, review_id)])[0]


def require_in_sight(ground: Ground, actor: Actor, review_id: str) -> None:
    """Raises Problem `not_found`."""
    with read_only(ground.engine) as session:
        _found(session, actor, review_id)


def _found(session: Session, actor: Actor, review_id: str) -> Review:
    row = session.get(Review, review_id)
    if row is None or row.tenant != actor.tenant or not sees(actor, row.unit):
        raise Problem("not_found", "There is no such review.")
    return row


def render(ground: Ground, session: Session, actor: Actor, rows: Sequence[Review]) -> list[dict[str, Any]]:
    """Reviews as the API gives them, with five queries however many there are."""
    proposals = {
        row.id: row
        for row in session.exec(select(Proposal).where(col(Proposal.id).in_([row.proposal_id for row in rows])))
    }
    decisions = {
        row.id: row
        for row in session.exec(select(Decision).where(col(Decision.id).in_([row.decision_id for row in rows])))
    }
    verdicts: dict[str, list[Verdict]] = {}
    query = select(Verdict).where(col(Verdict.review_id).in_([row.id for row in rows]))
    for verdict in session.exec(query.order_by(col(Verdict.at), col(Verdict.id))):
        verdicts.setdefault(verdict.review_id, []).append(verdict)
    said = [each for several in verdicts.values() for each in several]
    contents = opened(
        ground, session, actor.tenant,
        [
            *(row.content_payload for row in proposals.values()),
            *(payload for each in said for payload in (each.comment_payload, each.answer_payload)),
        ],
    )  # fmt: skip
    known = names(
        session, actor.tenant,
        [each.principal_id for each in said] + [row.decided_by for row in rows]
        + [editor for row in rows for editor in row.editor_ids],
    )  # fmt: skip
    return [
        _rendered(
            row, proposals[row.proposal_id], decisions[row.decision_id], verdicts.get(row.id, []), contents, known
        )
        for row in rows
    ]


def may_decide(
    actor: Actor, required: Sequence[dict[str, Any]], unit: str | None, line_manager: str | None = None
) -> bool:
    """Whether one of the actor's roles counts for one of the requirements (or is the one it escalates to), or they are
    the line manager whom it asks."""
    roles = with_relation(actor.roles(unit), actor.record_id, line_manager)
    return any(roles & {*each["roles"], each.get("escalate_to")} for each in required)


def needed(required: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requirements without those that whoever meets another one meets as well."""
    kept: list[dict[str, Any]] = []
    for each in sorted(required, key=lambda need: (len(need["roles"]), -need["approvers"])):
        if not any(set(one["roles"]) <= set(each["roles"]) and one["approvers"] >= each["approvers"] for one in kept):
            kept.append(each)
    return kept


def _rows(
    session: Session, where: Sequence[Any], after: tuple[Any, ...] | None, limit: int, by: Any
) -> Sequence[Review]:
    query = select(Review).where(*where)
    if after is not None:
        query = query.where(tuple_(by, col(Review.id)) < after)
    return session.exec(query.order_by(by.desc(), col(Review.id).desc()).limit(limit)).all()


def _mine(session: Session, actor: Actor, where: Sequence[Any], page: Page, by: Any) -> Sequence[Review]:
    """Who may decide stands in JSON, so rows are read on until the page is full."""
    found: list[Review] = []
    after, scanned = page.after, 0
    while len(found) <= page.limit and scanned < _MOST_SCANNED:
        rows = _rows(session, where, after, _SCANNED_AT_ONCE, by)
        spoken = select(Verdict.review_id).where(
            col(Verdict.review_id).in_([row.id for row in rows]), col(Verdict.principal_id) == actor.principal_id,
            col(Verdict.verdict).in_(("approve", "reject")),
        )  # fmt: skip
        done = set(session.exec(spoken))
        found += [
            row for row in rows
            if row.id not in done and may_decide(actor, row.required, row.unit, row.line_manager)
        ]  # fmt: skip
        if len(rows) < _SCANNED_AT_ONCE:
            break
        last = rows[-1]
        after, scanned = (getattr(last, by.key), last.id), scanned + len(rows)
    return found[: page.limit + 1]


def _rendered(
    row: Review, proposal: Proposal, decision: Decision, verdicts: Sequence[Verdict], contents: dict[str, Any],
    known: dict[str, str],
) -> dict[str, Any]:  # fmt: skip
    content = contents.get(proposal.content_payload)
    erased = content is None
    content = content or {}
    return {
        "id": row.id, "case_id": row.case_id, "proposal_id": row.proposal_id, "status": row.status, "unit": row.unit,
        "customer": row.customer_id, "erased": erased,
        "action": {"tool": row.tool, "args": None if erased else content["action"]["args"]},
        "args_digest": row.args_digest,
        "rationale": content.get("rationale"), "evidence": content.get("evidence_facts", []),
        "provenance": {
            name: source | {"support": None} for name, source in content.get("provenance", {}).items()
        } | {
            each["argument"]: content.get("provenance", {}).get(each["argument"], {}) | {"support": each}
            for each in content.get("support", [])
        },
        "alternatives": content.get("alternatives", []), "expected_effect": content.get("expected_effect"),
        "undo": content.get("undo"), "ungrounded": content.get("ungrounded", []),
        "findings": content.get("findings", []),
        "change": content.get("change"), "loads": content.get("loads", []),
        "edited_from": content.get("edited_from"), "depends_on": list(proposal.depends_on),
        "risk": {"score": decision.risk_score, "factors": list(decision.risk_factors)},
        "decision": {
            "id": decision.id, "effect": decision.effect, "rules": list(decision.rules),
            "reasons": list(decision.reasons), "mode": decision.mode, "ruleset": decision.ruleset_digest,
            "amount_minor": decision.amount_minor, "stage": decision.stage, "at": stamp(decision.at),
        },
        "required": list(row.required), "line_manager": row.line_manager,
        "verdicts": [
            {
                "by": {"id": each.principal_id, "name": known.get(each.principal_id)}, "verdict": each.verdict,
                "roles": list(each.roles), "args_digest": each.args_digest, "surface": each.surface,
                "counts": each.args_digest == row.args_digest and each.at >= row.asked_at, "at": stamp(each.at),
                "comment": (contents.get(each.comment_payload or "") or {}).get("comment"),
                "answer": (contents.get(each.answer_payload or "") or {}).get("answer"),
            }
            for each in verdicts
        ],
        "editors": [{"id": each, "name": known.get(each)} for each in row.editor_ids],
        "created_at": stamp(row.created_at), "due_at": stamp(row.due_at), "expires_at": stamp(row.expires_at),
        "escalated_at": stamp(row.escalated_at), "decided_at": stamp(row.decided_at),
        "decided_by": row.decided_by and {"id": row.decided_by, "name": known.get(row.decided_by)},
    }  # fmt: skip
