"""Signing in, by a one-time link or a password, and out."""

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from app.api.requests import context
from app.errors import Problem
from app.ground import Ground
from app.identity.links import use_link
from app.identity.passwords import Guesses, check_password
from app.identity.sessions import actor_of_session, end_session, start_session
from app.web.pages import (
    PageRoute,
    SignedForm,
    cookie_name,
    fields_in,
    form_of,
    go,
    inside,
    page,
    same_site,
    sign_in_page,
    with_cookie,
)  # fmt: skip

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_GUESSES = Guesses()


@router.get("/sign-in")
def ask(request: Request, link: str = "", next: str = "") -> Response:  # noqa: A002 - the query parameter's name
    """A link is only used by the button: mail scanners and previews fetch addresses too."""
    return sign_in_page(request, link=link, onward=inside(next))


@router.post("/sign-in", dependencies=[Depends(same_site)])
async def enter(request: Request) -> Response:
    form = await form_of(request)
    return await run_in_threadpool(_enter, request, form)


def _enter(request: Request, form: dict[str, str]) -> Response:
    ground = context(request)
    onward, kept = inside(form.get("next", "")), form.get("kept", "")
    try:
        cookie = _by_link(ground, form) if form.get("link") else _by_password(request, ground, form)
    except Problem as problem:
        return sign_in_page(request, problem.status, onward=onward, kept=kept, said=problem.detail)
    # A session is never carried over a sign-in: who had one in this browser begins another.
    end_session(ground, request.cookies.get(cookie_name(request), ""))
    if kept and onward:
        return with_cookie(request, _resumed(request, ground, cookie, onward, kept), cookie)
    return with_cookie(request, go(onward or "/queue"), cookie)


def _resumed(request: Request, ground: Ground, cookie: str, onward: str, kept: str) -> Response:
    """What was typed before the session ended, ready to be looked at again. Nothing is sent by signing in."""
    try:
        fields = fields_in(kept)
    except ValueError as bad:
        raise Problem("invalid_body", "The form cannot be read.") from bad
    if onward.startswith("/reviews/"):
        fields |= {"verdict": "resume"}
    return page(request, "kept.html", actor_of_session(ground, cookie), onward=onward, fields=fields)


def _by_link(ground: Ground, form: dict[str, str]) -> str:
    return start_session(ground, use_link(ground, form["link"]), "link")


def _by_password(request: Request, ground: Ground, form: dict[str, str]) -> str:
    address = request.client.host if request.client else "unknown"
    firm, name = form.get("firm", "").strip()[:40], form.get("name", "").strip()[:254]
    person = check_password(ground, _GUESSES, firm, name, form.get("password", ""), address)
    return start_session(ground, person, "password")


@router.post("/sign-out")
def leave(request: Request, _form: SignedForm) -> Response:
    end_session(context(request), request.cookies.get(cookie_name(request), ""))
    response = go("/sign-in")
    response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="lax")
    return response
