"""The pages: what they show, what their forms do, and that they carry nothing that a browser would run."""

import re
from html.parser import HTMLParser

import pytest

from app.actor import Grant
from app.identity.principals import add_principal, machine_actor
from app.identity.setting_changes import propose_setting
from app.store.engine import unit_of_work
from app.store.models import ManualTask, Verdict
from app.store.models import Tenant as TenantRow
from tests.integration.api.actions import INVOICE, task, waiting
from tests.integration.api.conftest import Api
from tests.integration.web.conftest import Browser, text_of
from tests.integration.world import World
from tools.actions import SendCustomerMessage
from tools.records import Contact, Invoice, Project

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> \u202egnihton\u202c {{7*7}}"


def some(browser: Browser) -> str:
    """The address of a pending review."""
    (row,) = waiting(Api(browser.world, browser.client, None))[1]  # type: ignore[arg-type]
    return f"/reviews/{row.id}"


def test_the_queue_says_what_waits(browser: Browser) -> None:
    browser.sign_in("finn")
    assert "Nothing waits for a person" in text_of(browser.get("/queue"))
    path = some(browser)
    page = browser.get("/queue")
    assert f'href="{path}"' in page.text
    assert "Write off EUR 1,100.00 of the invoice" in text_of(page)
    assert "Nothing fits" in text_of(browser.get("/queue", tool="create_task"))
    assert f'href="{path}"' in browser.get("/queue", tool="write_off", mine="1").text


def test_a_review_is_approved_and_runs_once(browser: Browser) -> None:
    browser.sign_in("finn")
    path = some(browser)
    answer = browser.send(browser.form(path, path), verdict="approve", comment="fine with me")
    assert answer.status_code == 200
    assert "Your approval is on the record" in text_of(answer)
    browser.world.run()
    assert browser.world.get(Invoice, INVOICE).written_off_minor == 110_000
    assert [entry["count"] for entry in browser.world.ledger()] == [1]
    (said,) = browser.world.rows(Verdict)
    assert said.surface == "web"
    assert said.shown_at is not None
    assert said.shown_at <= said.at
    assert "fine with me" in text_of(browser.get(path))


def test_a_rejection_needs_a_reason(browser: Browser) -> None:
    browser.sign_in("finn")
    path = some(browser)
    form = browser.form(path, path)
    assert "Say why" in text_of(browser.send(form, verdict="reject"))
    assert browser.world.rows(Verdict) == []
    browser.send(form, verdict="reject", comment="not agreed")
    assert browser.world.reviews(status="rejected")


def test_an_edit_goes_to_another_person(browser: Browser, another: Browser) -> None:
    browser.sign_in("finn")
    path = some(browser)
    form = browser.form(path, path, 1)
    assert form.fields["amount.amount_minor"] == "1100.00"
    page = browser.send(form, verdict="edit", **{"amount.amount_minor": "900"})
    assert "Another person now decides" in text_of(page)
    assert "<del>EUR 1,100.00</del>" in page.text
    refused = browser.send(browser.form(path, path), verdict="approve")
    assert refused.status_code == 403
    another.sign_in("fred")
    another.send(another.form(path, path), verdict="approve")
    browser.world.run()
    assert browser.world.get(Invoice, INVOICE).written_off_minor == 90_000


def test_a_bad_edit_is_said_beside_its_field_and_kept(browser: Browser) -> None:
    browser.sign_in("finn")
    path = some(browser)
    page = browser.send(browser.form(path, path, 1), verdict="edit", **{"amount.amount_minor": "plenty"})
    assert page.status_code == 422
    assert 'value="plenty"' in page.text
    assert "must be an amount like 1200.00" in text_of(page)
    page = browser.send(browser.form(path, path, 1), verdict="edit", **{"amount.amount_minor": "-5"})
    assert page.status_code == 422
    assert browser.world.rows(Verdict) == []


