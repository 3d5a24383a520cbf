"""Master data that other work rests on: skills, calendars, projects and their budgets, customers entered twice."""

import re
import unicodedata
from collections.abc import Iterator

from tools.billing.books import Books
from tools.billing.finding import Finding
from tools.record import Record
from tools.records import Assignment, Calendar, Contract, Customer, Person, Project
from tools.wording import day

_LEGAL = frozenset({"gmbh", "ag", "kg", "ohg", "ltd", "limited", "plc", "inc", "corp", "llc", "llp", "sa", "sas",
                    "sarl", "spa", "srl", "bv", "nv", "oy", "ab", "as", "co", "company", "the"})  # fmt: skip


def people(books: Books) -> Iterator[Finding]:
    """People who work here without a skill on record, and bookings beyond their calendar."""
    for person in books.all(Person):
        if person.ends_on is not None and person.ends_on < books.today:
            continue
        if not person.skills:
            yield books.finding("skills_missing", person, f"{person.name} has no skills on record.", [(person, "name")])


def calendars(books: Books) -> Iterator[Finding]:
    """People who are booked after they have left, without working time or without a calendar; calendars out of date."""
    kept = any(person.calendar_id for person in books.all(Person))
    for seat in books.all(Assignment):
        person = books.get(Person, seat.person_id)
        if person is None or seat.status == "released" or seat.end_on < books.today or not seat.percent:
            continue
        facts: list[tuple[Record, str]] = [(person, "name"), (seat, "end_on"), (seat, "percent")]
        booked = f"and is booked until {day(seat.end_on)}."
        if person.ends_on is not None and person.ends_on < seat.end_on:
            said = f"{person.name} leaves on {day(person.ends_on)} {booked}"
            yield books.finding("calendar_stale", person, said, [*facts, (person, "ends_on")])
        elif person.weekly_minutes == 0:
            said = f"{person.name} has no working time in the calendar {booked}"
            yield books.finding("calendar_stale", person, said, [*facts, (person, "weekly_minutes")])
        elif kept and books.get(Calendar, person.calendar_id) is None:
            named = f"a calendar, {person.calendar_id}, that is not on record" if person.calendar_id else "no calendar"
            said = f"{person.name} has {named}, {booked}"
            yield books.finding("calendar_missing", person, said, [*facts, (person, "calendar_id")])
    for calendar in books.all(Calendar):
        yield from _out_of_date(books, calendar)


def _out_of_date(books: Books, calendar: Calendar) -> Iterator[Finding]:
    facts: list[tuple[Record, str]] = [(calendar, "name"), (calendar, "day_from"), (calendar, "day_to")]
    if not calendar.weekdays or calendar.day_to <= calendar.day_from:
        said = f"{calendar.name} has no working time: no weekday, or days that end before they begin."
        yield books.finding("calendar_stale", calendar, said, facts)
    elif calendar.holidays and (last := max(calendar.holidays)) < books.today:
        said = f"{calendar.name} knows no holiday after {day(last)}."
        yield books.finding("calendar_stale", calendar, said, facts[:1], computed=(last,))


def projects(books: Books) -> Iterator[Finding]:
    """Running projects without customer, contract or lead who is here, and projects without a budget."""
    for project in books.all(Project):
        if project.status not in ("planned", "running"):
            continue
        missing = _missing(books, project)
        if missing is not None:
            said, field = missing
            stake = (project.budget_minor, project.currency)
            yield books.finding("orphan_project", project, said, [(project, "name"), (project, field)], stake=stake)
        if project.budget_minor <= 0:
            facts = ((project, "budget_minor"), (project, "name"))
            yield books.finding("budget_missing", project, "It has no budget above zero.", facts)


def _missing(books: Books, project: Project) -> tuple[str, str] | None:
    if books.get(Customer, project.customer_id) is None:
        return f"There is no customer {project.customer_id} on record.", "customer_id"
    if books.get(Contract, project.contract_id) is None:
        return f"There is no contract {project.contract_id} on record.", "contract_id"
    if project.status == "planned":
        return None
    lead = books.get(Person, project.lead_id)
    if lead is None:
        return "Nobody on record leads it.", "lead_id"
    if lead.ends_on is not None and lead.ends_on < books.today:
        return f"Its lead left on {day(lead.ends_on)}.", "lead_id"
    return None


def twins(books: Books) -> Iterator[Finding]:
    """Customers with the mail domain of an earlier one, or with its name but for case, marks and legal form.

    Names that are merely alike are left alone: Brightwater Energy and Brightwater Energies may well be two firms.
    """
    seen: dict[str, Customer] = {}
    for customer in sorted(books.all(Customer), key=lambda one: one.id):
        keys = [f"name {plain(customer.name)}"]
        if customer.mail_domain and customer.trust("mail_domain").trusted:
            keys.append(f"domain {customer.mail_domain.casefold()}")
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            # Only the other one's id is told: what else is known of it is not for a case about this one.
            said = f"It has the name or the mail domain of an earlier one, {first.id}."
            facts = ((customer, "name"), (customer, "mail_domain"))
            yield books.finding("customer_twice", customer, said, facts, computed=(first.id,))
        for key in keys:
            seen.setdefault(key, customer)


def plain(name: str) -> str:
    """A firm's name without case, accents, punctuation and legal form."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))
    words = re.sub(r"[^\w\s]", "", bare).split()
    return " ".join([word for word in words if word not in _LEGAL] or words)
