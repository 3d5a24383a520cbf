"""Signing in through an OpenID provider that really answers: who is let in, and everything that is not believed."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from app.errors import Problem
from app.identity.principals import by_name, deactivate, machine_actor
from app.identity.single_sign_on import RETURN_PATH, end_provider, link_subject, set_provider
from app.store.engine import read_only
from app.store.models import WebSession
from tests.integration.web.conftest import Browser, text_of
from tests.integration.web.provider import CLIENT, SECRET, FakeProvider, serving
from tests.integration.world import World

MACHINE = machine_actor("acme")


@pytest.fixture
def provider(world: World) -> Iterator[FakeProvider]:
    with serving(lambda: world.clock().timestamp()) as made:
        set_provider(world.ctx, MACHINE, made.issuer, CLIENT, SECRET, by_verified_email=False)
        yield made


def ident(world: World, name: str) -> str:
    with read_only(world.ctx.engine) as session:
        row = by_name(session, "acme", name)
    assert row is not None
    return row.id


def away(browser: Browser, path: str = "/sign-in/provider?firm=acme&next=/cases") -> str:
    """The provider's address to which the browser is sent."""
    answer = browser.client.get(path, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def back(there: str, **changes: str) -> str:
    """What the provider sends the browser back with."""
    answer = httpx.get(there, trust_env=False)
    parts = urlsplit(answer.headers["location"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value})}"


def sign_in(browser: Browser, **changes: str) -> Any:
    return browser.get(back(away(browser), **changes))


def test_a_linked_account_signs_its_person_in(browser: Browser, provider: FakeProvider) -> None:
    world = browser.world
    page = browser.get("/sign-in")
    assert "single sign-on" in text_of(page)
    assert "identity provider of acme" in text_of(browser.get("/sign-in/provider/ask", firm="acme"))
    link_subject(world.ctx, MACHINE, ident(world, "finn"), "sub-1")
    answer = sign_in(browser)
    assert (answer.status_code, answer.url.path) == (200, "/cases")
    (session,) = world.rows(WebSession)
    assert (session.principal_id, session.method) == (ident(world, "finn"), "oidc")
    assert provider.refused == []
    asked = parse_qs(urlsplit(away(browser)).query)
    assert (asked["code_challenge_method"], asked["response_type"]) == (["S256"], ["code"])
    assert asked["redirect_uri"][0].endswith(RETURN_PATH)


def test_an_account_of_nobody_is_turned_away_whatever_its_address(browser: Browser, provider: FakeProvider) -> None:
    provider.claims = {"sub": "sub-9", "email": "finn@acme.example", "email_verified": True}
    answer = sign_in(browser)
    assert answer.status_code == 401
    assert "nobody's here" in text_of(answer).replace("&#39;", "'")
    assert browser.world.rows(WebSession) == []


def test_a_verified_address_counts_where_the_firm_says_so(browser: Browser, provider: FakeProvider) -> None:
    world = browser.world
    set_provider(world.ctx, MACHINE, provider.issuer, CLIENT, SECRET, by_verified_email=True)
    for claims in (
        {"email": "finn@acme.example"}, {"email": "finn@acme.example", "email_verified": "true"},
        {"email": "finn@borealis.example", "email_verified": True}, {"email": None, "email_verified": True},
    ):  # fmt: skip
        provider.claims = {"sub": "sub-1"} | claims
        assert sign_in(browser).status_code == 401, claims
    provider.claims = {"sub": "sub-1", "email": "Finn@Acme.example", "email_verified": True}
    assert sign_in(browser).url.path == "/cases"
    # From then on the subject counts: another account under the address is not theirs, and the first is under any.
    provider.claims = {"sub": "sub-2", "email": "finn@acme.example", "email_verified": True}
    assert sign_in(browser).status_code == 401
    provider.claims = {"sub": "sub-1", "email": "hal@acme.example", "email_verified": True}
    sign_in(browser)
    assert {row.principal_id for row in world.rows(WebSession)} == {ident(world, "finn")}


def test_a_person_ties_their_own_account_and_ends_it(
    browser: Browser, another: Browser, provider: FakeProvider
) -> None:
    browser.sign_in("finn")
    page = browser.send(browser.form("/account", "/account/provider"))
    assert "/account/provider/away" in page.text
    assert browser.get(back(away(browser, "/account/provider/away"))).url.path == "/account"
    assert sign_in(another).status_code == 200
    # It never becomes another's.
    another.client.cookies.clear()
    another.sign_in("fred").send(another.form("/account", "/account/provider"))
    refused = another.get(back(away(another, "/account/provider/away")))
    assert (refused.status_code, "was another person" in text_of(refused)) == (403, True)
    browser.send(browser.form("/account", "/account/provider/unlink"))
    another.client.cookies.clear()
    assert sign_in(another).status_code == 401


