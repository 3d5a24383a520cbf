"""The numbers under a priced change's picture, as people read them."""

import re
from datetime import date
from typing import Any

from app.views.labels import Labels
from app.views.words import called, day, money
from app.web.change_picture import change_picture
from tools.pricing.priced import Course, Moved, PricedChange, Standing
from tools.values import RecordKey

_ABOUT = re.compile(r"(?P<kind>[a-z_]+)/(?P<ident>[\w-]+)#(?P<field>\w+): ")


def change_shown(change: PricedChange, labels: Labels) -> dict[str, Any]:
    """What the page's part on the change is made of."""
    return {
        "picture": change_picture(change, labels), "currency": change.currency, "terms": change.terms,
        "findings": [_finding(each, labels) for each in change.findings], "forecast": _forecast(change),
        "standing": _standing(change),
        "courses": [_course(one, labels) for one in change.courses],
    }  # fmt: skip


def _standing(change: PricedChange) -> list[dict[str, str]]:
    before, after = change.before, change.after
    days = (after.finish_on - before.finish_on).days
    rows = [
        ("Project done", _day(before.finish_on), _day(after.finish_on), f"{days:+d} days" if days else "none"),
        ("Work left", _hours(before), _hours(after), f"+{change.minutes / 60:g} h"),
    ]
    for name, field in (("It brings", "earned_minor"), ("It costs", "cost_minor"), ("Margin", "margin_minor")):
        one, two = getattr(before, field), getattr(after, field)
        known = one is not None and two is not None
        said = [money(each, change.currency) if known else "not on record" for each in (one, two)]
        rows.append((name, *said, money(two - one, change.currency) if known else ""))  # type: ignore[arg-type]
    return [{"name": one[0], "before": one[1], "after": one[2], "difference": one[3]} for one in rows]


def _hours(standing: Standing) -> str:
    return f"{standing.minutes / 60:g} h"


def _course(one: Course, labels: Labels) -> dict[str, Any]:
    who = ", ".join(f"{labels.called('person', each.person_id)} {each.minutes / 60:.1f} h" for each in one.who)
    moves = ", ".join(_moved(each, labels) for each in (*one.milestones, *one.others))
    dates = {"done_on": _day(one.done_on), "finish_on": _day(one.finish_on)}
    return one.model_dump() | dates | {"who": who, "moves": moves}


def _moved(one: Moved, labels: Labels) -> str:
    key = RecordKey.parse(one.record)
    return f"{labels.name(key.kind, key.id)} from {_day(one.before_on)} to {_day(one.after_on)}"


def _finding(said: str, labels: Labels) -> str:
    """`contract/ctr-12#hourly_rate_minor: …` by the record's name and what its field is called."""
    found = _ABOUT.match(said)
    if found is None:
        return said
    return f"{labels.called(found['kind'], found['ident'])}, {called(found['field'])}: {said[found.end() :]}"


def _day(moment: date | None) -> str:
    return day(moment.isoformat()) if moment else "–"


def _forecast(change: PricedChange) -> str:
    pace = change.pace
    if pace.error_bp is None:
        return f"Made from {pace.method}. No past month is on record to test it on, so its error is not known."
    said = (
        f"Made from {pace.method} ({pace.percent} %). Over {pace.tests} past months it missed the time worked by "
        f"{pace.error_bp / 100:.1f} % on average"
    )
    if pace.plain_error_bp is not None and pace.plain_error_bp != pace.error_bp:
        said += f"; bookings alone missed it by {pace.plain_error_bp / 100:.1f} %"
    if change.early_on is None:
        return said + "."
    return f"{said}. Erring as much, the project is done between {_day(change.early_on)} and {_day(change.late_on)}."