def test_what_changed_since_it_was_shown_is_not_approved(browser: Browser, another: Browser) -> None:
    browser.sign_in("finn")
    path = some(browser)
    seen = browser.form(path, path)
    another.sign_in("fred")
    another.send(another.form(path, path, 1), verdict="edit", **{"amount.amount_minor": "500.00"})
    page = browser.send(seen, verdict="approve")
    assert page.status_code == 409
    assert "look at it again" in text_of(page)
    assert "EUR 500.00" in text_of(page)
    browser.world.run()
    assert browser.world.ledger() == []


@pytest.mark.parametrize("field", ["csrf", "shown_at", "args_digest"])
def test_a_form_that_was_tampered_with_does_nothing(browser: Browser, field: str) -> None:
    browser.sign_in("finn")
    path = some(browser)
    form = browser.form(path, path)
    for value in ("", "x", form.fields[field][:-1] + "0"):
        if value != form.fields[field]:
            assert browser.send(form, verdict="approve", **{field: value}).status_code in (403, 409, 422)
    assert browser.world.rows(Verdict) == []


def test_another_sessions_form_does_nothing(browser: Browser, another: Browser) -> None:
    path = some(browser)
    theirs = another.sign_in("fred").form(path, path)
    browser.sign_in("finn")
    assert browser.send(theirs, verdict="approve").status_code == 403
    assert browser.world.rows(Verdict) == []


def test_another_firms_review_is_not_there(browser: Browser) -> None:
    """404, not 403: nobody learns that there is one."""
    path = some(browser)
    case = browser.world.reviews()[0].case_id
    browser.sign_in("finn", tenant="borealis")
    csrf = browser.form("/queue", "/sign-out").fields["csrf"]
    for each in (path, f"/cases/{case}", f"/batch?review={path.rpartition('/')[2]}"):
        page = browser.get(each)
        assert (page.status_code, "Write off" in page.text) == (404, False), each
    assert browser.client.post(path, data={"csrf": csrf, "verdict": "approve"}).status_code == 404
    assert browser.world.rows(Verdict) == []


@pytest.mark.parametrize("verdict", ["approve", "reject", "respond"])
def test_an_oversized_comment_is_refused_and_kept(browser: Browser, verdict: str) -> None:
    browser.sign_in("finn")
    path = some(browser)
    form = browser.form(path, path)
    page = browser.send(form, verdict=verdict, comment="word " * 4_000)
    assert page.status_code == 422
    assert "word word" in page.text
    assert browser.send(form, verdict=verdict, comment="x" * 2_000_000).status_code == 413
    assert browser.world.rows(Verdict) == []


@pytest.mark.sqlite("where a table that is gone reads as an outage")
def test_what_is_not_there_or_breaks_is_a_page_for_people_and_a_problem_for_programs(browser: Browser) -> None:
    people, programs = {"Accept": "text/html,*/*"}, {"Accept": "*/*"}
    browser.sign_in("finn")
    page = browser.client.get("/nowhere/<b>", headers=people)
    assert (page.status_code, "<h1>There is no such thing here</h1>" in page.text, "<b>" in page.text) == (
        404,
        True,
        False,
    ), page.text
    assert browser.client.get("/nowhere", headers=programs).json()["code"] == "not_found"
    assert browser.client.get("/v1/nowhere", headers=people).json()["code"] == "not_found"
    with browser.world.ctx.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE web_session RENAME TO gone")
    page = browser.client.get("/queue", headers=people)
    assert (page.status_code, "try again later" in text_of(page), "web_session" in page.text) == (503, True, False)


def test_two_tabs_of_one_person(browser: Browser) -> None:
    """The first counts; the other learns so, and what changed in one is not approved in the other."""
    browser.sign_in("finn")
    path = some(browser)
    first, second = browser.form(path, path), browser.form(path, path)
    browser.send(first, verdict="reject", comment="not agreed")
    page = browser.send(second, verdict="approve")
    assert (page.status_code, "decided already" in text_of(page)) == (409, True)
    assert [row.verdict for row in browser.world.rows(Verdict)] == ["reject"]


