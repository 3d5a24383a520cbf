"""White label: a firm's own name, colours and logo, for its own people alone, and none that could not be read."""

import re
from typing import Any

import pytest

from app.branding import MOST_BYTES
from app.store.models import Tenant as TenantRow
from tests.integration.web.conftest import Browser, text_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
GOOD = {"name": "Northwind Sign-off", "light": "#204080", "dark": "#9db7ff"}


def change(browser: Browser, image: bytes = b"", /, **fields: str) -> Any:
    csrf = browser.form("/brand", "/brand").fields["csrf"]
    files = {"file": ("logo.png", image)} if image else {"file": ("", b"")}
    return browser.client.post("/brand", data={"csrf": csrf} | fields, files=files)


def brand(browser: Browser, tenant: str = "acme") -> dict[str, str]:
    return dict(browser.world.one(TenantRow, id=tenant).brand or {})


def test_name_colours_and_logo_are_seen_everywhere(browser: Browser) -> None:
    browser.sign_in("ada")
    assert change(browser, PNG, **GOOD).status_code == 200
    page = browser.get("/queue")
    assert "<title>Queue · Northwind Sign-off</title>" in page.text
    assert "Countersign" not in text_of(page)
    (sheet,) = re.findall(r'href="(/brand\.css\?\w+)"', page.text)
    style = browser.get(sheet)
    assert style.headers["content-type"].startswith("text/css")
    assert "--accent-light: #204080; --on-accent-light: #ffffff;" in style.text
    assert "--accent-dark: #9db7ff; --on-accent-dark: #10201a;" in style.text
    (logo,) = re.findall(r'src="(/brand/logo\?\w+)"', page.text)
    picture = browser.get(logo)
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")
    assert [entry.kind for entry in browser.world.entries()].count("tenant.branded") == 1
    change(browser, b"", logo="none", **GOOD)
    assert "/brand/logo" not in browser.get("/queue").text
    assert browser.get("/brand/logo").status_code == 404


def test_another_firm_and_whoever_is_not_signed_in_see_nothing_of_it(browser: Browser, another: Browser) -> None:
    """There are two firms here: of which one a stranger is, nobody knows."""
    browser.sign_in("ada")
    change(browser, PNG, **GOOD)
    assert "Northwind" not in another.get("/sign-in").text
    assert another.get("/brand.css").text == ""
    assert another.get("/brand/logo").status_code == 404
    another.sign_in("finn", tenant="borealis")
    assert "Northwind" not in another.get("/queue").text
    assert another.get("/brand/logo").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"light": "#cccc66"}, "contrast"), ({"dark": "#223355"}, "contrast"), ({"light": "red; }"}, "a colour like"),
        ({"name": "x" * 41}, "at most 40"), ({"name": "a\u202eb"}, "printable"),
    ],
)  # fmt: skip
def test_what_could_not_be_read_is_refused(browser: Browser, fields: dict[str, str], said: str) -> None:
    browser.sign_in("ada")
    page = change(browser, PNG, **GOOD | fields)
    assert (page.status_code, said in text_of(page)) == (422, True)
    assert brand(browser) == {}
    assert next(iter(fields.values())).replace("\u202e", "") in page.text.replace("⟦U+202E⟧", "")


@pytest.mark.parametrize(
    ("image", "code"),
    [(b"<svg onload=alert(1)>", 422), (b"GIF89a", 422), (PNG + b"\0" * MOST_BYTES, 413), (PNG + b"\0" * 10**6, 413)],
)
def test_what_is_no_logo_is_refused(browser: Browser, image: bytes, code: int) -> None:
    browser.sign_in("ada")
    assert change(browser, image, **GOOD).status_code == code
    assert brand(browser) == {}


def test_only_admins_change_it(browser: Browser) -> None:
    browser.sign_in("finn")
    assert browser.get("/brand").status_code == 403
    csrf = browser.form("/queue", "/sign-out").fields["csrf"]
    answer = browser.client.post("/brand", data={"csrf": csrf} | GOOD, files={"file": ("", b"")})
    assert answer.status_code == 403
    browser.client.cookies.clear()
    browser.sign_in("ada")
    assert browser.client.post("/brand", data=GOOD, files={"file": ("", b"")}).status_code == 403
    assert brand(browser) == {}
