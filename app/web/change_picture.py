"""The picture of a priced change: the days of every way to do it beside each other, and what else moves."""

from collections.abc import Iterator
from datetime import date, timedelta

import svg
from markupsafe import Markup

from app.views.labels import Labels
from app.web.drawing import bar, drawn, line, months, text
from tools.pricing.priced import Course, Moved, PricedChange
from tools.values import RecordKey

_WIDE, _LEFT, _RIGHT, _ROW, _TOP = 720, 262, 20, 26, 22
_LONGEST, _APART = 42, 34


def change_picture(change: PricedChange, labels: Labels) -> Markup:
    course = change.proposed
    moved = [*course.milestones, *course.others, *(one for other in change.courses[1:] for one in other.others)]
    days = [change.before.finish_on, *(each for one in change.courses for each in (one.done_on, one.finish_on))]
    days += [one.after_on for one in moved] + ([change.wanted_on] if change.wanted_on else [])
    scale = _Scale(change.today, max(days) + timedelta(days=1))
    rows = 1 + len(change.courses) + len(moved)
    high = _TOP + rows * _ROW + 18
    parts: list[svg.Element] = [*scale.axis(high - 18)]
    parts += scale.row(0, "The project as it is planned", change.before.finish_on, None, "as planned")
    for number, one in enumerate(change.courses, 1):
        parts += _course(scale, number, one, proposed=number == 1)
    for number, each in enumerate(moved, 1 + len(change.courses)):
        parts += _moved(scale, number, each, labels)
    if change.wanted_on is not None:
        parts.append(line(scale.at(change.wanted_on), _TOP - 6, scale.at(change.wanted_on), high - 18, "wanted"))
        parts.append(text(scale.at(change.wanted_on), _TOP - 10, "asked for", "middle"))
    said = f"The change is done on {course.done_on}, the project on {course.finish_on} instead of"
    return drawn(_WIDE, high, parts, f"{said} {change.before.finish_on}")


class _Scale:
    """Days from left to right."""

    def __init__(self, first: date, last: date) -> None:
        self._first, self._last = first, last
        self._each = (_WIDE - _LEFT - _RIGHT) / max(1, (last - first).days)

    def at(self, day: date) -> float:
        return _LEFT + max(0, (day - self._first).days) * self._each

    def axis(self, bottom: float) -> Iterator[svg.Element]:
        marks = (one for one in months(self._first, self._last) if self.at(one) - _LEFT >= _APART)
        for day in (self._first, *marks):
            yield line(self.at(day), _TOP, self.at(day), bottom, "grid")
            label = f"{day.day} {day:%b}" if day.day != 1 else f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"
            yield text(self.at(day), bottom + 13, label, "middle")

    def row(self, number: int, called: str, finish: date, done: date | None, told: str) -> Iterator[svg.Element]:
        """The project to its finish, and in it the change to its own end."""
        y = _TOP + number * _ROW
        yield text(_LEFT - 8, y + 16, _short(called), "end")
        start = self.at(self._first)
        yield bar(start, y + 5, self.at(finish) - start, 14, "planned", f"{told}: done on {finish}")
        if done is not None:
            yield bar(start, y + 9, self.at(done) - start, 6, "change", f"the change: done on {done}")


def _course(scale: _Scale, number: int, one: Course, *, proposed: bool) -> Iterator[svg.Element]:
    if proposed:
        yield bar(4, _TOP + number * _ROW + 1, _WIDE - 8, _ROW - 2, "proposed", "proposed")
    yield from scale.row(number, one.title, one.finish_on, one.done_on, one.title)


def _moved(scale: _Scale, number: int, one: Moved, labels: Labels) -> Iterator[svg.Element]:
    """From the day that something had to the one it gets."""
    y, key = _TOP + number * _ROW, RecordKey.parse(one.record)
    called = labels.called(key.kind, key.id)
    yield text(_LEFT - 8, y + 16, _short(called), "end")
    before, after = scale.at(one.before_on), scale.at(one.after_on)
    yield bar(before, y + 9, after - before, 6, "moved", f"{called}: from {one.before_on} to {one.after_on}")


def _short(called: str) -> str:
    return called if len(called) <= _LONGEST else called[: _LONGEST - 1] + "…"
