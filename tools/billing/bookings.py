"""Where time was put: projects that the person is not on, phases that it cannot belong to, months that are closed."""

from collections.abc import Iterator

from tools.billing.books import Books, worth
from tools.billing.finding import Finding
from tools.record import Record
from tools.records import Milestone, Period, Project
from tools.wording import day


def wrong_projects(books: Books) -> Iterator[Finding]:
    """Time on a project that the person is not booked on that day, or that is over, not begun or stopped."""
    for entry in books.time:
        project = books.get(Project, entry.project_id)
        facts: list[tuple[Record, str]] = [(entry, "project_id"), (entry, "day")]
        said = None
        if project is not None and not project.start_on <= entry.day <= project.end_on:
            said = f"{day(entry.day)} lies outside the project's dates."
            facts += [(project, "start_on"), (project, "end_on")]
        elif project is not None and project.status in ("planned", "cancelled"):
            said = f"The project is {project.status}."
            facts.append((project, "status"))
        elif not any(
            one.start_on <= entry.day <= one.end_on
            for one in books.bookings.get((entry.person_id, entry.project_id), ())
        ):
            said = "The person is not booked on this project that day."
        if said is not None:
            yield books.finding("wrong_project", entry, said, facts, stake=worth(entry), computed=(entry.day,))


def wrong_phases(books: Books) -> Iterator[Finding]:
    """Time on a phase of another project, or on one that had been invoiced by then."""
    for entry in books.time:
        phase = books.get(Milestone, entry.milestone_id)
        if phase is None:
            continue
        facts = ((entry, "milestone_id"), (entry, "day"), (phase, "project_id"), (phase, "due_on"), (phase, "status"))
        if phase.project_id != entry.project_id:
            said = "Its phase belongs to another project."
            yield books.finding("wrong_phase", entry, said, facts[:3], stake=worth(entry))
        elif phase.status == "invoiced" and entry.day > phase.due_on:
            said = f"Its phase was due on {day(phase.due_on)} and is invoiced."
            yield books.finding("wrong_phase", entry, said, facts, stake=worth(entry))


def closed_months(books: Books) -> Iterator[Finding]:
    """Time that is not approved yet and lies in a closed month."""
    for entry in books.time:
        month = books.get(Period, f"{entry.day:%Y-%m}")
        if entry.status == "submitted" and month is not None and month.status == "closed":
            said = f"It was submitted into {month.id}, which is closed."
            facts = ((entry, "day"), (entry, "status"), (month, "status"))
            yield books.finding("closed_period", entry, said, facts, stake=worth(entry), computed=(month.id,))
