from dataclasses import replace
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from app.bootstrap import Service
from app.identity.links import create_link
from app.identity.passwords import set_password
from app.identity.principals import by_name, machine_actor
from app.identity.sessions import IDLE
from app.main import create_app
from app.store.engine import read_only
from app.store.models import SignInLink
from tests.integration.api.conftest import CountedQueue, FakeService
from tests.integration.web.conftest import Browser, Forms, text_of
from tests.integration.world import World

PASSWORD = "correct horse battery staple"


def _link(world: World, who: str = "finn") -> str:
    with read_only(world.ctx.engine) as session:
        row = by_name(session, "acme", who)
    assert row is not None
    made = urlsplit(create_link(world.ctx, machine_actor("acme"), row.id))
    return f"{made.path}?{made.query}"


def test_a_link_is_used_by_its_button_and_once(browser: Browser, another: Browser) -> None:
    link = _link(browser.world)
    for _ in range(3):
        page = browser.get(link)
        assert "signs you in once" in text_of(page)
    assert browser.world.rows(SignInLink)[0].used_at is None
    (form,) = [each for each in Forms(page.text).forms if each.action == "/sign-in"]
    answer = browser.send(form)
    assert (answer.status_code, answer.url.path) == (200, "/queue")
    again = another.send(form)
    assert again.status_code == 401
    assert "used already" in text_of(again)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    secret = parse_qs(urlsplit(_link(browser.world)).query)["link"][0]
    answer = browser.client.post("/sign-in", data={"link": secret}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "max-age=43200" in cookie


def test_a_password_signs_in(browser: Browser) -> None:
    ctx = browser.world.ctx
    with read_only(ctx.engine) as session:
        row = by_name(session, "acme", "finn")
    assert row is not None
    set_password(ctx, machine_actor("acme"), row.id, PASSWORD)
    form = browser.form("/sign-in", "/sign-in")
    wrong = browser.send(form, firm="acme", name="finn", password="wrong wrong wrong")
    assert wrong.status_code == 401
    assert "wrong wrong" not in wrong.text
    right = browser.send(form, firm="acme", name="finn", password=PASSWORD)
    assert (right.status_code, right.url.path) == (200, "/queue")


@pytest.mark.parametrize("path", ["/queue", "/cases", "/log", "/rules", "/reviews/rev_x", "/figures", "/tasks"])
def test_who_is_not_signed_in_is_led_there_and_back(browser: Browser, path: str) -> None:
    answer = browser.client.get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}"


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "\\/x"]
)
def test_nobody_is_led_elsewhere(browser: Browser, onward: str) -> None:
    secret = parse_qs(urlsplit(_link(browser.world)).query)["link"][0]
    answer = browser.client.post("/sign-in", data={"link": secret, "next": onward}, follow_redirects=False)
    assert answer.headers["location"] == "/queue"


def test_signing_out_ends_the_session_everywhere(browser: Browser) -> None:
    browser.sign_in("finn")
    cookie = browser.client.cookies["countersign"]
    browser.send(browser.form("/queue", "/sign-out"))
    answer = browser.client.get("/queue", headers={"Cookie": f"countersign={cookie}"}, follow_redirects=False)
    assert answer.status_code == 303


def test_a_session_that_nobody_uses_ends_before_its_time(browser: Browser) -> None:
    """Whoever works is not interrupted until the session's whole time is over; a page's own news are nobody's work."""
    world = browser.world
    browser.sign_in("finn")
    for _ in range(8):
        world.clock.move(minutes=80)
        assert browser.client.get("/queue", follow_redirects=False).status_code == 200
    world.clock.move(minutes=81)
    assert browser.client.get("/queue", follow_redirects=False).status_code == 303  # 12 h are over
    browser.sign_in("finn")
    for _ in range(2):
        world.clock.move(minutes=70)
        answer = browser.client.get("/queue", headers={"X-Live": "1"}, follow_redirects=False)
    assert answer.status_code == 303
    browser.sign_in("finn")
    world.clock.move_to(world.clock() + IDLE)
    assert browser.client.get("/queue", follow_redirects=False).status_code == 303


def test_another_sites_form_does_not_sign_in(browser: Browser) -> None:
    secret = parse_qs(urlsplit(_link(browser.world)).query)["link"][0]
    for origin in ("https://evil.example", "null"):
        answer = browser.client.post("/sign-in", data={"link": secret}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert browser.client.post("/sign-in", data={"link": secret}, headers={"Origin": "http://testserver"}).is_success


def test_over_https_cookies_and_hosts_are_pinned(world: World) -> None:
    settings = world.ctx.settings.model_copy(update={"public_url": "https://desk.example"})
    service = FakeService(replace(world.ctx, settings=settings), CountedQueue(world.queue))
    link = _link(world)
    with TestClient(create_app(cast(Service, service)), base_url="https://desk.example") as client:
        secret = parse_qs(urlsplit(link).query)["link"][0]
        answer = client.post("/sign-in", data={"link": secret}, follow_redirects=False)
        assert answer.headers["set-cookie"].startswith("__Host-countersign=")
        assert "secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert client.get("/queue", follow_redirects=False).status_code == 200
