"""The line manager of who would be booked: their reviews are theirs on the pages too."""

from tests.integration.web.conftest import Browser, text_of
from tests.integration.workflow.scenes import booking, manages
from tools.records import Person


def test_a_line_manager_is_asked_for_their_consent(browser: Browser) -> None:
    row = booking(browser.world)
    browser.sign_in("rhea")
    path = f"/reviews/{row.id}"
    assert "Nothing waits for you" in text_of(browser.get("/queue", mine="1"))
    assert "None of your roles is asked for here" in text_of(browser.get(path))
    manages(browser.world, "rhea")
    assert '<span class="badge good">yours</span>' in browser.get("/queue", mine="1").text
    page = text_of(browser.get(path))
    assert "None of your roles is asked for here" not in page
    assert f"line manager: {browser.world.get(Person, str(row.line_manager)).name}" in page
    answer = browser.send(browser.form(path, path), verdict="approve")
    assert "Your approval is on the record" in text_of(answer)
    assert "Nothing waits for you" in text_of(browser.get("/queue", mine="1"))
