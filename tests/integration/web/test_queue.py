"""The queue's order, its views and its search; what reviews say of earlier actions and of precedents; policies."""

import re

from tests.integration.api.actions import INVOICE
from tests.integration.web.conftest import Browser, Forms, text_of
from tests.integration.workflow.scenes import agree, drafted, money, pending, task, write_off
from tests.integration.workflow.test_bundle import bundle

OTHER = "inv-063"


def rows_of(page: object) -> list[str]:
    return re.findall(r'data-review="(rev_\w+)"', page.text)  # type: ignore[attr-defined]


def test_what_waits_of_a_case_stands_together(browser: Browser) -> None:
    world = browser.world
    case, _ = bundle(world)
    drafted(world, write_off(1_000), invoice=INVOICE)
    of_case = {row.id for row in world.reviews(case) if row.status == "pending"}
    assert len(of_case) > 1
    found = rows_of(browser.sign_in("hal").get("/queue"))
    places = [place for place, ident in enumerate(found) if ident in of_case]
    assert places == list(range(min(places), min(places) + len(of_case)))


def test_pages_show_every_review_once(browser: Browser) -> None:
    world = browser.world
    bundle(world)
    for amount, invoice in ((1_000, INVOICE), (2_000, OTHER)):
        drafted(world, write_off(amount, invoice), invoice=invoice)
    browser.sign_in("hal")
    found: list[str] = []
    page = browser.get("/queue", limit="2")
    for _ in range(20):
        found += rows_of(page)
        cursor = re.search(r'cursor=([\w-]+)[^"]*" rel="next"', page.text)
        if cursor is None:
            break
        page = browser.get("/queue", limit="2", cursor=cursor[1])
    assert sorted(found) == sorted(row.id for row in world.reviews(status="pending"))


def test_views_and_search(browser: Browser) -> None:
    world = browser.world
    first, second = money(world), pending(world, task("Look into the strange heating"))
    browser.sign_in("finn")
    assert set(rows_of(browser.get("/queue"))) == {first.id, second.id}
    assert rows_of(browser.get("/queue", role="resource_manager")) == [second.id]
    assert rows_of(browser.get("/queue", q="STRANGE heating")) == [second.id]
    assert rows_of(browser.get("/queue", q=INVOICE)) == [first.id]
    assert rows_of(browser.get("/queue", q=first.case_id)) == [first.id]
    assert "Nothing fits" in text_of(browser.get("/queue", q="zebra"))
    assert rows_of(browser.get("/queue", overdue="1")) == []
    world.clock.move_to(max(first.due_at, second.due_at))
    world.clock.move(minutes=1)
    browser.sign_in("finn")
    assert set(rows_of(browser.get("/queue", overdue="1"))) == {first.id, second.id}
    assert browser.get("/queue", order="whim").status_code == 422


def test_a_view_is_kept_under_a_name_for_oneself(browser: Browser, another: Browser) -> None:
    world = browser.world
    row = money(world)
    pending(world)
    browser.sign_in("finn")
    asked_for = "/queue?tool=write_off&mine=1"
    form = next(
        each for each in Forms(browser.get(asked_for).text).forms
        if each.action == "/queue/views" and "query" in each.fields
    )  # fmt: skip
    kept = browser.send(form, name=" my  <b>money ")
    assert rows_of(kept) == [row.id]
    assert (kept.url.path, "my <b>money" in kept.text, "my &lt;b&gt;money" in kept.text) == ("/queue", False, True)
    assert 'href="/queue?tool=write_off&amp;mine=1"' in browser.get("/queue").text
    assert "my &lt;b&gt;money" not in another.sign_in("fred").get("/queue").text
    browser.send(browser.form(kept.url.path + "?" + kept.url.query.decode(), "/queue/views"))
    assert "my &lt;b&gt;money" not in browser.get("/queue").text
    for name in ("", "x" * 41, "a\u202eb"):
        assert browser.send(form, name=name).status_code == 422
    odd = browser.send(form, name="odd", query="tool=write_off&next=https://evil.example&cursor=x")
    assert str(odd.url.query.decode()) == "tool=write_off"
    assert browser.send(form, name="long", query="q=" + "x" * 600).status_code == 422
    for number in range(30):
        answer = browser.send(form, name=f"view {number}")
    assert (answer.status_code, "one more than 20" in text_of(answer)) == (422, True)


