"""What goes out as CSV: no cell is a formula, nobody gets what they do not see, and each export is on record."""

import csv
import io
from typing import Any

from tests.integration.web.conftest import Browser
from tests.integration.web.test_first_run import newcomer
from tests.integration.web.test_imports import upload
from tests.integration.workflow.scenes import task

EVIL = "=HYPERLINK(A1)"


def rows(page: Any) -> list[list[str]]:
    assert page.status_code == 200, page.text
    assert page.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(page.content.decode("utf-8-sig"), newline="")))


def test_queue_cases_and_log(browser: Browser) -> None:
    world = browser.world
    world.set("mode", "propose")
    case = world.case_of("psa.change_request.submitted", {"project_id": "prj-01", "text": EVIL}, task(title=EVIL))
    browser.sign_in("hal")
    (_, queued) = rows(browser.get("/exports/reviews.csv"))
    assert queued[1] == case.id
    assert rows(browser.get("/exports/cases.csv"))[1][0] == case.id
    assert browser.get("/exports/log.csv").status_code == 403
    browser.client.cookies.clear()
    browser.sign_in("abel")
    logged = rows(browser.get("/exports/log.csv"))
    assert [line[2] for line in logged].count("export.made") >= 2
    for page in ("reviews", "cases", "log"):
        cells = [cell for line in rows(browser.get(f"/exports/{page}.csv")) for cell in line]
        assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def test_own_records_come_out_as_they_go_in(browser: Browser) -> None:
    newcomer(browser)
    upload(browser, b"id,name,tier\ncus-1,'=evil(),key\n")
    browser.send(browser.form("/import/plan", "/import/apply"))
    page = browser.get("/exports/records/customers.csv")
    heading, line = rows(page)
    assert dict(zip(heading, line, strict=True))["name"] == "'=evil()"
    assert "All of it is there already" in upload(browser, page.content).text
    assert browser.get("/exports/records/emperors.csv").status_code == 404
