"""The log, the rules and the settings, for those who oversee."""

import tempfile
from typing import Any

from fastapi import APIRouter, Request, Response

from app.actor import READS_ALL
from app.api.requests import context
from app.audit.export import export, snapshot
from app.audit.verify import Key, verify
from app.context import Context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.identity.setting_changes import MAY_SET, confirm_setting, withdraw_setting
from app.views import audit, indicators, settings
from app.views.pages import DEFAULT_LIMIT
from app.views.pages import page as asked
from app.web.pages import PageRoute, Session, SignedForm, go, page

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_IN_MEMORY = 8 * 1024 * 1024


@router.get("/log")
def log(
    request: Request, session: Session, kind: str = "", case: str = "", actor: str = "", cursor: str = ""
) -> Response:
    return _log(request, session, kind.strip(), case.strip(), actor.strip(), cursor, None)


@router.post("/log/verify")
def verify_now(request: Request, session: Session, _form: SignedForm) -> Response:
    """Exports the log to a temporary file and runs the auditor's own check on it."""
    audit.require_reader(session.actor)
    return _log(request, session, "", "", "", "", _verified(context(request), session.actor.tenant))


def _verified(ctx: Context, tenant: str) -> dict[str, Any]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        with snapshot(ctx.engine) as reading:
            for line in export(reading, ctx.log, ctx.vault, tenant):
                file.write(line)
        file.seek(0)
        found = verify(file, Key(str(ctx.log.verifier(tenant))), {})  # type: ignore[arg-type]  # it reads lines alone
    return {"holds": found.holds, "entries": found.entries, "reason": found.reason, "erased": found.erased}


def _log(
    request: Request, session: SignedIn, kind: str, case: str, actor: str, cursor: str, verified: dict[str, Any] | None
) -> Response:
    found = audit.entries(
        context(request), session.actor, asked(DEFAULT_LIMIT, cursor, audit.KEY), kind=kind or None,
        case_id=case or None, actor_id=actor or None, newest_first=True,
    )  # fmt: skip
    return page(
        request, "log.html", session, rows=found["items"], next_cursor=found["next_cursor"], kind=kind, case=case,
        actor=actor, verified=verified, cursor=cursor, checkpoint=audit.checkpoint(context(request), session.actor),
    )  # fmt: skip


@router.get("/rules")
def rules(request: Request, session: Session) -> Response:
    ctx = context(request)
    standing = ctx.rulesets.standing
    overseer = bool({grant.role for grant in session.actor.grants} & READS_ALL)
    return page(
        request, "rules.html", session, ruleset=standing.engine.ruleset, broken=standing.broken,
        set=settings.settings(ctx, session.actor) if overseer else None,
        may_set=bool({grant.role for grant in session.actor.grants} & MAY_SET),
    )  # fmt: skip


@router.post("/rules/changes/{change_id}")
def decide_change(request: Request, session: Session, change_id: str, form: SignedForm) -> Response:
    decide = {"confirm": confirm_setting, "withdraw": withdraw_setting}.get(form.get("decision", ""))
    if decide is None:
        raise Problem("invalid_body", "Confirm or withdraw.")
    decide(context(request), session.actor, change_id)
    return go("/rules")


@router.get("/figures")
def figures(request: Request, session: Session, days: int = 30) -> Response:
    return page(request, "figures.html", session, figures=indicators.indicators(context(request), session.actor, days))
