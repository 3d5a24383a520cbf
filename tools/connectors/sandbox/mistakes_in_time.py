"""Mistakes that people make with their time, and systems with its rates."""

from collections.abc import Iterator
from datetime import date, timedelta

from tools.connectors.sandbox.hours import working_days
from tools.connectors.sandbox.mistakes import Culprit, Mistake, NothingLeft
from tools.records import Assignment, Contract, Leave, Milestone, Period, Project, TimeEntry


def _entry(by: Culprit, most: int = 600) -> TimeEntry:
    """An approved entry that no draft invoice bills, so that only the entry is wrong."""
    drafted = by.drafted
    return by.pick(
        TimeEntry, lambda one: one.status == "approved" and one.project_id not in drafted and one.minutes <= most
    )


def old_rate(by: Culprit) -> None:
    """The rate of last year, or of another contract."""
    entry = by.change(entry := _entry(by), rate_minor=entry.rate_minor * by.rng.choice((82, 90, 95, 104, 112)) // 100)
    by.note("rate_differs", entry)


def no_rate(by: Culprit) -> None:
    entry = _entry(by)
    by.note("rate_not_positive", by.change(entry, rate_minor=by.rng.choice((0, 0, -entry.rate_minor))))


def other_currency(by: Culprit) -> None:
    entry = _entry(by)
    by.note("currency_differs", by.change(entry, currency="CHF"))


def entered_twice(by: Culprit) -> None:
    """Saved again; at times with the note written anew, or a quarter of an hour rounded otherwise."""
    entry = _short_day(by)
    anew = by.rng.choice(({}, {}, {}, {"note": "as discussed"}, {"minutes": entry.minutes + 15}))
    by.note("duplicate_time", by.copy(entry, **anew))


def _short_day(by: Culprit) -> TimeEntry:
    """An entry that may stand twice on its day without the day becoming too long."""
    while True:
        entry = _entry(by, 420)
        same = [one for one in by.all(TimeEntry) if (one.person_id, one.day) == (entry.person_id, entry.day)]
        if sum(one.minutes for one in same) + entry.minutes <= 900:
            by.touch(*same)
            return entry


def too_long(by: Culprit) -> None:
    """25 hours for 2.5, or a night shift that nobody worked."""
    by.note("impossible_hours", by.change(_short_day(by), minutes=by.rng.choice((1_050, 1_500, 2_500))))


def on_holiday(by: Culprit) -> None:
    """A week filled in by copying the week before, over a day of leave."""
    drafted = by.drafted
    worked = {(one.person_id, one.day) for one in by.all(TimeEntry)}
    choices = [
        (seat, day)
        for leave in by.all(Leave) if leave.status == "approved"
        for seat in by.all(Assignment) if seat.person_id == leave.person_id and seat.status == "confirmed"
        for day in working_days(leave.start_on, min(leave.end_on, by.today - timedelta(days=1)))
        if seat.start_on <= day <= seat.end_on and seat.project_id not in drafted
        and by.get(Project, seat.project_id).start_on <= day <= by.get(Project, seat.project_id).end_on
        and (seat.person_id, day) not in worked
    ]  # fmt: skip
    if not choices:
        raise NothingLeft("leave")  # nobody has been away lately
    seat, day = choices[by.rng.randrange(len(choices))]
    by.note("time_on_leave", _worked(by, seat, day, "approved"))


def _worked(by: Culprit, seat: Assignment, day: date, status: str) -> TimeEntry:
    """A new entry of four hours on somebody's own project, right in everything but the day."""
    like = next(one for one in by.all(TimeEntry) if one.person_id == seat.person_id and one.status == "approved")
    terms = by.get(Contract, by.get(Project, seat.project_id).contract_id)
    return by.copy(
        like, project_id=seat.project_id, day=day, minutes=235, status=status, milestone_id=None, unit=seat.unit,
        rate_minor=terms.hourly_rate_minor, currency=terms.currency,
        approved_by_id=like.approved_by_id if status == "approved" else None,
    )  # fmt: skip


def strange_project(by: Culprit) -> None:
    """The line below in the list of projects: one that the person is not on."""
    entry = _entry(by)
    own = by.drafted | {one.project_id for one in by.all(Assignment) if one.person_id == entry.person_id}
    others = [
        one for one in by.all(Project)
        if one.status == "running" and one.start_on <= entry.day <= one.end_on
        and one.id not in own
    ]  # fmt: skip
    project = others[by.rng.randrange(len(others))]
    terms = by.get(Contract, project.contract_id)
    by.note("wrong_project", by.change(
        entry, project_id=project.id, unit=project.unit, milestone_id=None, rate_minor=terms.hourly_rate_minor,
        currency=terms.currency,
    ))  # fmt: skip


def strange_phase(by: Culprit) -> None:
    """The phase of another project, or one of its own that was invoiced before."""
    entry = _entry(by)
    phases = [
        one for one in by.all(Milestone)
        if one.project_id != entry.project_id or (one.status == "invoiced" and one.due_on < entry.day)
    ]  # fmt: skip
    own = [one for one in phases if one.project_id == entry.project_id]
    chosen = own if own and by.rng.random() < 0.5 else phases
    by.note("wrong_phase", by.change(entry, milestone_id=chosen[by.rng.randrange(len(chosen))].id))


def too_late(by: Culprit) -> None:
    """Hours of a month that was closed long ago."""
    seat, day = next(_closed_days(by))
    by.note("closed_period", _worked(by, seat, day, "submitted"))


def _closed_days(by: Culprit) -> Iterator[tuple[Assignment, date]]:
    closed = {one.id for one in by.all(Period) if one.status == "closed"}
    drafted = by.drafted
    while True:
        seat = by.pick(Assignment, lambda one: one.status == "confirmed" and one.project_id not in drafted)
        for day in working_days(seat.start_on, min(seat.end_on, by.today)):
            if f"{day:%Y-%m}" in closed:
                yield seat, day
                break


def not_approved(by: Culprit) -> None:
    """An import that set the status and forgot who had approved, or a manager's own hours."""
    entry = _entry(by)
    by.note("approval_missing", by.change(entry, approved_by_id=by.rng.choice((None, entry.person_id))))


IN_TIME: dict[str, Mistake] = {
    one.__name__: one
    for one in (
        old_rate, no_rate, other_currency, entered_twice, too_long, on_holiday, strange_project, strange_phase,
        too_late, not_approved,
    )
}  # fmt: skip