def test_the_export_is_of_the_view(browser: Browser) -> None:
    world = browser.world
    row = money(world)
    pending(world)
    browser.sign_in("finn")
    (href,) = re.findall(r'href="(/exports/reviews.csv[^"]*)"', browser.get("/queue", tool="write_off").text)
    lines = browser.get(href.replace("&amp;", "&")).text.splitlines()
    assert (len(lines), row.id in lines[1]) == (2, True)
    assert "/exports/reviews.csv" not in browser.get("/queue", q="write").text
    assert browser.get("/exports/reviews.csv", q="write").status_code == 422
    assert 'href="/exports/cases.csv?status=waiting"' in browser.get("/cases", status="waiting").text


def test_the_highest_risk_is_on_top_with_its_reasons(browser: Browser) -> None:
    world = browser.world
    rows = [money(world), pending(world)]
    riskiest = max(rows, key=lambda row: (row.risk_score, row.id))
    page = browser.sign_in("finn").get("/queue")
    assert f'Highest risk: </strong> <a href="/reviews/{riskiest.id}"'.replace(" </strong>", "</strong>") in page.text
    assert world.decision(riskiest).reasons[0] in text_of(page).replace("&#39;", "'")


def test_an_earlier_action_is_called_by_what_it_makes(browser: Browser) -> None:
    """Before it ran by the name it will give, afterwards by the record's own."""
    world = browser.world
    case, _ = bundle(world)
    asked = next(row for row in world.reviews(case) if row.tool == "assign_person")
    (made,) = [row for row in world.proposals(case) if row.tool == "create_project"]
    name = world.args(made.id)["name"]
    browser.sign_in("hal")
    page = browser.get(f"/reviews/{asked.id}")
    assert f"to <b>{name}</b> as" in page.text
    assert "which an earlier action is to make: create a project" in text_of(page)
    shown = re.sub(r"<textarea.*?</textarea>", "", page.text, flags=re.DOTALL)
    assert "prp_" not in re.sub(r'(href|action|value|title)="[^"]*"', "", shown)


def test_precedents_are_counted(browser: Browser) -> None:
    world = browser.world
    done = money(world)
    agree(world, done)
    world.run()
    (row,) = world.reviews(drafted(world, write_off(1_000, OTHER), invoice=OTHER))
    browser.sign_in("fred")
    assert "1 like this: 1 approved unedited" in text_of(browser.get(f"/reviews/{row.id}"))


def test_policies_say_what_they_did_and_a_change_is_tried(browser: Browser) -> None:
    world = browser.world
    money(world)
    browser.sign_in("carl")
    page = browser.get("/rules")
    for reason in world.decision(world.reviews()[0]).rules:
        assert f'id="{reason}"' in page.text, reason
    assert "1 went to people" in text_of(page)
    form = browser.form("/rules", "/rules/simulate")
    assert "would come out differently" in text_of(browser.send(form))
    refused = browser.send(form, text="- id: nonsense")
    assert refused.status_code == 422
    assert "- id: nonsense" in refused.text
    browser.sign_in("finn")
    assert "/rules/simulate" not in browser.get("/rules").text
    assert browser.client.post("/rules/simulate", data={}).status_code == 403


def test_a_correction_that_is_refused_says_so_on_the_page(browser: Browser) -> None:
    world = browser.world
    case_id = money(world).case_id
    browser.sign_in("finn")
    path = f"/cases/{case_id}/corrections"
    forms = [browser.form(f"/cases/{case_id}", path, number) for number in range(3)]
    (form,) = [each for each in forms if each.fields["kind"] == "merge"]
    answer = browser.send(form, into=case_id)
    assert answer.status_code == 409
    assert "cannot be merged into itself" in text_of(answer)
