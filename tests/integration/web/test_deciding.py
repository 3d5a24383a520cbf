"""Deciding in a real Chromium: by mouse, by keys alone, two at once, several at once, and when a session ends."""

from typing import Any

import pytest

from app.identity.passwords import set_password
from app.identity.sessions import LIFETIME
from app.store.models import Verdict
from tests.integration.api.actions import INVOICE
from tests.integration.web.chromium import LAPTOP, PHONE, Reader
from tests.integration.workflow.scenes import drafted, money, pending, write_off
from tests.integration.world import World
from tools.records import Invoice

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_edit_is_shown_before_it_is_sent(world: World, reader: Reader) -> None:
    row = money(world)
    page = reader.sign_in("finn").open(f"/reviews/{row.id}")
    page.get_by_text("Edit before it runs").click()
    assert page.get_by_label("Amount").input_value() == "1100.00"
    page.get_by_label("Amount").fill("plenty")
    page.get_by_role("button", name="Show what changes").click()
    assert "must be an amount like 1200.00" in page.locator(".error").inner_text()
    assert page.get_by_label("Amount").input_value() == "plenty"
    page.get_by_label("Amount").fill("1,050.50")
    page.get_by_role("button", name="Show what changes").click()
    shown = page.locator(".verdict .note").inner_text()
    assert "EUR 1,100.00" in shown
    assert "EUR 1,050.50" in shown
    assert world.rows(Verdict) == []
    page.get_by_role("button", name="Send the edit").click()
    assert "Another person now decides" in reader.status()
    assert "EUR 1,100.00" in page.locator("tr.changed del").inner_text()


def test_what_was_not_shown_is_not_sent(world: World, reader: Reader) -> None:
    """Typing on after the difference was shown shows it again first."""
    row = money(world)
    page = reader.sign_in("finn").open(f"/reviews/{row.id}#edit")
    page.get_by_label("Amount").fill("900")
    page.get_by_role("button", name="Show what changes").click()
    page.get_by_label("Amount").fill("800")
    page.get_by_role("button", name="Send the edit").click()
    assert "EUR 800.00" in page.locator(".verdict .note").inner_text()
    assert world.rows(Verdict) == []


def test_rejecting_and_asking_need_words(world: World, reader: Reader) -> None:
    row = money(world)
    page = reader.sign_in("finn").open(f"/reviews/{row.id}")
    page.get_by_role("button", name="Reject").click()
    assert "Say why it is rejected" in reader.status()
    page.get_by_label("Remark").fill("why so much?")
    page.get_by_role("button", name="Ask or remark").click()
    assert "Your remark is on the record" in reader.status()
    assert "why so much?" in page.inner_text("main")
    page.get_by_label("Remark").fill("too much")
    page.get_by_role("button", name="Reject").click()
    assert "Your rejection is on the record" in reader.status()
    assert world.review(row.id).status == "rejected"


def test_by_keys_alone(world: World, reader: Reader) -> None:
    row = money(world)
    pending(world)
    page = reader.sign_in("finn").page
    keys = page.keyboard
    keys.press("?")
    assert page.get_by_role("dialog").is_visible()
    keys.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    # A busy browser answers before it has handled the key.
    keys.press("j")
    first = page.wait_for_function("document.activeElement.href").json_value()
    keys.press("j")
    page.wait_for_function("first => document.activeElement.href !== first", arg=first)
    keys.press("k")
    page.wait_for_function("first => document.activeElement.href === first", arg=first)
    keys.press("Space")
    assert page.locator(".row :checked").count() == 1
    while not (at := page.evaluate("document.activeElement.href")).endswith(row.id):
        keys.press("j")
        page.wait_for_function("at => document.activeElement.href !== at", arg=at)
    keys.press("r")
    page.wait_for_url(f"**/reviews/{row.id}#reason")
    assert page.evaluate("document.activeElement.id") == "reason"
    keys.type("a j k are letters here")
    assert page.get_by_label("Remark").first.input_value() == "a j k are letters here"
    page.evaluate("document.activeElement.blur()")
    keys.press("e")
    assert page.locator("#edit[open]").count() == 1
    page.evaluate("document.activeElement.blur()")
    keys.press("a")
    keys.press("Enter")
    page.wait_for_url("**?done=approve")
    assert world.rows(Verdict)[0].verdict == "approve"


def test_keys_can_be_switched_off(world: World, reader: Reader) -> None:
    money(world)
    page = reader.sign_in("finn").open("/help")
    page.get_by_role("button", name="Switch single-letter keys off").click()
    reader.open("/queue")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_several_at_once(world: World, reader: Reader) -> None:
    for amount, invoice in ((1_000, INVOICE), (2_000, "inv-063")):
        drafted(world, write_off(amount, invoice), invoice=invoice)
    page = reader.sign_in("finn").page
    for box in page.locator(".row [type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Decide what is selected together").click()
    assert "2 at once" in page.inner_text("h1")
    assert "30.00" in page.inner_text("main")
    page.get_by_role("button", name="Approve all 2").click()
    page.get_by_text("on the record").nth(1).wait_for()
    assert {row.verdict for row in world.rows(Verdict)} == {"approve"}
    assert all(row.shown_at is not None for row in world.rows(Verdict))


