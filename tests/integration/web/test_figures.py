"""Indicators: what they count, and that every figure leads to the rows that it is made of."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.actor import Grant
from app.identity.principals import add_principal, machine_actor
from app.identity.setting_changes import confirm_setting, propose_setting
from tests.integration.api.actions import INVOICE
from tests.integration.web.conftest import Browser, text_of
from tests.integration.workflow.scenes import agree, automatic, drafted, money, pending, write_off
from tests.integration.world import UNIT, World
from tools.actions import HoldInvoice
from tools.figures.business import business, waiting_invoices
from tools.records import Invoice

OTHER = "inv-063"


def links(page: Any) -> list[str]:
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return [each.replace("&amp;", "&") for each in re.findall(r'href="(/[^"]+)"', main)]


def rows(page: Any) -> int:
    return int(page.text.partition("<main")[2].partition("</main>")[0].count("<tr>")) - 1


def lively(world: World) -> None:
    """Something of everything that is counted."""
    agree(world, money(world))
    world.run()
    pending(world)
    automatic(world)
    world.set("mode/psa.timesheet.missing", "propose")
    (asked,) = world.reviews(automatic(world))
    world.approve("lena", asked)
    world.set("mode/erp.invoice.drafted", "observe")
    drafted(world, HoldInvoice(invoice_id=OTHER, reason="it looks odd"), invoice=OTHER)


def test_what_waits_for_people_is_told(browser: Browser) -> None:
    pending(browser.world)
    browser.sign_in("finn")
    assert "wait for people" in text_of(browser.get("/figures"))


def test_every_figure_leads_to_its_rows(browser: Browser) -> None:
    lively(browser.world)
    browser.sign_in("hal")
    page = browser.get("/figures")
    found = links(page)
    for of in ("backlog", "ageing", "utilisation", "late", "overspent", "latency"):
        assert any(each.startswith(f"/figures/{of}") for each in found), of
    for each in found:
        assert browser.get(each).status_code == 200, each
    # Every number that stands out is a link.
    assert re.findall(r"<strong>(?!<a )", page.text.partition('class="figures"')[2].partition('class="pair"')[0]) == []


def test_the_rows_are_those_that_were_counted(browser: Browser) -> None:
    world = browser.world
    lively(world)
    browser.sign_in("hal")
    page = browser.get("/figures")
    for href, count in re.findall(
        r'<a href="(/figures/(?:decisions|verdicts|observed|rules_alone)\?[^"]+)">(\d+) ', page.text
    ):
        assert rows(browser.get(href.replace("&amp;", "&"))) == int(count), href
    assert "1 be refused" not in text_of(page)
    assert rows(browser.get("/figures/backlog")) == len(
        [one for one in world.all(Invoice) if one.status in ("draft", "held")]
    )


def test_what_observing_would_have_done_stands_beside_what_people_did(browser: Browser) -> None:
    world = browser.world
    world.set("mode/erp.invoice.drafted", "observe")
    for invoice in (INVOICE, OTHER):
        drafted(world, HoldInvoice(invoice_id=invoice, reason="it looks odd"), invoice=invoice)
    drafted(world, write_off(1_000), invoice=INVOICE)
    world.elsewhere(HoldInvoice(invoice_id=INVOICE, reason="somebody saw it too"))
    browser.sign_in("finn")
    said = text_of(browser.get("/figures/observed"))
    assert (said.count(" the same"), said.count("not the same"), said.count("not told")) == (2, 1, 1)
    assert rows(browser.get("/figures/observed", what="the same")) == 1


def test_what_waited_only_for_its_mode_is_told_with_what_people_said(browser: Browser) -> None:
    world = browser.world
    world.set("mode/psa.timesheet.missing", "propose")
    (asked,) = world.reviews(automatic(world))
    browser.sign_in("hal")
    assert "1 waiting" in text_of(browser.get("/figures"))
    world.approve("hal", asked)
    assert "1 approved" in text_of(browser.get("/figures"))
    assert rows(browser.get("/figures/rules_alone", what="approved")) == 1


def test_before_and_after_a_workflow_ran_by_itself(browser: Browser) -> None:
    world = browser.world
    world.set("mode/psa.timesheet.missing", "propose")
    automatic(world)
    world.clock.move_to(world.clock() + timedelta(days=2))
    change = propose_setting(world.ctx, world.actor("ada"), "mode/psa.timesheet.missing", "auto")
    confirm_setting(world.ctx, world.actor("alan"), change)
    world.clock.move_to(world.clock() + timedelta(days=3))
    browser.sign_in("hal")
    assert "psa timesheet missing" in text_of(browser.get("/figures")).lower().replace("PSA", "psa")
    figures = browser.get("/figures")
    assert "1 → 0" in text_of(figures)
    assert browser.get("/cases", workflow="psa.timesheet.missing").text.count('href="/cases/cas_') == 1


@pytest.mark.parametrize(("path", "code"), [("/figures/nothing", 404), ("/figures/backlog?days=0", 422)])
def test_what_is_no_figure(browser: Browser, path: str, code: int) -> None:
    browser.sign_in("hal")
    assert browser.get(path).status_code == code


def test_records_of_the_whole_firm_are_not_for_one_unit(browser: Browser) -> None:
    add_principal(browser.world.ctx, machine_actor("acme"), name="una", kind="person", roles=[Grant("finance", UNIT)])
    browser.sign_in("una")
    assert browser.get("/figures/decisions").status_code == 200
    assert browser.get("/figures/utilisation").status_code == 403


def test_the_firms_rows_are_what_its_figures_are_of(world: World) -> None:
    from app.views.firm import firm_records

    records = firm_records(world.ctx, "acme")
    assert records is not None
    assert len(waiting_invoices(records)) == business(records).backlog.invoices
