"""The picture of somebody's weeks: how much is booked without and with what is proposed."""

from collections.abc import Iterator
from datetime import timedelta

import svg
from markupsafe import Markup

from app.web.drawing import bar, drawn, line, text
from tools.proposals import WeekLoads

_WIDE, _HIGH, _LEFT, _TOP, _FULL = 720, 120, 46, 12, 100
_LONGEST_DAY = 42
_MOST = 130
"""Percent at the top."""


def load_picture(loads: WeekLoads, called: str) -> Markup:
    count = max(1, len(loads.after))
    each = (_WIDE - _LEFT - 10) / count
    parts: list[svg.Element] = [*_lines()]
    for week, (before, after) in enumerate(zip(loads.before, loads.after, strict=True)):
        monday = loads.first_on + timedelta(weeks=week)
        x, told = _LEFT + week * each + 1, f"week of {monday}: {before} % booked, {after} % with this"
        top = _y(max(before, after))
        parts.append(bar(x, top, each - 2, _TOP + _HIGH - top, "over" if after > _FULL else "change", told))
        parts.append(bar(x, _y(before), each - 2, _TOP + _HIGH - _y(before), "planned", told))
        if week % max(1, count // 10) == 0 and x < _WIDE - _LONGEST_DAY:
            parts.append(text(x, _TOP + _HIGH + 14, f"{monday.day} {monday:%b}"))
    fullest = max(loads.after, default=0)
    return drawn(_WIDE, _TOP + _HIGH + 20, parts, f"Weeks of {called}: up to {fullest} % booked with this")


def _lines() -> Iterator[svg.Element]:
    for percent in (0, 50, _FULL):
        yield line(_LEFT, _y(percent), _WIDE - 10, _y(percent), "wanted" if percent == _FULL else "grid")
        yield text(_LEFT - 6, _y(percent) + 4, f"{percent} %", "end")


def _y(percent: int) -> float:
    return _TOP + _HIGH * (1 - min(percent, _MOST) / _MOST)
