"""How a page is asked for and made: the session behind its cookie, its form, its template."""

import hmac
from collections.abc import Callable, Coroutine, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from app.actor import READS_ALL
from app.api.requests import context, read_body
from app.branding import firm_of, only_firm, style
from app.errors import Problem
from app.identity import sessions
from app.identity.sessions import LIFETIME, SignedIn, actor_of_session, note_use
from app.identity.single_sign_on import has_providers
from app.store.models import Tenant
from app.views import words
from app.views.timeline import told
from app.web import assets, look
from app.web.marking import acting
from tools.ports import SourceUnavailable
from tools.registry import TOOLS

_MOST_FIELDS = 400
_OF_THE_SESSION = ("csrf", "shown_at", "seen")

_OURS = {"name": "Countersign", "logo": "/static/seal.svg"}

Form = dict[str, str]


def _finalize(value: Any) -> Any:
    """Every value that a template shows passes here: none holds characters that reorder or hide text."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return words.visible(value)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True, finalize=_finalize,
)  # fmt: skip
_ENVIRONMENT.filters |= {
    "spoken": words.spoken, "money": words.money, "day": words.day, "label": words.label, "lasted": words.lasted,
    "share": words.share, "told": told, "acting": acting, "action": lambda tool: TOOLS[tool].title,
}  # fmt: skip
_PLACES = (
    ("/queue", "Queue"), ("/cases", "Cases"), ("/tasks", "By hand"), ("/executions", "Effects"), ("/rules", "Policies"),
    ("/figures", "Indicators"),
)  # fmt: skip
_LOG = ("/log", "Audit log")


class PageRoute(APIRoute):
    """A route whose refusals are pages: who is not signed in is led to sign in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def paged(request: Request) -> Response:
            try:
                return await handler(request)
            except Problem as problem:
                if problem.code == "unauthenticated" and not request.url.path.startswith("/sign-in"):
                    return await _to_sign_in(request)
                return await run_in_threadpool(refusal, request, problem)
            except SourceUnavailable:
                outage = Problem("unavailable", "The firm's system cannot be reached now; try again later.")
                return await run_in_threadpool(refusal, request, outage)
            except RequestValidationError:
                unknown = Problem("invalid_query", "The address asks for something that is not there.")
                return await run_in_threadpool(refusal, request, unknown)

        return paged


async def _to_sign_in(request: Request) -> Response:
    """Leads to the sign-in and back. What was typed into a form goes along: a session may end while somebody writes."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "GET":
        return RedirectResponse("/sign-in" + (f"?next={quote(asked)}" if asked != "/" else ""), 303)
    try:
        # Another site's form is not kept: signing in must not lead on to what somebody else filled in.
        await same_site(request)
        form = await form_of(request)
    except Problem:
        form = {}
    kept = urlencode([(name, text) for name, text in form.items() if name not in _OF_THE_SESSION])
    return await run_in_threadpool(sign_in_page, request, 401, kept=kept, onward=inside(request.url.path))


def sign_in_page(
    request: Request, code: int = 200, *, link: str = "", onward: str = "", kept: str = "", said: str | None = None
) -> HTMLResponse:
    """`kept` are the fields of a form that came after its session had ended, as a form's body."""
    firm = only_firm(context(request))
    return page(
        request, "sign_in.html", None, code, link=link, onward=onward, kept=kept, firm=firm.id if firm else "",
        said=said, provided=has_providers(context(request)),
    )  # fmt: skip


def firm_seen(request: Request) -> Tenant | None:
    """The reader's firm; who is not signed in can only be of the only one."""
    session = _signed_in(request)
    return firm_of(context(request), session.actor.tenant) if session else only_firm(context(request))


def _signed_in(request: Request) -> SignedIn | None:
    cookie = request.cookies.get(cookie_name(request))
    try:
        return actor_of_session(context(request), cookie) if cookie else None
    except Problem:
        return None


def cookie_name(request: Request) -> str:
    return sessions.cookie_name(context(request))


async def session_of(request: Request) -> SignedIn:
    """Raises Problem `unauthenticated`."""
    cookie = request.cookies.get(cookie_name(request))
    if not cookie:
        raise Problem("unauthenticated", "You are not signed in.")
    return await run_in_threadpool(_in_use, request, cookie)


def _in_use(request: Request, cookie: str) -> SignedIn:
    found = actor_of_session(context(request), cookie)
    # A page that keeps itself up to date is nobody's use of it.
    if "x-live" not in request.headers:
        note_use(context(request), cookie, found)
    return found


