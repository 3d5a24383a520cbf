"""Charts of the report as SVG: confusion matrices, calibration, error by coverage, figures with their intervals.

Colours are the page's own, by class, so that they follow light and dark; shades of a matrix are opacities of one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import svg

MOST_LABELS = 14
"""Of more labels those are drawn that are confused most; the others come together as one."""

_REST = "(others)"
_LEVELS = {"low": 1, "medium": 2, "high": 3}
_CELL, _BINS = 34, 10
_SIDE, _LEFT, _TOP = 230, 46, 14


def confusion(pairs: Sequence[tuple[str, str]]) -> str:
    """Rows are true labels, columns labels given; a cell's shade is its share of the row, its number the count."""
    labels, counts = _counted(pairs)
    across = max(len(one) for one in labels) * 6.4 + 14
    side = _CELL * len(labels)
    parts: list[svg.Element] = []
    for row, truth in enumerate(labels):
        total = sum(counts[truth, said] for said in labels)
        middle = across + row * _CELL + _CELL / 2
        parts.append(_text(across - 8, middle + 4, truth, "end"))
        parts.append(
            svg.Text(
                x=0, y=0, class_=["label"], text=escape(truth),
                transform=[svg.Translate(middle + 4, across - 8), svg.Rotate(-90)],
            )
        )  # fmt: skip
        for column, said in enumerate(labels):
            count = counts[truth, said]
            of_row = count / total if total else 0.0
            told = f"{count} of {total} {truth} read as {said}"
            parts.append(
                svg.Rect(
                    x=across + column * _CELL + 1, y=across + row * _CELL + 1, width=_CELL - 2, height=_CELL - 2, rx=2,
                    class_=["right" if truth == said else "wrong"], fill_opacity=round(0.06 + 0.94 * of_row, 3),
                    elements=[svg.Title(text=escape(told))],
                )
            )  # fmt: skip
            if count:
                shade = "on" if of_row > 0.5 else "off"
                where = across + column * _CELL + _CELL / 2, middle + 4
                parts.append(_text(*where, str(count), "middle", f"count {shade}"))
    return _drawn(
        across + side + 4, across + side + 4, parts, "Confusion matrix: true labels down, labels given across"
    )


def calibration(sure: Sequence[tuple[float, bool]]) -> str:
    """Of answers in each tenth of confidence the share that was right; a dot's size is their number."""
    confidence, right = np.array([one for one, _ in sure]), np.array([one for _, one in sure], bool)
    place = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    parts = _axes("confidence", "share right")
    parts.append(svg.Line(x1=_LEFT, y1=_TOP + _SIDE, x2=_LEFT + _SIDE, y2=_TOP, class_=["ideal"]))
    most = max(Counter(place.tolist()).values())
    for one in np.unique(place):
        inside = place == one
        at, share, n = float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum())
        told = f"{n} answers at {at:.2f}: {share:.2f} right"
        parts.append(
            svg.Circle(
                cx=round(_LEFT + at * _SIDE, 1), cy=round(_TOP + (1 - share) * _SIDE, 1),
                r=round(3 + 9 * float(np.sqrt(n / most)), 1), class_=["dot"],
                elements=[svg.Title(text=escape(told))],
            )
        )  # fmt: skip
    return _drawn(_LEFT + _SIDE + 16, _TOP + _SIDE + 40, parts, "Calibration: share right by confidence")


def coverage(sure: Sequence[tuple[float, bool]]) -> str:
    """The error among the surest answers, by which share of them is answered."""
    ordered = sorted(sure, key=lambda one: -one[0])
    wrong = np.cumsum([not right for _, right in ordered]) / np.arange(1, len(ordered) + 1)
    scale = min(1.0, max(0.1, float(np.ceil(wrong.max() * 10) / 10)))
    places = np.unique(np.linspace(0, len(ordered) - 1, 120).astype(int))
    points = [
        svg.Point(round(_LEFT + (at + 1) / len(ordered) * _SIDE, 1), round(_TOP + (1 - wrong[at] / scale) * _SIDE, 1))
        for at in places.tolist()
    ]
    line = svg.Polyline(points=points, class_=["curve"], fill="none")
    parts = [*_axes("share answered", "error", scale), line]
    return _drawn(_LEFT + _SIDE + 16, _TOP + _SIDE + 40, parts, "Error by coverage")


def whisker(value: float, low: float, high: float, top: float = 1.0) -> str:
    """A figure between 0 and `top` as a dot on its interval."""
    wide, middle = 120, 7.0
    at = [round(3 + min(1.0, max(0.0, one / top)) * (wide - 6), 1) for one in (low, value, high)]
    parts: list[svg.Element] = [
        svg.Line(x1=3, y1=middle, x2=wide - 3, y2=middle, class_=["rail"]),
        svg.Line(x1=at[0], y1=middle, x2=at[2], y2=middle, class_=["interval"]),
        svg.Circle(cx=at[1], cy=middle, r=3.5, class_=["dot"]),
    ]
    return _drawn(wide, 14, parts, f"{value:.3f}, {low:.3f} to {high:.3f}")


def _counted(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], Counter[tuple[str, str]]]:
    confused: Counter[str] = Counter()
    for truth, said in pairs:
        confused.update({truth: 1, said: 0} if truth == said else {truth: 1_000, said: 1_000})
    kept = {label for label, _ in confused.most_common(MOST_LABELS)}
    folded = [(_folded(truth, kept), _folded(said, kept)) for truth, said in pairs]
    there = {label for pair in folded for label in pair}
    ordered = sorted(there, key=lambda label: (label == _REST, _LEVELS.get(label, 0), label))
    return ordered, Counter(folded)


def _folded(label: str, kept: set[str]) -> str:
    return label if label in kept else _REST


def _axes(across: str, up: str, top: float = 1.0) -> list[svg.Element]:
    parts: list[svg.Element] = []
    for step in range(5):
        x, y = _LEFT + step / 4 * _SIDE, _TOP + (1 - step / 4) * _SIDE
        parts.append(svg.Line(x1=_LEFT, y1=y, x2=_LEFT + _SIDE, y2=y, class_=["grid"]))
        parts.append(_text(_LEFT - 6, y + 4, f"{step / 4 * top:.2g}", "end"))
        parts.append(_text(x, _TOP + _SIDE + 16, f"{step / 4:.2g}", "middle"))
    parts.append(_text(_LEFT + _SIDE / 2, _TOP + _SIDE + 34, across, "middle"))
    parts.append(
        svg.Text(
            x=0, y=0, class_=["label"], text=escape(up), text_anchor="middle",
            transform=[svg.Translate(11, _TOP + _SIDE / 2), svg.Rotate(-90)],
        )
    )  # fmt: skip
    return parts


def _text(x: float, y: float, said: str, anchor: str, class_: str = "label") -> svg.Text:
    return svg.Text(
        x=round(x, 1), y=round(y, 1), text=escape(said), class_=class_.split(), text_anchor=anchor  # type: ignore[arg-type]
    )  # fmt: skip


def _drawn(width: float, height: float, parts: Iterable[svg.Element], said: str) -> str:
    wide, high = round(width), round(height)
    # The library writes what it is given: whatever is not ours is escaped before.
    made = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, wide, high), width=wide, height=high, elements=list(parts),
        extra={"role": "img", "aria-label": escape(said, quote=True)},
    )  # fmt: skip
    return made.as_str()
