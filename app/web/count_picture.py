"""The picture of a few counts: one bar each, the widest the largest. The numbers stand under it as text."""

from collections.abc import Mapping

import svg
from markupsafe import Markup

from app.views.words import spoken
from app.web.drawing import bar, drawn, text

_WIDE, _LEFT, _ROW, _BAR = 420, 130, 22, 12
_ROOM_FOR_NUMBER = 50


def count_picture(counts: Mapping[str, int], called: str) -> Markup | None:
    """None where there is nothing to draw."""
    if not counts:
        return None
    largest, parts = max(1, *counts.values()), list[svg.Element]()
    for place, (name, count) in enumerate(counts.items()):
        y, width = place * _ROW + 4, (_WIDE - _LEFT - _ROOM_FOR_NUMBER) * count / largest
        parts.append(text(_LEFT - 8, y + 11, spoken(name), "end"))
        parts.append(bar(_LEFT, y, width, _BAR, "change", f"{spoken(name)}: {count}"))
        parts.append(text(_LEFT + max(width, 1.5) + 6, y + 11, f"{count:,}"))
    return drawn(_WIDE, len(counts) * _ROW + 6, parts, f"{called}: {sum(counts.values())}")
