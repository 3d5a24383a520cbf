"""Hours that cannot be right: entered twice, more than a day holds, on a day of leave."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from tools.billing.books import Books, worth
from tools.billing.finding import Finding
from tools.record import Record
from tools.records import TimeEntry
from tools.wording import day, hours


def duplicates(books: Books) -> Iterator[Finding]:
    """Entries that repeat an earlier one: same person, day, project, time and note.

    From half a day on the note does not tell two apart: nobody does the same hours twice in a day.
    """
    seen: dict[tuple[object, ...], TimeEntry] = {}
    for entry in books.time:
        note = entry.note if entry.minutes < books.limits.half_day_minutes else None
        same = (entry.person_id, entry.day, entry.project_id, entry.minutes, note)
        first = seen.setdefault(same, entry)
        if first is not entry:
            facts = ((entry, "minutes"), (entry, "day"), (first, "minutes"), (first, "day"))
            said = f"It repeats entry {first.id}: same day, project and time."
            yield books.finding("duplicate_time", entry, said, facts, stake=worth(entry), computed=(first.id,))


def impossible_days(books: Books) -> Iterator[Finding]:
    """Days of a person that hold more than `Limits.day_minutes`.

    Where one entry alone exceeds it, that entry is found, else each that adds to the day. Only the day's sum is told:
    its other entries may be about other customers.
    """
    days: dict[tuple[str, date], list[TimeEntry]] = defaultdict(list)
    for entry in books.time:
        days[entry.person_id, entry.day].append(entry)
    for (_, on), same in days.items():
        total = sum(one.minutes for one in same)
        if total <= books.limits.day_minutes:
            continue
        alone = [one for one in same if one.minutes > books.limits.day_minutes]
        for entry in alone or same:
            said = f"{day(on)} holds {hours(total)} in all."
            facts = ((entry, "minutes"), (entry, "day"))
            yield books.finding("impossible_hours", entry, said, facts, stake=worth(entry), computed=(total, on))


def on_leave(books: Books) -> Iterator[Finding]:
    for entry in books.time:
        for leave in books.absences.get(entry.person_id, ()):
            if leave.start_on <= entry.day <= leave.end_on:
                facts: tuple[tuple[Record, str], ...] = ((entry, "day"), (leave, "start_on"), (leave, "end_on"))
                said = f"The person was on approved leave on {day(entry.day)}."
                yield books.finding("time_on_leave", entry, said, facts, stake=worth(entry), computed=(entry.day,))
                break
