"""Control: kill switches of a tenant, a workflow, a tool or an agent. What is paused waits; nothing of it is lost."""

from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.errors import FieldError, Problem
from app.store.engine import read_only, unit_of_work
from app.store.models import Pause
from app.workflow.faults import fault_point
from app.workflow.record import log
from tools.actions import ACTIONS
from tools.events import EventType

Scope = Literal["tenant", "workflow", "tool", "agent"]
AGENTS = ("triage",)
_WORKFLOW: TypeAdapter[str] = TypeAdapter(EventType)
_PAUSED = sa.select(col(Pause.scope), col(Pause.name)).where(col(Pause.tenant) == sa.bindparam("of"))
MAY_PAUSE = (
    "reviewer",
    "delivery_lead",
    "resource_manager",
    "finance",
    "head_of_delivery",
    "cfo",
    "compliance",
    "admin",
)
MAY_RESUME = ("head_of_delivery", "cfo", "compliance", "admin")


def pause(ctx: Context, actor: Actor, scope: str, name: str = "") -> Pause:
    """Switches off at once. Anybody who decides anything may; switching on again takes more.

    Raises Problem `not_permitted`, `invalid_body` naming /scope or /name.
    """
    actor.require(MAY_PAUSE)
    _check(scope, name)
    now = ctx.clock()
    with unit_of_work(ctx.engine) as session:
        row = session.get(Pause, (actor.tenant, scope, name))
        if row is None:
            row = Pause(tenant=actor.tenant, scope=scope, name=name, by=actor.principal_id, at=now)
            session.add(row)
            session.flush()
            _log(ctx, session, actor, "control.paused", scope, name, now)
        session.expunge(row)
    fault_point("control.paused")
    return row


def resume(ctx: Context, actor: Actor, scope: str, name: str = "") -> None:
    """Switches on again; what waited is taken up. Raises Problem `not_permitted`, `invalid_body`, `not_found`."""
    actor.require(MAY_RESUME)
    _check(scope, name)
    with unit_of_work(ctx.engine) as session:
        row = session.get(Pause, (actor.tenant, scope, name))
        if row is None:
            raise Problem("not_found", f"Nothing of scope {scope} is paused under {name or 'the tenant'}.")
        session.delete(row)
        session.flush()
        _log(ctx, session, actor, "control.resumed", scope, name, ctx.clock())
    fault_point("control.resumed")


def paused(ctx: Context, tenant: str) -> list[Pause]:
    with read_only(ctx.engine) as session:
        found = list(session.exec(select(Pause).where(col(Pause.tenant) == tenant).order_by(col(Pause.at))))
        session.expunge_all()
        return found


def is_paused(session: Session, tenant: str, *switches: tuple[str, str]) -> bool:
    """Whether the tenant, or any of the named (scope, name), is paused."""
    rows = {(scope, name) for scope, name in session.connection().execute(_PAUSED, {"of": tenant})}
    return ("tenant", "") in rows or not rows.isdisjoint(switches)


def _check(scope: str, name: str) -> None:
    if scope not in get_args(Scope):
        detail = f"one of {', '.join(get_args(Scope))}"
        raise Problem("invalid_body", "The scope is not known.", errors=[FieldError(pointer="/scope", detail=detail)])
    known = {"tenant": ("",), "tool": tuple(ACTIONS), "agent": AGENTS}.get(scope)
    if name not in known if known is not None else not _is_workflow(name):
        detail = "empty for a tenant, else the name of what is to be paused"
        raise Problem("invalid_body", "The name is not known.", errors=[FieldError(pointer="/name", detail=detail)])


def _is_workflow(name: str) -> bool:
    try:
        return bool(_WORKFLOW.validate_python(name))
    except ValidationError:
        return False


def _log(ctx: Context, session: Session, actor: Actor, kind: str, scope: str, name: str, now: datetime) -> None:
    log(ctx, session, actor, kind, refs={}, details={"scope": scope, "name": name or None}, decided_at=now)