def test_what_is_not_alike_is_no_batch(world: World, reader: Reader) -> None:
    money(world)
    pending(world)
    page = reader.sign_in("finn").page
    for box in page.locator(".row [type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Decide what is selected together").click()
    assert "not alike" in page.inner_text("main")
    assert page.get_by_role("button", name="Approve all").count() == 0


def test_two_browsers_at_once(world: World, address: str, chromium: Any) -> None:
    """The second learns who was first, and nothing happens twice."""
    row = money(world)
    first, second = (
        Reader(world, address, chromium.new_context(viewport=LAPTOP)).sign_in(who) for who in ("finn", "fred")
    )
    for each in (first, second):
        each.open(f"/reviews/{row.id}")
    first.page.get_by_role("button", name="Approve").click()
    first.page.wait_for_url("**?done=approve")
    second.page.get_by_label("Remark").first.fill("no")
    second.page.get_by_role("button", name="Reject").click()
    assert "This was decided already" in second.status()
    world.run()
    assert [entry["count"] for entry in world.ledger()] == [1]


def test_news_come_without_moving_anything(world: World, address: str, chromium: Any) -> None:
    row = money(world)
    watcher = Reader(world, address, chromium.new_context(viewport=LAPTOP)).sign_in("fred")
    decider = Reader(world, address, chromium.new_context(viewport=LAPTOP)).sign_in("finn")
    place = watcher.page.locator(f"[data-review={row.id}]").first.bounding_box()
    watcher.page.wait_for_timeout(700)  # it listens by then
    decider.open(f"/reviews/{row.id}").get_by_role("button", name="Approve").click()
    watcher.page.locator(f"[data-review={row.id}].gone").wait_for(timeout=10_000)
    assert watcher.page.locator(f"[data-review={row.id}]").first.bounding_box() == place
    pending(world)
    watcher.page.get_by_text("1 new").wait_for(timeout=10_000)


def test_a_session_that_ends_while_somebody_writes(world: World, address: str, chromium: Any) -> None:
    """What was typed comes back after signing in, without scripts too; nothing was sent meanwhile."""
    row = money(world)
    actor = world.actor("finn")
    set_password(world.ctx, actor, actor.principal_id, "a long enough secret")
    reader = Reader(world, address, chromium.new_context(java_script_enabled=False)).sign_in("finn")
    page = reader.open(f"/reviews/{row.id}")
    page.get_by_text("Edit before it runs").click()
    page.get_by_label("Amount").fill("950.00")
    page.locator("#edit").get_by_label("Why").fill("they agreed\nto less")
    world.clock.move(seconds=LIFETIME.total_seconds() + 60)
    page.get_by_role("button", name="Show what changes").click()
    assert "What you typed is kept" in reader.status()
    if page.get_by_label("Firm").input_value() == "":
        page.get_by_label("Firm").fill("acme")
    page.get_by_label("Name").fill("finn")
    page.get_by_label("Password").fill("a long enough secret")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Go on with what I typed").click()
    assert page.get_by_label("Amount").input_value() == "950.00"
    assert page.locator("#edit").get_by_label("Why").input_value() == "they agreed\nto less"
    assert world.rows(Verdict) == []


def test_typed_words_outlive_the_page(world: World, reader: Reader) -> None:
    row = money(world)
    page = reader.sign_in("finn").open(f"/reviews/{row.id}")
    page.get_by_label("Remark").fill("half a thought")
    reader.open("/queue")
    reader.open(f"/reviews/{row.id}")
    assert page.get_by_label("Remark").first.input_value() == "half a thought"
    page.get_by_role("button", name="Ask or remark").click()
    page.wait_for_url("**?done=respond")
    reader.open(f"/reviews/{row.id}")
    assert page.get_by_label("Remark").first.input_value() == ""


def test_going_back_after_a_verdict(world: World, reader: Reader) -> None:
    row = money(world)
    page = reader.sign_in("finn").open(f"/reviews/{row.id}")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**?done=approve")
    page.go_back()
    page.wait_for_load_state()
    if page.get_by_role("button", name="Approve").count():
        page.get_by_role("button", name="Approve").click()
        assert "This was decided already" in reader.status()
    assert len(world.rows(Verdict)) == 1


def test_on_a_phone(world: World, address: str, chromium: Any) -> None:
    row = money(world)
    reader = Reader(world, address, chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True)).sign_in(
        "finn"
    )
    page = reader.page
    page.locator(f"[data-review={row.id}] a").first.tap()
    page.get_by_role("link", name="Decide").tap()
    page.get_by_role("button", name="Approve").tap()
    page.wait_for_url("**?done=approve")
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 110_000
