"""From an empty firm to its first approval, as somebody new would go."""

import re

from app.actor import Grant
from app.identity.principals import add_principal, machine_actor
from app.identity.tenants import add_tenant
from app.store.models import SettingChange, Tenant
from tests.integration.web.conftest import Browser, text_of
from tests.unit.app.imports.firm import people, workbook

ROLES = ("admin", "delivery_lead", "head_of_delivery", "finance", "resource_manager")


def newcomer(browser: Browser) -> Browser:
    ctx = browser.world.ctx
    add_tenant(ctx, "fresh", "fresh")
    add_principal(ctx, machine_actor("fresh"), name="Nora", kind="person", roles=[Grant(role) for role in ROLES])
    return browser.sign_in("Nora", tenant="fresh")


def import_workbook(browser: Browser, raw: bytes) -> str:
    """Uploads it, looks at the plan, and imports it; what the last page says."""
    form = browser.form("/import", "/import")
    plan = browser.client.post("/import", data={"csrf": form.fields["csrf"]}, files={"file": ("Firma.xlsx", raw)})
    assert (plan.status_code, plan.url.path) == (200, "/import/plan")
    assert "person: 20 new" in text_of(plan).lower()
    return text_of(browser.send(browser.form("/import/plan", "/import/apply")))


def test_from_nothing_to_the_first_case_over_imported_records(browser: Browser) -> None:
    world = newcomer(browser).world
    page = browser.get("/setup")
    assert page.text.count(">open</span>") == 5
    early = browser.send(browser.form("/setup", "/setup/event"))
    assert (early.status_code, "no records yet" in text_of(early)) == (409, True)
    named = browser.send(browser.form("/setup", "/setup/firm"), name="Fresh & Co", time_zone="Europe/Berlin")
    assert "The firm has its name" in text_of(named)
    wrong = browser.send(browser.form("/setup", "/setup/firm"), time_zone="Mars")
    assert (wrong.status_code, "IANA" in wrong.text) == (422, True)
    assert "is imported" in import_workbook(browser, workbook(people(20)))
    sent = browser.send(browser.form("/setup", "/setup/event"))
    case = re.search(r"/cases/(cas_[0-9a-z]+)", sent.text)
    assert case is not None
    world.run()
    assert browser.get(f"/cases/{case[1]}").status_code == 200
    assert browser.get("/setup").text.count(">done</span>") == 3


def test_a_sandbox_is_for_a_firm_that_has_nothing(browser: Browser) -> None:
    world = newcomer(browser).world
    assert "connected" in text_of(browser.send(browser.form("/setup", "/setup/sandbox")))
    firm = next(row for row in world.rows(Tenant) if row.id == "fresh")
    assert firm.connectors["records"] == "sandbox"
    assert browser.send(browser.form("/setup", "/setup/event")).status_code == 200
    csrf = browser.form("/import", "/import").fields["csrf"]
    refused = browser.client.post("/import", data={"csrf": csrf}, files={"file": ("kunden.csv", b"name,tier\nA,key\n")})
    assert (refused.status_code, "lie in its system" in text_of(refused)) == (409, True)


def test_a_mode_is_proposed_and_waits_for_a_second_person(browser: Browser) -> None:
    world = newcomer(browser).world
    form = browser.form("/setup", "/setup/modes")
    assert "stay as they are" in text_of(browser.send(form))
    said = text_of(browser.send(form, **{"mode/psa.sow.approved": "auto"}))
    assert "another person confirms" in said
    (change,) = world.rows(SettingChange)
    assert (change.name, change.value, change.status) == ("mode/psa.sow.approved", "auto", "pending")
    again = browser.form("/setup", "/setup/modes")
    assert again.fields["mode/psa.sow.approved"] == "auto"
    browser.send(again)
    assert len(world.rows(SettingChange)) == 1


def test_only_admins_set_up(browser: Browser) -> None:
    browser.sign_in("finn")
    for path in ("/setup", "/import", "/import/plan", "/handover", "/exports/records/people.csv"):
        assert browser.get(path).status_code == 403, path
