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
    """Entries that repeat an earlier one of the same person, day and project.

    They have the same time and note, or the same note and a time that was rounded otherwise. From half a day on the
    note does not tell two of the same time apart: nobody does the same hours twice in a day.
    """
    seen: dict[tuple[str, date, str], list[TimeEntry]] = defaultdict(list)
    for entry in books.time:
        earlier = seen[entry.person_id, entry.day, entry.project_id]
        first = next((one for one in earlier if _repeats(books, entry, one)), None)
        earlier.append(entry)
        if first is not None:
            facts = ((entry, "minutes"), (entry, "day"), (first, "minutes"), (first, "day"))
            alike = "time" if entry.minutes == first.minutes else "note"
            said = f"It repeats entry {first.id}: same day, project and {alike}."
            yield books.finding("duplicate_time", entry, said, facts, stake=worth(entry), computed=(first.id,))


def _repeats(books: Books, entry: TimeEntry, first: TimeEntry) -> bool:
    if entry.note == first.note:
        apart = abs(entry.minutes - first.minutes)
        return apart == 0 or (entry.note is not None and apart <= books.limits.rounding_minutes)
    return entry.minutes == first.minutes >= books.limits.half_day_minutes


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