def test_nobody_is_led_to_tie_an_account_by_another_site(browser: Browser, provider: FakeProvider) -> None:
    browser.sign_in("finn")
    assert browser.get("/account/provider/away").status_code == 403
    assert browser.client.post("/account/provider", data={"csrf": "forged"}).status_code == 403


def _none(header: dict[str, Any], _claims: dict[str, Any]) -> None:
    header["kid"] = "other"


def _claim(**changes: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def spoil(_header: dict[str, Any], claims: dict[str, Any]) -> None:
        claims.update(changes)
        for name in [name for name, value in changes.items() if value is None]:
            del claims[name]

    return spoil


def _late(_header: dict[str, Any], claims: dict[str, Any]) -> None:
    claims["exp"] = claims["iat"] - 61


@pytest.mark.parametrize(
    "spoil",
    [
        _claim(iss="https://other.example"), _claim(aud="other"), _claim(aud=[CLIENT, "other"]), _claim(nonce="other"),
        _claim(nonce=None), _claim(exp=None), _claim(sub=None), _claim(sub=""), _claim(sub=7), _claim(azp="other"),
        _claim(iat=10**11), _claim(aud=None), _late, _none,
    ],
)  # fmt: skip
def test_a_token_that_does_not_hold_lets_nobody_in(browser: Browser, provider: FakeProvider, spoil: Any) -> None:
    link_subject(browser.world.ctx, MACHINE, ident(browser.world, "finn"), "sub-1")
    provider.spoil = spoil
    answer = sign_in(browser)
    assert answer.status_code == 401, answer.text
    assert browser.world.rows(WebSession) == []


def test_only_the_providers_own_key_signs(browser: Browser, provider: FakeProvider) -> None:
    link_subject(browser.world.ctx, MACHINE, ident(browser.world, "finn"), "sub-1")
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_in(browser).status_code == 401
    # A shared secret is no signature of the provider, were it the client's own.
    provider.signing = OctKey.import_key(SECRET + "." * 20)
    provider.spoil = lambda header, _claims: header.update(alg="HS256")
    assert sign_in(browser).status_code == 401
    provider.signing, provider.spoil = None, lambda _header, _claims: None
    provider.key = ECKey.generate_key("P-256", {"kid": "one"})
    assert sign_in(browser).status_code == 200


def test_an_answer_counts_once_and_in_the_browser_that_asked(
    browser: Browser, another: Browser, provider: FakeProvider
) -> None:
    link_subject(browser.world.ctx, MACHINE, ident(browser.world, "finn"), "sub-1")
    answer = back(away(browser))
    assert another.get(answer).status_code == 401
    away(another)
    assert another.get(answer).status_code == 401  # begun by themselves: another state
    assert browser.get(answer).status_code == 200
    browser.client.cookies.clear()
    assert browser.get(answer).status_code == 401
    late = back(away(browser))
    browser.world.clock.move(minutes=11)
    assert browser.get(late).status_code == 401


@pytest.mark.parametrize(
    "changes", [{"state": "x"}, {"state": ""}, {"code": "x"}, {"code": ""}, {"error": "access_denied"}, {"iss": "x"}]
)
def test_an_answer_that_is_not_the_providers_is_refused(
    browser: Browser, provider: FakeProvider, changes: dict[str, str]
) -> None:
    link_subject(browser.world.ctx, MACHINE, ident(browser.world, "finn"), "sub-1")
    assert sign_in(browser, **changes).status_code == 401
    assert browser.world.rows(WebSession) == []


def test_a_provider_that_says_it_is_another_or_leads_to_plain_http_is_not_used(
    browser: Browser, provider: FakeProvider
) -> None:
    for wrong in ({"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": 7}):
        provider.configuration = wrong
        assert browser.get("/sign-in/provider", firm="acme").status_code == 401, wrong
    for issuer in ("http://idp.example", "https://user@idp.example", "ftp://idp.example", "nonsense"):
        with pytest.raises(Problem):
            set_provider(browser.world.ctx, MACHINE, issuer, CLIENT, None, by_verified_email=False)


def test_who_was_shut_out_is_shut_out_here_too(browser: Browser, provider: FakeProvider) -> None:
    world = browser.world
    link_subject(world.ctx, MACHINE, ident(world, "finn"), "sub-1")
    deactivate(world.ctx, MACHINE, ident(world, "finn"))
    assert sign_in(browser).status_code == 401
    end_provider(world.ctx, MACHINE)
    assert browser.get("/sign-in/provider", firm="acme").status_code == 404
    assert browser.get("/sign-in/provider", firm="nobody\x00").status_code == 404


def test_a_sign_in_begins_a_new_session_and_ends_the_former(browser: Browser, provider: FakeProvider) -> None:
    world = browser.world
    link_subject(world.ctx, MACHINE, ident(world, "finn"), "sub-1")
    browser.sign_in("hal")
    former = dict(browser.client.cookies)
    assert sign_in(browser).status_code == 200
    assert dict(browser.client.cookies) != former
    assert sorted(row.ended_at is None for row in world.rows(WebSession)) == [False, True]
