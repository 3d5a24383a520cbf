"""Claims: who sees to a case, and who put it off. They order attention; what anybody may decide is as before."""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.errors import FieldError, Problem
from app.identity.principals import get, grants_of, still
from app.store.engine import unit_of_work
from app.store.models import Case, CaseClaim, Review, Snooze
from app.workflow import cases
from app.workflow.record import log

LONGEST: Final = timedelta(days=14)


def claim(ctx: Context, actor: Actor, case_id: str, to_id: str | None = None) -> None:
    """The actor sees to the case, or gives it to somebody who can see it; the last word counts.

    Raises Problem `not_found`, `not_permitted` (only reads; the other is not active or does not see it), `conflict`
    (nothing waits there).
    """
    now, to = ctx.clock(), to_id or actor.principal_id
    with unit_of_work(ctx.engine) as session:
        case = cases.lock(session, actor.tenant, case_id)
        _require(session, still(session, actor, now), case)
        row = get(session, actor.tenant, to)
        units = {grant.unit for grant in grants_of(session, row, now)}
        if row.kind != "person" or not row.active or not units & {"", case.unit or ""}:
            raise Problem("not_permitted", "A case is given to an active person who can see it.")
        held = session.get(CaseClaim, case.id) or CaseClaim(
            case_id=case.id, tenant=case.tenant, principal_id=to, by_id=to, at=now
        )
        held.principal_id, held.by_id, held.at = to, actor.principal_id, now
        session.add(held)
        session.flush()
        log(ctx, session, actor, "case.claimed", refs={"case": case.id, "principal": to}, decided_at=now)


def snooze(ctx: Context, actor: Actor, case_id: str, until: datetime) -> None:
    """The actor is not told of the case before `until`. Others are as before, and deadlines are.

    Raises Problem `not_found`, `not_permitted`, `conflict`, `invalid_body` (past, or too far on).
    """
    now = ctx.clock()
    if not now < until <= now + LONGEST:
        detail = f"must lie in the next {LONGEST.days} days"
        raise Problem("invalid_body", f"until {detail}.", errors=[FieldError(pointer="/until", detail=detail)])
    with unit_of_work(ctx.engine) as session:
        case = cases.lock(session, actor.tenant, case_id)
        _require(session, still(session, actor, now), case)
        row = session.get(Snooze, (case.id, actor.principal_id)) or Snooze(
            case_id=case.id, principal_id=actor.principal_id, tenant=case.tenant, until=until, at=now
        )
        row.until, row.at = until, now
        session.add(row)
        session.flush()
        log(ctx, session, actor, "case.snoozed", refs={"case": case.id}, decided_at=now)


def _require(session: Session, actor: Actor, case: Case) -> None:
    if not {grant.unit for grant in actor.grants} & {"", case.unit or ""}:
        raise Problem("not_found", f"There is no case {case.id}.")
    actor.require_change()
    waiting = select(Review.id).where(col(Review.case_id) == case.id, col(Review.status) == "pending")
    if session.exec(waiting).first() is None:
        raise Problem("conflict", "Nothing of this case waits for anybody.")
