"""Authority: whether this actor may say this of this review, at the moment of saying it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from app import tenancy
from app.actor import CHANGES_NOTHING, Actor
from app.context import Context
from app.errors import Problem
from app.store.models import Review, Verdict
from app.workflow import history, route
from app.workflow.dossier import Dossier
from app.workflow.parties import parties, relations
from policies.attributes import RELATIONS
from policies.decision import Approval
from tools.reach import Reach


@dataclass(frozen=True)
class Capacity:
    """In which of their roles somebody speaks, who lent them those that are not their own, and the most they may
    approve in them (None: no bound)."""

    roles: frozenset[str]
    lent: dict[str, str]
    limit_minor: int | None


def check_authority(
    ctx: Context,
    session: Session,
    actor: Actor,
    review: Review,
    found: Dossier,
    said: str,
    known: Reach,
    now: datetime,
) -> Capacity:
    """In what capacity the actor says this. Raises Problem `not_permitted` or `self_approval`.

    Asking needs any role that changes something; approving, editing and rejecting one of the roles that the review
    requires, in its unit; withdrawing that, or being the requester. A role lent by a party to the action counts for
    nothing, nor does one whose lender could not approve the amount; and an amount above the actor's own limit, alone or
    with what they approved before, is not theirs to approve. What they are to whom the action concerns counts like a
    role where they approve or reject, for those who have a role in the unit that changes something.
    """
    around = parties(ctx, session, found, review.editor_ids)
    barred = frozenset(name for names in around.values() for name in names)
    needed = required_roles(review)
    amount = found.decision.amount_minor if said == "approve" else 0
    spent = approved_before(session, found, actor.principal_id, known, now) if amount else 0
    speaks = _capacity(actor, review, needed, barred, spent=spent, amount=amount)
    if said in ("approve", "reject") and not speaks.roles <= CHANGES_NOTHING:
        speaks = replace(speaks, roles=speaks.roles | relations(session, found.action, actor.principal_id, known))
    if said != "approve":
        if said == "respond":
            if speaks.roles <= CHANGES_NOTHING:
                raise Problem("not_permitted", "Your roles only let you read.")
        elif not (speaks.roles & needed or (said == "withdraw" and actor.principal_id in around["requester"])):
            raise Problem("not_permitted", f"This needs one of the roles {', '.join(sorted(needed))}.")
        return speaks
    if not speaks.roles & needed:
        raise Problem("not_permitted", f"This needs one of the roles {', '.join(sorted(needed))}, with its limit.")
    excluded = {name for item in review.required for party in item["excluded"] for name in around.get(party, ())}
    if actor.principal_id in excluded:
        raise Problem("self_approval", "You asked for this, edited it or would gain by it; somebody else approves.")
    if not _covers(speaks.limit_minor, spent, amount):
        raise Problem("not_permitted", "The amount, with what you approved before, is above your limit.")
    return speaks


def _capacity(
    actor: Actor, review: Review, needed: set[str], barred: frozenset[str], *, spent: int, amount: int | None
) -> Capacity:
    held = [grant for grant in actor.grants if grant.unit in ("", review.unit or "") and grant.from_id not in barred]
    own = {grant.role for grant in held if grant.from_id is None}
    lent = [
        grant for grant in held
        if grant.from_id is not None and grant.role not in own and _covers(grant.limit_minor, spent, amount)
    ]  # fmt: skip
    limits = [actor.limit_minor, *(grant.limit_minor for grant in lent if grant.role in needed)]
    bounds = [limit for limit in limits if limit is not None]
    lenders = {grant.role: grant.from_id for grant in lent if grant.from_id is not None}
    return Capacity(frozenset(own | lenders.keys()), lenders, min(bounds, default=None))


def _covers(limit_minor: int | None, spent: int, amount: int | None) -> bool:
    """No limit covers an amount that nobody knows."""
    return limit_minor is None or amount == 0 or (amount is not None and spent + amount <= limit_minor)


def required_roles(review: Review) -> set[str]:
    """The roles that count for this review now, those it escalated to included."""
    needed = {role for item in review.required for role in item["roles"]}
    if review.escalated_at:
        needed |= {item["escalate_to"] for item in review.required if item["escalate_to"]}
    return needed


def approved_before(session: Session, found: Dossier, principal_id: str, known: Reach, now: datetime) -> int:
    """What this person approved in the window for the same contract or the same customer, whichever is more."""
    since = now - timedelta(days=tenancy.read(session, found.case.tenant).window_days)
    sums = history.moved(session, found.case.tenant, approver_scopes(found, principal_id, known), since)
    return max(sums.values())


def approver_scopes(found: Dossier, principal_id: str, known: Reach) -> list[str]:
    """Under which names an approver's approvals are summed up: splitting one amount into many does not help, nor does
    spreading it over a customer's contracts."""
    scopes = route.scopes(found.case, found.action, known)
    about = [scopes[name] for name in ("contract", "customer") if name in scopes] or ["firm"]
    return [f"approver/{principal_id}/{each}" for each in about]


def able(session: Session, verdict: Verdict, found: Dossier, known: Reach, now: datetime) -> Approval:
    """A stored approval as policy weighs it: the roles and the limit as they were when it was given.

    What they are to whom the action concerns is as it is now: a former line manager's consent is nobody's.
    """
    near = relations(session, found.action, verdict.principal_id, known)
    roles = [role for role in verdict.roles if role not in RELATIONS or role in near]
    before = approved_before(session, found, verdict.principal_id, known, now)
    return Approval(
        principal=verdict.principal_id, roles=roles, lent=dict(verdict.lent),
        limit_minor=verdict.limit_minor, approved_minor=before,
    )  # fmt: skip
