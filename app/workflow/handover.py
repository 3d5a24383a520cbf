"""Handover: what a person has taken on goes to another when they leave; what only others may give is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.errors import Problem
from app.identity.principals import get, grants_of, still
from app.store.engine import read_only, unit_of_work
from app.store.models import (
    Case,
    CaseClaim,
    Delegation,
    Execution,
    ManualTask,
    Principal,
    Review,
    RoleGrant,
    Setting,
)
from app.workflow import cases
from app.workflow.record import log


@dataclass(frozen=True)
class Handover:
    """What goes over, by id: cases that the leaver sees to, and open tasks by hand. Delegations from and to them end.

    `unseen`: cases that stay, since the other cannot see their unit. `alone`: roles that no other active person holds →
    pending reviews that ask for one. `settings`: names of those that name the leaver, which two people change.
    """

    cases: Sequence[str]
    tasks: Sequence[str]
    delegations: Sequence[str]
    unseen: Sequence[str]
    alone: dict[str, int]
    settings: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        return {
            "cases": list(self.cases), "tasks": list(self.tasks), "delegations_ended": list(self.delegations),
            "unseen_cases": list(self.unseen), "roles_of_nobody_else": self.alone, "settings": list(self.settings),
        }  # fmt: skip


def plan_handover(ctx: Context, actor: Actor, from_id: str, to_id: str) -> Handover:
    """What `hand_over` would do now; nothing is changed. Raises Problem `not_permitted`, `not_found`."""
    actor.require({"admin"})
    with read_only(ctx.engine) as session:
        return _found(ctx, session, actor, *_both(session, actor, from_id, to_id))


def hand_over(ctx: Context, actor: Actor, from_id: str, to_id: str) -> Handover:
    """Hands everything over in one transaction. Neither roles nor limits move: those are granted by people.

    Raises Problem `not_permitted`, `not_found`.
    """
    actor.require({"admin"})
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        leaver, other = _both(session, actor, from_id, to_id)
        concerned = [case.id for case in (*_claimed(session, leaver), *_tasked(session, leaver))]
        cases.lock_several(session, actor.tenant, sorted(set(concerned)))
        actor = still(session, actor, now)
        actor.require({"admin"})
        found = _found(ctx, session, actor, leaver, other)
        for ident in found.cases:
            held = session.get_one(CaseClaim, ident)
            held.principal_id, held.by_id, held.at = other.id, actor.principal_id, now
            session.add(held)
            log(ctx, session, actor, "case.claimed", refs={"case": ident, "principal": other.id}, decided_at=now)
        for ident in found.tasks:
            task = session.get_one(ManualTask, ident)
            task.assignee_id = other.id
            session.add(task)
            refs = {"execution": task.execution_id, "task": task.id, "principal": other.id}
            log(ctx, session, actor, "task.handed_over", refs=refs, decided_at=now)
        for ident in found.delegations:
            lent = session.get_one(Delegation, ident)
            lent.ends_at = now
            session.add(lent)
            details = {"delegation": lent.id, "role": lent.role}
            log(ctx, session, actor, "delegation.ended", refs={"principal": lent.to_id}, details=details)
        session.flush()
        counts = {"cases": len(found.cases), "tasks": len(found.tasks), "delegations": len(found.delegations)}
        log(
            ctx, session, actor, "handover.made", refs={"principal": leaver.id}, details=counts | {"to": other.id},
            decided_at=now,
        )  # fmt: skip
        return found


def _both(session: Session, actor: Actor, from_id: str, to_id: str) -> tuple[Principal, Principal]:
    leaver, other = get(session, actor.tenant, from_id), get(session, actor.tenant, to_id)
    if leaver.id == other.id or other.kind != "person" or not other.active:
        raise Problem("not_permitted", "What somebody leaves goes to another active person.")
    return leaver, other


def _found(ctx: Context, session: Session, actor: Actor, leaver: Principal, other: Principal) -> Handover:
    now = ctx.clock()
    units = {grant.unit for grant in grants_of(session, other, now)}
    claimed = _claimed(session, leaver)
    seen = [case.id for case in claimed if units & {"", case.unit or ""}]
    lent = select(Delegation).where(
        col(Delegation.tenant) == leaver.tenant, col(Delegation.ends_at) > now,
        (col(Delegation.from_id) == leaver.id) | (col(Delegation.to_id) == leaver.id),
    )  # fmt: skip
    named = select(Setting).where(col(Setting.tenant) == leaver.tenant, col(Setting.name).startswith("assignee"))
    return Handover(
        cases=seen, tasks=[task.id for task in _open_tasks(session, leaver)],
        delegations=sorted(each.id for each in session.exec(lent)),
        unseen=[case.id for case in claimed if case.id not in seen], alone=_alone(session, leaver),
        settings=sorted(each.name for each in session.exec(named) if each.value == leaver.id),
    )  # fmt: skip


def _claimed(session: Session, leaver: Principal) -> Sequence[Case]:
    query = select(Case).join(CaseClaim, col(CaseClaim.case_id) == col(Case.id))
    query = query.where(col(CaseClaim.tenant) == leaver.tenant, col(CaseClaim.principal_id) == leaver.id)
    return session.exec(query.order_by(col(Case.id))).all()


def _tasked(session: Session, leaver: Principal) -> Sequence[Case]:
    query = select(Case).join(Execution, col(Execution.case_id) == col(Case.id))
    tasks = [task.execution_id for task in _open_tasks(session, leaver)]
    return session.exec(query.where(col(Execution.id).in_(tasks)).order_by(col(Case.id))).all()


def _open_tasks(session: Session, leaver: Principal) -> Sequence[ManualTask]:
    query = select(ManualTask).where(
        col(ManualTask.tenant) == leaver.tenant, col(ManualTask.assignee_id) == leaver.id,
        col(ManualTask.status) == "open",
    )  # fmt: skip
    return session.exec(query.order_by(col(ManualTask.id))).all()


def _alone(session: Session, leaver: Principal) -> dict[str, int]:
    """Roles that no other active person holds in any unit → how many pending reviews ask for one of them."""
    holders = session.exec(
        select(RoleGrant.role, RoleGrant.principal_id)
        .join(Principal, col(Principal.id) == col(RoleGrant.principal_id))
        .where(col(RoleGrant.tenant) == leaver.tenant, col(Principal.active), col(Principal.kind) == "person")
    ).all()
    roles = {role for role, who in holders if who == leaver.id} - {role for role, who in holders if who != leaver.id}
    if not roles:
        return {}
    pending = session.exec(
        select(Review.required).where(col(Review.tenant) == leaver.tenant, col(Review.status) == "pending")
    ).all()
    return {
        role: sum(1 for required in pending if any(role in each["roles"] for each in required))
        for role in sorted(roles)
    }  # fmt: skip
