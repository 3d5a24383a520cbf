"""How the pages look to anybody: WCAG 2.2 AA by axe-core, light and dark, narrow and wide, small and still."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import app.web
from app.actor import Grant
from app.identity.principals import add_principal, machine_actor
from app.views.labels import Labels
from app.web.change_picture import change_picture
from app.web.change_rows import change_shown
from app.web.pages import template
from tests.integration.web.chromium import LAPTOP, PHONE, Reader
from tests.integration.web.test_pages import HOSTILE, _hostile
from tests.integration.workflow.scenes import agree, drafted, money, pending, write_off
from tests.integration.world import World
from tests.unit.tools.pricing.small_change import ASKED, books, day, milestone
from tools.pricing.price import price

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

STYLES = Path(app.web.__file__).parent / "static" / "countersign.css"
LARGEST = 100_000
"""Bytes of a page, with its style and its script."""
FIRST_PAINT_MS = 200
STILL = 0.001
"""Layout shift of a page; 0.1 counts as good. Rounding of a scaled picture's height may leave so much."""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
MOVED = """() => new Promise((done) => {
  let moved = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) moved += each.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(moved), 300);
})"""
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  for (const each of list.getEntriesByName("first-contentful-paint")) done(each.startTime);
}).observe({ type: "paint", buffered: true }))"""
"""Milliseconds from the request of a page until something of it is seen."""


def pages_of(world: World) -> list[str]:
    """One of each page, with something on it."""
    done = money(world)
    agree(world, done)
    world.run()
    asked = pending(world)
    (waiting,) = world.reviews(drafted(world, write_off(120_000, "inv-063"), invoice="inv-063"))
    world.say("finn", waiting, "respond", comment="why?")
    world.edit("finn", waiting, amount_minor=60_000)
    execution = world.execution(done)
    return [
        "/queue", "/queue?q=nothing+like+it", "/queue?status=rejected", "/queue?order=risk&mine=1",
        f"/reviews/{asked.id}", f"/reviews/{waiting.id}", f"/reviews/{done.id}", f"/batch?review={waiting.id}",
        "/cases", "/cases?nothing=1", f"/cases/{waiting.case_id}", "/tasks", "/executions",
        f"/executions/{execution.id}", "/rules", "/figures", "/log", "/help", "/slack",
        "/setup", "/import", "/handover", "/account", "/brand", "/reviews/rev_none", "/queue?tool=write_off",
        *(f"/figures/{of}" for of in ("backlog", "ageing", "utilisation", "late", "overspent", "latency", "decisions")),
    ]  # fmt: skip


def overseer(world: World) -> str:
    """Somebody who sees every page."""
    roles = [Grant("compliance"), Grant("admin"), Grant("finance"), Grant("head_of_delivery"), Grant("delivery_lead")]
    add_principal(world.ctx, machine_actor("acme"), name="olga", kind="person", roles=roles)
    return "olga"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_keeps_anybody_out(world: World, address: str, chromium: Any, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    paths = pages_of(world)
    context = chromium.new_context(viewport=LAPTOP, color_scheme=theme, bypass_csp=True)
    reader = Reader(world, address, context)
    reader.page.goto(f"{address}/sign-in")
    found = {"/sign-in": _broken(Axe(), reader.page)}
    reader.sign_in(overseer(world))
    for path in paths:
        found[path] = _broken(Axe(), reader.open(path))
    assert {path: broken for path, broken in found.items() if broken} == {}


def _broken(axe: Any, page: Any) -> list[str]:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    answer = axe.run(page, options=RULES).response
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in answer["violations"] for node in each["nodes"][:2]
    ]  # fmt: skip


def test_no_page_is_wider_than_a_phone_or_moves_or_is_large(world: World, address: str, chromium: Any) -> None:
    paths = pages_of(world)
    reader = Reader(world, address, chromium.new_context(viewport=PHONE)).sign_in(overseer(world))
    page = reader.page
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.__setitem__(answer.url, len(answer.body())) if answer.ok else None)
    shared = 0
    for path in paths:
        sizes.clear()
        reader.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.evaluate(MOVED) <= STILL, path
        shared = shared or sum(size for url, size in sizes.items() if "/static/" in url)
        assert sum(size for url, size in sizes.items() if "/static/" not in url) + shared <= LARGEST, (path, sizes)


def test_a_priced_change_is_read_whole_on_a_phone(chromium: Any) -> None:
    change = price(books(milestones=[milestone("one", day(11))]), ASKED)
    labels = cast(Labels, SimpleNamespace(called=lambda kind, ident: ident, name=lambda kind, ident: ident))
    shown = template("change.html").render(
        change={**change_shown(change, labels), "picture": change_picture(change, labels)}, review={"edited_from": None}
    )
    page = chromium.new_context(viewport=PHONE).new_page()
    page.set_content(f"<style>{STYLES.read_text()}</style><main>{shown}</main>")
    for cut in page.locator(".scroll").all():
        assert cut.evaluate("each => each.scrollWidth - each.clientWidth") == 0, cut.inner_text()
    assert page.locator(".courses td[data-label=Margin]").first.inner_text() == "EUR 1,120.00"


@pytest.mark.long
def test_first_paint(world: World, reader: Reader) -> None:
    """Measures time: the best of several loads, as other work on the machine only ever adds to it."""
    asked = pending(world)
    reader.sign_in("finn")
    for path in ("/queue", f"/reviews/{asked.id}"):
        painted = []
        for _ in range(7):
            page = reader.open(path)
            painted.append(page.evaluate(PAINTED))
        assert min(painted) <= FIRST_PAINT_MS, (path, painted)


def test_dark_by_system_and_by_choice(world: World, address: str, chromium: Any) -> None:
    money(world)
    light = Reader(world, address, chromium.new_context(viewport=LAPTOP, color_scheme="light")).sign_in("finn")
    dark = Reader(world, address, chromium.new_context(viewport=LAPTOP, color_scheme="dark")).sign_in("finn")
    assert _brightness(light) > 200
    assert _brightness(dark) < 60
    light.page.get_by_role("button", name="Dark").click()
    assert _brightness(light) < 60
    light.open("/cases")
    assert _brightness(light) < 60
    dark.page.get_by_role("button", name="Light").click()
    assert _brightness(dark) > 200


def _brightness(reader: Reader) -> int:
    colour = reader.page.locator("body").evaluate("each => getComputedStyle(each).backgroundColor")
    return int(colour.removeprefix("rgb(").split(",")[1])


def test_nothing_that_anybody_wrote_runs(world: World, reader: Reader) -> None:
    review_id = _hostile(world)
    page = reader.sign_in(overseer(world)).open(f"/reviews/{review_id}")
    page.get_by_label("Remark").first.fill(HOSTILE)
    page.get_by_role("button", name="Ask or remark").click()
    page.wait_for_url("**?done=respond")
    for path in ("/queue", f"/reviews/{review_id}", f"/cases/{world.review(review_id).case_id}", "/log", "/cases"):
        reader.open(path)
        assert page.locator("img[src='x']").count() == 0, path
    assert reader.said == []
