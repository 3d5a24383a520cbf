import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from evals.comparison import compare
from evals.harness import Result
from evals.prepared import Row
from evals.report.page import render
from evals.runs import Earlier
from tests.unit.evals import toy

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVIL = "<script>alert('1')</script>\"&"


def result(answers: list[str], truths: list[str] = toy.TRUTHS, under: tuple[str, ...] = ()) -> Result:
    made = toy.prepared([answers])
    rows = [
        Row(f"row-{place}", truth, {"label": said})
        for place, (truth, said) in enumerate(zip(truths, answers, strict=True))
    ]
    said = [row.answer for row in rows]
    assert made.right is not None
    failed = [row for row in rows if not made.right(row.truth, row.answer)]
    return Result(
        "toy", 4, toy.figures(truths, said), 1.5, "f" * 64, None, "a" * 40, True, made.notes, under, rows=rows,
        failed=failed, shown=toy.shown(truths, said),
    )  # fmt: skip


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset", "action")
        ]


def parsed(page: str) -> _Links:
    links = _Links()
    links.feed(page)
    return links


def charts(page: str) -> list[Any]:
    return [ET.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def test_the_page_tells_figures_charts_and_what_failed() -> None:
    page = render([result(["a", "b", "b", "b"])], NOW, None)
    assert "0.750" in page
    assert "1 row not answered well" in page
    assert "row-2" in page
    assert "changed since" in page
    # A bar, a confusion matrix, calibration, error by coverage.
    assert len(charts(page)) == 4


def test_it_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    links = parsed(render([result(toy.RIGHT)], NOW, None))
    assert all(one.startswith("#") for one in links.found)
    assert links.tags.isdisjoint({"script", "link", "img", "iframe"})


def test_texts_of_data_are_escaped_in_table_and_charts() -> None:
    truths = [EVIL, "b", "a", "b"]
    page = render([result(["a", "b", "a", "b"], truths)], NOW, EVIL)
    assert "<script" not in page
    assert "script" not in parsed(page).tags
    assert any(EVIL in (text.text or "") for chart in charts(page) for text in chart.iter())


def test_a_missed_baseline_leads_the_page() -> None:
    assert "No figure misses its baseline" in render([result(toy.RIGHT)], NOW, None)
    page = render([result(toy.WRONG, under=("accuracy",))], NOW, None)
    assert "1 figure misses the baseline" in page
    assert "No figure misses" not in page


def test_differences_are_shown_with_their_intervals() -> None:
    now = result(toy.RIGHT)
    then = Earlier("toy", None, "embedded", [Row(row.name, row.truth, {"label": "b"}) for row in now.rows])
    page = render([replace(now, differences=compare(now.rows, then, toy.figures))], NOW, "yesterday")
    assert "Compared with yesterday" in page
    assert "+0.500" in page
    assert "the same rows" in page
