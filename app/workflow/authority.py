"""Authority: whether this actor may say this of this review, at the moment of saying it."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app import tenancy
from app.actor import CHANGES_NOTHING, Actor
from app.context import Context
from app.errors import Problem
from app.store.models import Review, Verdict
from app.workflow import history, route
from app.workflow.dossier import Dossier
from app.workflow.parties import parties
from policies.decision import Approval
from tools.reach import Reach


def check_authority(
    ctx: Context,
    session: Session,
    actor: Actor,
    review: Review,
    found: Dossier,
    said: str,
    reached: Reach,
    now: datetime,
) -> frozenset[str]:
    """The principals who are party to the action. Raises Problem `not_permitted` or `self_approval`.

    Asking needs any role that changes something; approving, editing and rejecting one of the roles that the review
    requires, in its unit; withdrawing that, or being the requester. A role lent by a party to the action counts for
    nothing, and an amount above the actor's limit, alone or with what they approved before, is not theirs to approve.
    """
    around = parties(ctx, session, found.case, found.action, review.editor_ids)
    barred = frozenset(name for names in around.values() for name in names)
    excluded = {name for item in review.required for party in item["excluded"] for name in around.get(party, ())}
    roles = granted_roles(actor, review.unit, barred)
    if said == "respond":
        if roles <= CHANGES_NOTHING:
            raise Problem("not_permitted", "Your roles only let you read.")
        return barred
    if said == "withdraw" and actor.principal_id in around["requester"]:
        return barred
    needed = required_roles(review)
    if not roles & needed:
        raise Problem("not_permitted", f"This needs one of the roles {', '.join(sorted(needed))}.")
    if said == "approve":
        if actor.principal_id in excluded:
            raise Problem("self_approval", "You asked for this, edited it or would gain by it; somebody else approves.")
        amount = found.decision.amount_minor
        if actor.limit_minor is not None and amount != 0:
            before = approved_before(session, found, actor.principal_id, reached, now)
            if amount is None or before + amount > actor.limit_minor:
                raise Problem("not_permitted", "The amount, with what you approved before, is above your limit.")
    return barred


def required_roles(review: Review) -> set[str]:
    """The roles that count for this review now, those it escalated to included."""
    needed = {role for item in review.required for role in item["roles"]}
    if review.escalated_at:
        needed |= {item["escalate_to"] for item in review.required if item["escalate_to"]}
    return needed


def granted_roles(actor: Actor, unit: str | None, barred: frozenset[str]) -> frozenset[str]:
    """The actor's roles in `unit`, without those that a party to the action has lent them."""
    return frozenset(
        grant.role for grant in actor.grants if grant.unit in ("", unit or "") and grant.from_id not in barred
    )


def approved_before(session: Session, found: Dossier, principal_id: str, reached: Reach, now: datetime) -> int:
    """What this person approved in the window for the same contract or, without one, the same customer."""
    since = now - timedelta(days=tenancy.read(session, found.case.tenant).window_days)
    scope = approver_scope(found, principal_id, reached)
    return history.moved(session, found.case.tenant, [scope], since)[scope]


def approver_scope(found: Dossier, principal_id: str, reached: Reach) -> str:
    """Under which name an approver's approvals are summed up: splitting one amount into many does not help."""
    scopes = route.scopes(found.case, found.action, reached)
    about = scopes.get("contract") or scopes.get("customer") or "firm"
    return f"approver/{principal_id}/{about}"


def able(session: Session, verdict: Verdict, found: Dossier, reached: Reach, now: datetime) -> Approval:
    """A stored approval as policy weighs it: the roles and the limit as they were when it was given."""
    before = approved_before(session, found, verdict.principal_id, reached, now)
    return Approval(
        principal=verdict.principal_id, roles=list(verdict.roles), limit_minor=verdict.limit_minor,
        approved_minor=before,
    )  # fmt: skip