Session = Annotated[SignedIn, Depends(session_of)]


async def form_of(request: Request) -> Form:
    """The fields of a form, the last of each name. Raises Problem `invalid_body`, `too_large`."""
    try:
        return fields_in((await read_body(request)).decode("utf-8"))
    except ValueError as bad:
        raise Problem("invalid_body", "The form cannot be read.") from bad


def fields_in(kept: str) -> Form:
    """The fields of a form's body. Raises ValueError."""
    # Browsers send line breaks as CR LF; the texts behind them have LF.
    pairs = parse_qsl(kept, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


async def signed_form(request: Request, session: Session) -> Form:
    """The form of a signed-in person, made for this very session. Raises Problem `not_permitted`."""
    form = await form_of(request)
    session.check_csrf(form.get("csrf", ""))
    return form


SignedForm = Annotated[Form, Depends(signed_form)]


async def same_site(request: Request) -> None:
    """For forms without a session: a browser says from where it was sent. Raises Problem `not_permitted`."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc not in (request.headers.get("host"), urlsplit(_public(request)).netloc):
        raise Problem("not_permitted", "This form came from another site.")


def template(name: str) -> Template:
    return _ENVIRONMENT.get_template(name)


def page(request: Request, name: str, session: SignedIn | None, code: int = 200, /, **shown: Any) -> HTMLResponse:
    """Renders a template. In it: `session`, `may_read_log`, `here`, and the functions `when`, `left`, `here_with`."""
    zone, now = session.time_zone if session else "UTC", context(request).clock()

    def here_with(**changes: Any) -> str:
        query = dict(request.query_params) | changes
        kept = {name: value for name, value in query.items() if value not in (None, "", False)}
        return request.url.path + (f"?{urlencode(kept)}" if kept else "")

    reads_log = session is not None and bool({grant.role for grant in session.actor.grants} & READS_ALL)
    text = template(name).render(
        session=session, here=request.url.path, zone=zone, here_with=here_with, may_read_log=reads_log,
        places=(*_PLACES, _LOG) if reads_log else _PLACES, when=lambda moment: words.when(moment, zone),
        left=lambda moment: words.left(moment, now), build=assets.BUILD,
        brand=_branded(session.brand if session else getattr(firm_seen(request), "brand", None)),
        **look.of(request), **shown,
    )  # fmt: skip
    return HTMLResponse(text, code)


def _branded(brand: Mapping[str, str] | None) -> dict[str, str]:
    """What stands in every page's head. `style` changes with the style sheet at /brand.css; empty: there is none."""
    own, sheet = brand or {}, style(brand)
    return {
        "name": own.get("name") or _OURS["name"],
        "logo": f"/brand/logo?{own['logo']}" if own.get("logo") else _OURS["logo"],
        "style": sha256(sheet.encode()).hexdigest()[:12] if sheet else "",
    }


def refusal(request: Request, problem: Problem) -> HTMLResponse:
    """A page that says no."""
    return page(request, "refusal.html", _signed_in(request), problem.status, problem=problem)


def inside(path: str) -> str:
    """A path of ours; anything that a browser could read as another site's address is dropped."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if safe and len(path) <= 500 else ""


def go(to: str) -> RedirectResponse:
    return RedirectResponse(to, 303)


def with_cookie(request: Request, response: Response, cookie: str) -> Response:
    secure = context(request).settings.public_url.startswith("https://")
    response.set_cookie(
        cookie_name(request), cookie, max_age=int(LIFETIME.total_seconds()), httponly=True, secure=secure,
        samesite="lax", path="/",
    )  # fmt: skip
    return response


def seal_shown(session: SignedIn, what: str, at: str) -> str:
    """What stands in a form to say when its content was shown: only this session could have been shown it then."""
    return f"{at}.{_mac(session, what, at)}"


def open_shown(session: SignedIn, what: str, sealed: str) -> str:
    """The time in a form's `shown_at`. Raises Problem `not_permitted` for one that was made up."""
    at, _, mac = sealed.rpartition(".")
    if not hmac.compare_digest(mac.encode(), _mac(session, what, at).encode()):
        raise Problem("not_permitted", "This form was not made here; load the page again.")
    return at


def _mac(session: SignedIn, what: str, at: str) -> str:
    return hmac.new(session.csrf.encode(), f"{what}\n{at}".encode(), sha256).hexdigest()


def _public(request: Request) -> str:
    return context(request).settings.public_url
