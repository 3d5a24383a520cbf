"""A person's own account: roles, password, single sign-on, and the Slack account that speaks for them."""

from fastapi import APIRouter, Request, Response

from app.api.requests import context
from app.errors import Problem
from app.identity.passwords import MIN_LENGTH, Guesses, check_password, set_password
from app.identity.sessions import SignedIn
from app.identity.slack_links import end_link, show_code
from app.views.account import account
from app.web.pages import PageRoute, Session, SignedForm, go, page

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_GUESSES = Guesses()


@router.get("/account")
def show(request: Request, session: Session) -> Response:
    return _account(request, session, None)


def _account(request: Request, session: SignedIn, problem: Problem | None) -> Response:
    found = account(context(request), session.actor)
    return page(
        request, "account.html", session, problem.status if problem else 200, account=found, shortest=MIN_LENGTH,
        provider=found["provider"], said=problem.detail if problem else None,
        manages=any(grant.role == "admin" for grant in session.actor.grants),
    )  # fmt: skip


@router.post("/account/password")
def password(request: Request, session: Session, form: SignedForm) -> Response:
    ground, actor = context(request), session.actor
    try:
        if account(ground, actor)["has_password"]:
            address = request.client.host if request.client else "unknown"
            given = form.get("present", "")
            check_password(ground, _GUESSES, actor.tenant, actor.principal_id, given, address)
        if form.get("password", "") != form.get("again", ""):
            raise Problem("invalid_body", "The two new passwords are not the same.")
        set_password(ground, actor, actor.principal_id, form.get("password", ""))
    except Problem as problem:
        return _account(request, session, problem)
    return go("/sign-in")


@router.get("/slack")
def slack(request: Request, session: Session) -> Response:
    return page(request, "slack.html", session, code=None)


@router.post("/slack")
def code(request: Request, session: Session, _form: SignedForm) -> Response:
    """A code is only shown to who signed in, in answer to their own button."""
    made = show_code(context(request), session.actor, session.actor.principal_id)
    return page(request, "slack.html", session, code=made)


@router.post("/slack/unlink")
def unlink(request: Request, session: Session, _form: SignedForm) -> Response:
    end_link(context(request), session.actor, session.actor.principal_id)
    return go("/slack")
