"""A person's own account: the Slack account that speaks for them."""

from fastapi import APIRouter, Request, Response

from app.api.requests import context
from app.identity.slack_links import end_link, show_code
from app.web.pages import PageRoute, Session, SignedForm, go, page

router = APIRouter(include_in_schema=False, route_class=PageRoute)


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
