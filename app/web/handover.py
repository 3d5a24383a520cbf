"""Handing a leaver's items to another: first what would be done, then it."""

from fastapi import APIRouter, Request, Response

from app.api.requests import context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.views.people import directory
from app.web.pages import Form, PageRoute, Session, SignedForm, page
from app.workflow.handover import Handover, hand_over, plan_handover

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/handover")
def ask(request: Request, session: Session) -> Response:
    session.actor.require({"admin"})
    return _shown(request, session, {}, None)


@router.post("/handover")
def look(request: Request, session: Session, form: SignedForm) -> Response:
    """Both steps are one form's: its second button is only there once what it does was shown."""
    ctx, step = context(request), hand_over if form.get("step") == "do" else plan_handover
    try:
        found = step(ctx, session.actor, form.get("from", ""), form.get("to", ""))
    except Problem as problem:
        session.actor.require({"admin"})
        return _shown(request, session, form, None, problem)
    return _shown(request, session, form, found)


def _shown(
    request: Request, session: SignedIn, form: Form, found: Handover | None, problem: Problem | None = None
) -> Response:
    people = [each for each in directory(context(request), session.actor) if each["kind"] == "person"]
    return page(
        request, "handover.html", session, problem.status if problem else 200, people=people, found=found,
        chosen=(form.get("from", ""), form.get("to", "")), done=found is not None and form.get("step") == "do",
        said=problem.detail if problem else None, called={each["id"]: each["name"] for each in people},
    )  # fmt: skip
