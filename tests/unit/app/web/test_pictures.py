import xml.etree.ElementTree as ET
from typing import cast

from app.views.labels import Labels
from app.web.change_picture import change_picture
from app.web.change_rows import change_shown
from app.web.load_picture import load_picture
from tests.unit.tools.pricing.small_change import ASKED, MONDAY, books, day, milestone
from tools.pricing.price import price
from tools.proposals import WeekLoads

HOSTILE = '"><script>alert(1)</script>\u202eX'
SVG = "{http://www.w3.org/2000/svg}"


class Called:
    def called(self, kind: str, ident: str) -> str:
        return HOSTILE

    def name(self, kind: str, ident: str) -> str:
        return f"{HOSTILE} ({ident})"


LABELS = cast(Labels, Called())


def test_a_change_is_drawn_with_its_numbers_and_nothing_in_it_runs() -> None:
    change = price(books(milestones=[milestone("one", day(11))]), ASKED)
    drawn = change_picture(change, LABELS)
    titles = [one.text or "" for one in ET.fromstring(drawn).iter(f"{SVG}title")]
    assert "the change: done on 2026-03-05" in titles
    assert any("from 2026-03-13 to 2026-03-19" in one for one in titles)
    assert any("from 2026-03-13 to 2026-03-20" in one for one in titles)
    assert "<script" not in drawn
    assert "\u202e" not in drawn


def test_the_numbers_under_it_are_those_of_the_plan() -> None:
    shown = change_shown(price(books(), ASKED), LABELS)
    standing = {row["name"]: (row["before"], row["after"], row["difference"]) for row in shown["standing"]}
    assert standing["Project done"] == ("24 Jul 2026", "29 Jul 2026", "+5 days")
    assert standing["Work left"] == ("500 h", "516 h", "+16 h")
    assert standing["Margin"] == ("EUR 35,000.00", "EUR 36,120.00", "EUR 1,120.00")
    assert "its error is not known" in shown["forecast"]


def test_weeks_are_drawn_with_and_without_the_booking() -> None:
    drawn = load_picture(WeekLoads(person_id="ann", first_on=MONDAY, before=[60, 60], after=[110, 60]), HOSTILE)
    bars = {one.get("class"): one for one in ET.fromstring(drawn).iter(f"{SVG}rect")}
    assert bars.keys() == {"over", "planned", "change"}
    assert "<script" not in drawn