def _hostile(world: World) -> str:
    """A case whose every text is hostile, with a message to a customer that repeats it."""
    project = world.all(Project)[0]
    contact = next(
        each for each in world.all(Contact, customer_id=project.customer_id)
        if not each.authors.get("*", "").startswith("mail/")
    )  # fmt: skip
    plain = HOSTILE.replace("\u202e", "").replace("\u202c", "")  # an action takes no disguised text
    letter = SendCustomerMessage(customer_id=project.customer_id, recipient=contact.email, subject=plain, body=plain)
    data = {"project_id": project.id, "text": HOSTILE, "requested_by": HOSTILE}
    case = world.case_of("psa.change_request.submitted", data, letter)
    (row,) = world.reviews(case)
    return row.id


def _runs(text: str) -> list[str]:
    """What of a page a browser would run or style by itself."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(name for name, value in attrs if name.startswith("on") or name == "style")
            found.extend(str(value) for _, value in attrs if str(value).lower().lstrip().startswith("javascript:"))
            ours = dict(attrs).get("src", "") or ""
            if tag != "script" or not ours.startswith("/static/countersign.js?"):
                found.extend([tag] if tag in ("script", "iframe", "object", "embed", "base") else [])

    Reader().feed(text)
    return found


def test_nothing_that_anybody_wrote_runs_in_a_browser(browser: Browser) -> None:
    add_principal(
        browser.world.ctx, machine_actor("acme"), name="<b>Lou", kind="person",
        roles=[Grant("delivery_lead"), Grant("compliance")],
    )  # fmt: skip
    review_id = _hostile(browser.world)
    browser.sign_in("<b>Lou")
    path = f"/reviews/{review_id}"
    browser.send(browser.form(path, path), verdict="respond", comment=HOSTILE)
    case_id = browser.world.review(review_id).case_id
    for address in ("/queue", path, "/cases", f"/cases/{case_id}", "/log", "/rules", "/tasks", "/executions"):
        page = browser.get(address)
        assert page.status_code == 200, address
        assert page.text.count("<script") == page.text.count('<script type="module" src="/static/') == 1, address
        assert "<img src=x" not in page.text, address
        assert "<b>Lou" not in page.text, address
        assert "\u202e" not in page.text, address
        assert _runs(page.text) == [], address
    assert "⟦U+202E⟧gnihton" in browser.get(path).text
    assert "{{7*7}}" in browser.get(path).text
    assert "Written by the customer" in text_of(browser.get(path))


def test_pages_are_for_those_who_may(browser: Browser) -> None:
    browser.sign_in("finn")
    assert browser.get("/log").status_code == 403
    assert "/log" not in browser.get("/queue").text
    assert browser.get("/reviews/rev_nothing").status_code == 404
    assert browser.get("/cases/cas_nothing").status_code == 404
    assert browser.get("/queue", cursor="abc").status_code == 422


def test_nothing_of_another_firm_is_shown(browser: Browser) -> None:
    path = some(browser)
    case_id = browser.world.reviews()[0].case_id
    browser.sign_in("finn", "borealis")
    assert "Nothing waits" in text_of(browser.get("/queue"))
    assert browser.get(path).status_code == 404
    assert browser.get(f"/cases/{case_id}").status_code == 404


def test_what_was_left_alone_has_its_list(browser: Browser) -> None:
    browser.world.case_of("erp.invoice.drafted", {"invoice_id": INVOICE})
    browser.sign_in("finn")
    assert "Seen, and nothing proposed" in text_of(browser.get("/cases", nothing="1"))


def test_a_case_is_dismissed(browser: Browser) -> None:
    some(browser)
    browser.sign_in("finn")
    case_id = browser.world.reviews()[0].case_id
    browser.send(browser.form(f"/cases/{case_id}", f"/cases/{case_id}/corrections", -1), comment="not a request")
    assert browser.world.reviews() == []


def test_what_was_seen_and_left_alone_says_why(browser: Browser) -> None:
    world = browser.world
    kept = world.case_of("erp.invoice.drafted", {"invoice_id": INVOICE}, task())
    left = world.case_of("erp.invoice.drafted", {"invoice_id": "inv-063"})
    assert left.because is not None
    browser.sign_in("finn")
    page = browser.get("/cases", nothing="1")
    assert "Seen, and nothing proposed" in text_of(page)
    assert left.because in text_of(page).replace("&#39;", "'")
    assert f"/cases/{left.id}" in page.text
    assert f"/cases/{kept.id}" not in page.text


def test_an_effect_is_taken_back(browser: Browser, another: Browser) -> None:
    browser.sign_in("finn")
    path = some(browser)
    browser.send(browser.form(path, path), verdict="approve")
    browser.world.run()
    (execution,) = browser.world.ledger()
    address = re.findall(r'href="(/executions/exe_\w+)"', browser.get("/executions").text)[0]
    page = browser.send(browser.form(address, f"{address}/undo"))
    assert page.status_code == 200
    if page.url.path.startswith("/reviews/"):
        another.sign_in("fred")
        another.send(another.form(page.url.path, page.url.path), verdict="approve")
    browser.world.run()
    assert browser.world.get(Invoice, INVOICE).written_off_minor == 0
    assert execution["count"] == 1


def test_a_task_by_hand_is_closed_with_evidence(browser: Browser) -> None:
    ctx = browser.world.ctx
    with unit_of_work(ctx.engine) as session:
        firm = session.get_one(TenantRow, "acme")
        firm.connectors = {name: to for name, to in firm.connectors.items() if name != "write_off"}
        session.add(firm)
    browser.sign_in("finn")
    path = some(browser)
    browser.send(browser.form(path, path), verdict="approve")
    browser.world.run()
    (row,) = browser.world.rows(ManualTask)
    browser.send(browser.form("/tasks", f"/tasks/{row.id}"), done="yes", evidence="booked as 2026-77")
    assert browser.world.one(ManualTask, id=row.id).status == "done"
    assert browser.world.ledger() == []


def test_the_log_is_searched_and_verified(browser: Browser) -> None:
    some(browser)
    browser.sign_in("carl")
    assert "It came in" in text_of(browser.get("/log"))
    decisions = text_of(browser.get("/log", kind="decision.made"))
    assert "Policy: “Write off part of an invoice” waits for people" in decisions
    assert "It came in" not in decisions
    exported = browser.get("/log/export")
    assert exported.headers["content-disposition"] == 'attachment; filename="countersign-acme.jsonl"'
    assert len(exported.text.splitlines()) > browser.world.entries()[-1].seq
    page = browser.send(browser.form("/log", "/log/verify"))
    assert "The log holds" in text_of(page)


def test_rules_are_listed_and_a_setting_confirmed(browser: Browser) -> None:
    world = browser.world
    propose_setting(world.ctx, world.actor("ada"), "mode", "observe")
    browser.sign_in("alan")
    page = browser.get("/rules")
    assert "Money never moves on a customer’s word alone" in text_of(page).replace("&#39;", "’")
    change = re.findall(r'action="(/rules/changes/chg_\w+)"', page.text)[0]
    browser.send(browser.form("/rules", change), decision="confirm")
    assert "observe" in text_of(browser.get("/rules"))


def test_times_are_the_firms(browser: Browser) -> None:
    with unit_of_work(browser.world.ctx.engine) as session:
        firm = session.get_one(TenantRow, "acme")
        firm.time_zone = "Asia/Tokyo"
        session.add(firm)
    browser.world.case_of("erp.invoice.drafted", {"invoice_id": INVOICE}, task())
    browser.sign_in("finn")
    page = text_of(browser.get("/cases"))
    assert "2 Mar 2026, 18:00" in page
    assert "Times in Asia/Tokyo" in page
