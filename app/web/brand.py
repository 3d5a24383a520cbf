"""How the pages look for a firm: its name, colours and logo, as an admin set them."""

from hashlib import sha256

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app import branding
from app.api.requests import context
from app.errors import Problem
from app.identity.sessions import SignedIn
from app.web.pages import Form, PageRoute, Session, firm_seen, go, page
from app.web.uploads import uploaded

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_KEPT = "private, max-age=86400"


@router.get("/brand")
def show(request: Request, session: Session, done: str = "") -> Response:
    return _shown(request, session, said="The pages look like this from now on." if done else None)


@router.post("/brand")
async def change(request: Request, session: Session) -> Response:
    session.actor.require(branding.MAY_BRAND)
    too_large = f"A logo has at most {branding.MOST_BYTES // 1024} KiB."
    name, image, form = await uploaded(request, session, branding.MOST_BYTES, too_large)
    return await run_in_threadpool(_changed, request, session, form, image if name else None)


def _changed(request: Request, session: SignedIn, form: Form, image: bytes | None) -> Response:
    """Nothing of it counts where one of the fields cannot be used."""
    ground, actor = context(request), session.actor
    try:
        branding.set_brand(
            ground, actor, name=form.get("name", ""), light=form.get("light", ""), dark=form.get("dark", ""),
            logo=b"" if form.get("logo") == "none" else image,
        )  # fmt: skip
    except Problem as problem:
        return _shown(request, session, problem=problem, form=form)
    return go("/brand?done=1")


def _shown(
    request: Request, session: SignedIn, *, said: str | None = None, problem: Problem | None = None,
    form: Form | None = None,
) -> Response:  # fmt: skip
    session.actor.require(branding.MAY_BRAND)
    typed = {name: text for name, text in (form or {}).items() if name != "csrf"}
    chosen = {"name": "", "light": "", "dark": ""} | dict(session.brand or {}) | typed
    return page(
        request, "brand.html", session, problem.status if problem else 200, said=said, problem=problem, chosen=chosen,
        has_logo=bool((session.brand or {}).get("logo")), most=branding.MOST_BYTES // 1024,
        longest=branding.LONGEST_NAME,
    )  # fmt: skip


@router.get("/brand.css")
def style(request: Request) -> Response:
    firm = firm_seen(request)
    sheet = branding.style(firm.brand if firm else None)
    return Response(sheet, media_type="text/css", headers=_headers(sheet.encode()))


@router.get("/brand/logo")
def picture(request: Request) -> Response:
    firm = firm_seen(request)
    found = branding.logo(context(request), firm.id) if firm else None
    if found is None or not found.image:
        raise Problem("not_found", "There is no logo.")
    return Response(found.image, media_type=found.type, headers=_headers(found.image))


def _headers(content: bytes) -> dict[str, str]:
    return {"Cache-Control": _KEPT, "ETag": f'"{sha256(content).hexdigest()[:16]}"'}
