"""The page where a signed-in person is shown the code that ties their Slack account to them."""

from tests.integration.web.conftest import Browser, text_of


def test_a_signed_in_person_is_shown_a_code(browser: Browser) -> None:
    browser.sign_in("lena")
    form = browser.form("/slack", "/slack")
    page = browser.send(form)
    assert "/countersign link " in text_of(page)
    assert "/countersign link " not in text_of(browser.get("/slack"))
    assert browser.send(form, csrf="forged").status_code == 403
    assert browser.send(browser.form("/slack", "/slack/unlink")).url.path == "/slack"
