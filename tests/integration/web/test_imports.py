"""A file looked at in the browser: what is wrong is shown, what is said is kept, what was shown is imported."""

from typing import Any

from app.own_records import OwnRecords
from app.store.models import ImportDraft, ImportHeading
from tests.integration.web.conftest import Browser, text_of
from tests.integration.web.test_first_run import newcomer
from tools.records import Customer

FILE = b"Kunde,Klasse,Tarif\nNorth <b>,key,x\nSouth,emperor,y\n"


def upload(browser: Browser, raw: bytes, name: str = "kunden.csv", **fields: str) -> Any:
    form = browser.form("/import", "/import")
    data = {"csrf": form.fields["csrf"]} | fields
    return browser.client.post("/import", data=data, files={"file": (name, raw)})


def test_bad_cells_are_shown_by_their_place_and_as_csv(browser: Browser) -> None:
    newcomer(browser)
    page = upload(browser, FILE)
    said = text_of(page)
    assert "B3" in said
    assert "is none of strategic, key, standard: emperor" in said
    assert "/import/apply" not in page.text
    told = browser.get("/import/faults.csv")
    assert '"kunden.csv","kunden.csv","3","B","Klasse"' in told.text
    assert "attachment" in told.headers["content-disposition"]


def test_what_is_said_of_a_heading_counts_and_is_remembered(browser: Browser) -> None:
    world = newcomer(browser).world
    upload(browser, FILE)
    form = browser.form("/import/plan", "/import/plan")
    browser.send(form, **{"field/customers/klasse": "nothing"})
    done = browser.send(browser.form("/import/plan", "/import/apply"))
    assert "customer: 2 new" in text_of(done).lower()
    assert [row.field for row in world.rows(ImportHeading) if row.heading == "klasse"] == [""]
    names = [one.name for one in OwnRecords(world.ctx.engine, "fresh").find(Customer, {})]
    assert names == ["North <b>", "South"]
    assert world.rows(ImportDraft) == []
    assert browser.get("/import/plan").status_code == 404


def test_what_was_not_shown_is_not_imported(browser: Browser) -> None:
    newcomer(browser)
    upload(browser, b"Kunde,Klasse\nNorth,key\n")
    form = browser.form("/import/plan", "/import/apply")
    upload(browser, b"Kunde,Klasse\nSouth,key\n")
    refused = browser.send(form)
    assert (refused.status_code, "have changed since" in text_of(refused)) == (409, True)


def test_odd_uploads(browser: Browser) -> None:
    world = newcomer(browser).world
    assert upload(browser, b"x", csrf="forged").status_code == 403
    assert browser.client.post("/import", data={"csrf": "x"}).status_code == 422
    assert upload(browser, b"a" * (11 * 1024**2)).status_code == 413
    assert world.rows(ImportDraft) == []
    unusable = upload(browser, b"%PDF", "../../etc/x.pdf")
    assert (unusable.status_code, "x.pdf is neither" in text_of(unusable)) == (422, True)
    (draft,) = world.rows(ImportDraft)
    assert (draft.name, "PDF" in draft.content) == ("x.pdf", False)
    world.clock.move(minutes=61)
    assert browser.get("/import/plan").status_code == 404
