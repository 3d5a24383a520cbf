"""The policies page: rules in words, what each did, what a change would do, and the firm's settings."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app.actor import READS_ALL
from app.api.requests import context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.identity.setting_changes import MAY_SET, confirm_setting, withdraw_setting
from app.views import policies, settings
from app.views.simulation import MOST_DECISIONS, simulate_texts
from app.web.pages import PageRoute, Session, SignedForm, go, page

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/rules")
def rules(request: Request, session: Session, file: str = "") -> Response:
    return _rules(request, session, file)


@router.post("/rules/simulate")
def simulate(request: Request, session: Session, form: SignedForm) -> Response:
    """The files in force with one of them as it was typed, over what was decided. Nothing is changed by it."""
    ctx, name, text = context(request), form.get("file", ""), form.get("text", "")
    texts = ctx.rulesets.texts()
    if name not in texts:
        raise Problem("invalid_body", "Choose one of the rule files.")
    try:
        found = simulate_texts(ctx, session.actor, texts | {name: text}, MOST_DECISIONS)
    except Problem as problem:
        return _rules(request, session, name, text=text, problem=problem)
    return _rules(request, session, name, text=text, found=found)


@router.post("/rules/changes/{change_id}")
def decide_change(request: Request, session: Session, change_id: str, form: SignedForm) -> Response:
    decide = {"confirm": confirm_setting, "withdraw": withdraw_setting}.get(form.get("decision", ""))
    if decide is None:
        raise Problem("invalid_body", "Confirm or withdraw.")
    decide(context(request), session.actor, change_id)
    return go("/rules")


def _rules(
    request: Request, session: SignedIn, file: str, *, text: str | None = None, found: dict[str, Any] | None = None,
    problem: Problem | None = None,
) -> Response:  # fmt: skip
    ctx = context(request)
    standing = ctx.rulesets.standing
    held = {grant.role for grant in session.actor.grants}
    texts = ctx.rulesets.texts() if held & READS_ALL else {}
    chosen = file if file in texts else next(iter(texts), "")
    return page(
        request, "rules.html", session, problem.status if problem else 200, ruleset=standing.engine.ruleset,
        broken=standing.broken, described=policies.rules(ctx, session.actor, standing.engine.ruleset),
        set=settings.settings(ctx, session.actor) if held & READS_ALL else None, may_set=bool(held & MAY_SET),
        files=list(texts), chosen=chosen, text=texts.get(chosen, "") if text is None else text, found=found,
        problem=problem,
    )  # fmt: skip
