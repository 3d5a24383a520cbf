"""Signing in, by a one-time link or a password, and out."""

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import select
from starlette.concurrency import run_in_threadpool

from app.api.requests import context
from app.errors import Problem
from app.ground import Ground
from app.identity.links import use_link
from app.identity.passwords import Guesses, check_password
from app.identity.sessions import end_session, start_session
from app.identity.single_sign_on import has_providers
from app.store.engine import read_only
from app.store.models import Tenant
from app.web.pages import PageRoute, SignedForm, cookie_name, form_of, go, inside, page, same_site, with_cookie

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_GUESSES = Guesses()


@router.get("/sign-in")
def ask(request: Request, link: str = "", next: str = "") -> Response:  # noqa: A002 - the query parameter's name
    """A link is only used by the button: mail scanners and previews fetch addresses too."""
    return _asked(request, link, inside(next), None)


def _asked(request: Request, link: str, onward: str, problem: Problem | None) -> Response:
    firm = _only_firm(request)
    return page(
        request, "sign_in.html", None, problem.status if problem else 200, link=link, onward=onward, firm=firm,
        said=problem.detail if problem else None, provided=has_providers(context(request)),
    )  # fmt: skip


@router.post("/sign-in", dependencies=[Depends(same_site)])
async def enter(request: Request) -> Response:
    form = await form_of(request)
    return await run_in_threadpool(_enter, request, form)


def _enter(request: Request, form: dict[str, str]) -> Response:
    ground = context(request)
    onward = inside(form.get("next", ""))
    try:
        cookie = _by_link(ground, form) if form.get("link") else _by_password(request, ground, form)
    except Problem as problem:
        return _asked(request, "", onward, problem)
    # A session is never carried over a sign-in: who had one in this browser begins another.
    end_session(ground, request.cookies.get(cookie_name(request), ""))
    return with_cookie(request, go(onward or "/queue"), cookie)


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


def _only_firm(request: Request) -> str:
    with read_only(context(request).engine) as session:
        firms = session.exec(select(Tenant.id).limit(2)).all()
    return firms[0] if len(firms) == 1 else ""
