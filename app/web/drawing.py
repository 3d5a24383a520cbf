"""Drawing: what the pictures of the pages have in common. Colours are the page's own, by class."""

from collections.abc import Iterable, Iterator
from datetime import date
from html import escape

import svg
from markupsafe import Markup

from app.views.words import visible


def text(x: float, y: float, said: str, anchor: str = "start", class_: str = "label") -> svg.Text:
    # The library writes what it is given: whatever is not ours is escaped before.
    return svg.Text(
        x=round(x, 1), y=round(y, 1), text=escape(visible(said)), class_=[class_], text_anchor=anchor  # type: ignore[arg-type]
    )  # fmt: skip


def bar(x: float, y: float, width: float, height: float, class_: str, told: str) -> svg.Rect:
    """A bar at least a stroke wide; `told` is read out and shown under the pointer."""
    return svg.Rect(
        x=round(x, 1), y=round(y, 1), width=round(max(width, 1.5), 1), height=round(height, 1), rx=1.5,
        class_=[class_], elements=[svg.Title(text=escape(visible(told)))],
    )  # fmt: skip


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> svg.Line:
    return svg.Line(x1=round(x1, 1), y1=round(y1, 1), x2=round(x2, 1), y2=round(y2, 1), class_=[class_])


def drawn(width: float, height: float, parts: Iterable[svg.Element], said: str) -> Markup:
    """The whole picture, as wide as there is room for; `said` is its name for who does not see it."""
    made = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, round(width), round(height)), class_=["picture"], elements=list(parts),
        extra={"role": "img", "aria-label": escape(visible(said), quote=True)},
    )  # fmt: skip
    return Markup(made.as_str())  # noqa: S704 - every text in it was escaped


def months(first: date, last: date, most: int = 8) -> Iterator[date]:
    """Firsts of months between two days, of many every second, third and so on."""
    found = []
    year, month = first.year, first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        if (day := date(year, month, 1)) > last:
            break
        found.append(day)
    yield from found[:: max(1, -(-len(found) // most))]
