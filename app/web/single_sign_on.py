"""Signing in through a firm's identity provider, and tying an account there to oneself."""

import json
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from app.api.requests import context
from app.errors import Problem
from app.ground import Ground
from app.identity import openid
from app.identity.sessions import actor_of_session, cookie_name, end_session, start_session
from app.identity.single_sign_on import RETURN_PATH, client_of, end_links, link_own, person_of
from app.secret_box import SecretUnreadable
from app.web.pages import PageRoute, Session, SignedForm, go, inside, page, with_cookie

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_LASTS = timedelta(minutes=10)


@router.get("/sign-in/provider/ask")
def ask(request: Request, firm: str = "", next: str = "") -> Response:  # noqa: A002 - the query parameter's name
    """The way there is a link and no form: browsers let a form of ours lead to no other site."""
    client_of(context(request), firm.strip()[:40])
    return page(request, "provider_ask.html", None, firm=firm.strip()[:40], onward=inside(next))


@router.get("/sign-in/provider")
def begin(request: Request, firm: str = "", next: str = "") -> Response:  # noqa: A002 - the query parameter's name
    return _away(request, firm.strip()[:40], {"onward": inside(next)})


@router.post("/account/provider")
def tie(request: Request, session: Session, _form: SignedForm) -> Response:
    """The person's own button first, so that no other site ties an account to them; then on by a link."""
    # A page and no redirect: browsers let a form of ours lead to no other site, however many steps it takes.
    response = page(request, "provider.html", session)
    _remember(request, response, {"tie": session.actor.principal_id})
    return response


@router.get("/account/provider/away")
def tie_away(request: Request, session: Session) -> Response:
    if _recalled(request).get("tie") != session.actor.principal_id:
        raise Problem("not_permitted", "Begin at your account's page.")
    return _away(request, session.actor.tenant, {"tie": session.actor.principal_id})


@router.post("/account/provider/unlink")
def untie(request: Request, session: Session, _form: SignedForm) -> Response:
    end_links(context(request), session.actor, session.actor.principal_id)
    return go("/account")


@router.get(RETURN_PATH)
def come_back(request: Request) -> Response:
    """The provider's answer, in the browser that began. What is kept of the beginning serves once."""
    ground, kept = context(request), _recalled(request)
    if "state" not in kept:
        raise Problem("unauthenticated", "This sign-in is over or was begun in another browser; begin it anew.")
    attempt = openid.Attempt(kept["state"], kept["nonce"], kept["verifier"])
    client = client_of(ground, kept["firm"])
    answer = dict(request.query_params)
    claims = openid.redeem(openid.discover(client.issuer), client, attempt, answer, ground.clock())
    former = request.cookies.get(cookie_name(ground), "")
    if who := kept.get("tie"):
        actor = actor_of_session(ground, former).actor
        if actor.principal_id != who:
            raise Problem("not_permitted", "Somebody else has signed in here since; begin at your account's page.")
        link_own(ground, actor, claims)
        response: Response = go("/account")
    else:
        person = person_of(ground, kept["firm"], claims)
        end_session(ground, former)
        response = with_cookie(request, go(kept["onward"] or "/queue"), start_session(ground, person, "oidc"))
    response.delete_cookie(_cookie(ground), path="/", httponly=True, samesite="lax")
    return response


def _away(request: Request, firm: str, kept: dict[str, str]) -> Response:
    ground, attempt = context(request), openid.Attempt.new()
    client = client_of(ground, firm)
    response = RedirectResponse(openid.address(openid.discover(client.issuer), client, attempt), 303)
    began = {"state": attempt.state, "nonce": attempt.nonce, "verifier": attempt.verifier, "firm": firm}
    _remember(request, response, kept | began)
    return response


def _cookie(ground: Ground) -> str:
    return f"{cookie_name(ground)}-provider"


def _remember(request: Request, response: Response, kept: dict[str, str]) -> None:
    """Kept by the browser and readable here alone, so that nobody fills the database by beginning to sign in."""
    ground = context(request)
    until = (ground.clock() + _LASTS).timestamp()
    response.set_cookie(
        _cookie(ground), ground.secrets.seal(json.dumps(kept | {"until": str(until)}), "sign-in attempt"),
        max_age=int(_LASTS.total_seconds()), httponly=True, path="/", samesite="lax",
        secure=ground.settings.public_url.startswith("https://"),
    )  # fmt: skip


def _recalled(request: Request) -> dict[str, str]:
    ground = context(request)
    try:
        kept: dict[str, str] = json.loads(
            ground.secrets.open(request.cookies.get(_cookie(ground), ""), "sign-in attempt")
        )
    except SecretUnreadable:
        return {}
    return kept if float(kept["until"]) > ground.clock().timestamp() else {}
