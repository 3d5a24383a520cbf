"""Generated firms: people, bookings, leave and open requests, the same for the same seed."""

from datetime import date, timedelta
from random import Random

from tools.records import (
    Assignment,
    Calendar,
    Customer,
    Leave,
    LendingRule,
    Person,
    Project,
    Skill,
    StaffingRequest,
    Wish,
)
from tools.staffing.books import Books

MONDAY = date(2026, 3, 2)
_UNITS = ("North", "South", "West")
_ZONES = ("Europe/Berlin",) * 6 + ("Europe/London",) * 2 + ("America/New_York",)
_BY = {"*": "system/generated"}


def firm(people: int, requests: int, weeks: int, seed: int, *, skills: int = 12) -> Books:
    """A firm of three units that lend to each other; some skills are asked for more than others.

    Everybody has four of `skills` skills, half are booked for a part of the time, two in five go on leave, a sixth
    works part-time. A request lasts three weeks or more; two in five may be handed over once.
    """
    rng = Random(f"{seed}/{people}/{requests}/{weeks}")  # noqa: S311
    customers, projects = _work(rng, max(2, requests // 4))
    persons = [_person(rng, number, skills, projects) for number in range(people)]
    bookings, leaves = _calendar_of(rng, persons, projects, weeks)
    return Books(
        MONDAY, "EUR", persons, [_request(rng, number, skills, projects, weeks) for number in range(requests)],
        [Calendar(id="cal-de", authors=_BY, name="Germany", holidays=[MONDAY + timedelta(days=32)]),
         Calendar(id="cal-four", authors=_BY, name="Four days", weekdays=[0, 1, 2, 3])],
        leaves, bookings, projects, customers, (),
        [LendingRule(id=f"lend-{a[0]}{b[0]}", authors=_BY, from_unit=a, to_unit=b, max_percent=60,
                     surcharge_minor=4_000) for a in _UNITS for b in _UNITS if a != b],
    )  # fmt: skip


def _work(rng: Random, count: int) -> tuple[list[Customer], list[Project]]:
    customers = [
        Customer(id=f"cus-{number:03d}", authors=_BY, name=f"Customer {number}", tier="standard",
                 time_zone=rng.choice(_ZONES))
        for number in range(max(1, count // 2))
    ]  # fmt: skip
    projects = [
        Project(
            id=f"prj-{number:03d}", unit=rng.choice(_UNITS), authors=_BY, customer_id=rng.choice(customers).id,
            contract_id="ctr-1", name=f"Project {number}", status="running", start_on=MONDAY - timedelta(days=90),
            end_on=MONDAY + timedelta(days=365), budget_minor=1, currency="EUR",
        )
        for number in range(count)
    ]  # fmt: skip
    return customers, projects


def _person(rng: Random, number: int, skills: int, projects: list[Project]) -> Person:
    level = rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 5))
    four = rng.random() < 1 / 6
    wishes = [Wish(about="skill", of=f"skill {rng.randrange(skills)}", likes=rng.random() < 0.7)]
    if rng.random() < 0.3:
        wishes.append(Wish(about="project", of=rng.choice(projects).id, likes=rng.random() < 0.7))
    return Person(
        id=f"per-{number:04d}", unit=rng.choice(_UNITS), authors=_BY, name=f"Person {number}",
        email=f"p{number}@firm.example", title="Consultant",
        skills=[Skill(name=f"Skill {name}", level=max(1, min(5, level + rng.choice((-1, 0, 0, 1)))))
                for name in rng.sample(range(skills), min(4, skills))],
        cost_rate_minor=3_000 + 900 * level + 50 * rng.randrange(20), bill_rate_minor=12_000, currency="EUR",
        time_zone=rng.choice(_ZONES), weekly_minutes=1920 if four else 2400, manager_id="per-0000",
        starts_on=MONDAY - timedelta(days=400), ends_on=MONDAY + timedelta(days=40) if rng.random() < 0.03 else None,
        calendar_id="cal-four" if four else "cal-de", wishes=wishes,
    )  # fmt: skip


def _calendar_of(
    rng: Random, persons: list[Person], projects: list[Project], weeks: int
) -> tuple[list[Assignment], list[Leave]]:
    bookings: list[Assignment] = []
    leaves: list[Leave] = []
    for person in persons:
        if rng.random() < 0.5:
            start, length = rng.randrange(-4, weeks), rng.randrange(2, 10)
            project = rng.choice(projects)
            bookings.append(Assignment(
                id=f"asg-{len(bookings):04d}", unit=project.unit, authors=_BY, project_id=project.id,
                person_id=person.id, role="Consultant", start_on=MONDAY + timedelta(weeks=start),
                end_on=MONDAY + timedelta(days=7 * (start + length) - 3), percent=rng.choice((20, 40, 50, 60, 100)),
                status=rng.choice(("confirmed", "confirmed", "tentative")),
            ))  # fmt: skip
        if rng.random() < 0.4:
            first = MONDAY + timedelta(days=rng.randrange(7 * weeks))
            leaves.append(Leave(
                id=f"lea-{len(leaves):04d}", unit=person.unit, authors=_BY, person_id=person.id, start_on=first,
                end_on=first + timedelta(days=rng.choice((1, 4, 11))), status="approved",
            ))  # fmt: skip
    return bookings, leaves


def _request(rng: Random, number: int, skills: int, projects: list[Project], weeks: int) -> StaffingRequest:
    start = rng.randrange(weeks - 2)
    end = rng.randrange(start + 3, weeks + 1)
    project = rng.choice(projects)
    # Some skills are asked for more than others.
    skill = min(rng.randrange(skills), rng.randrange(skills))
    return StaffingRequest(
        id=f"req-{number:04d}", unit=project.unit, authors=_BY, project_id=project.id, role="Consultant",
        skills=[Skill(name=f"Skill {skill}", level=rng.choice((1, 2, 2, 3, 3, 4)))],
        percent=rng.choice((20, 40, 50, 60, 80, 100)), start_on=MONDAY + timedelta(weeks=start),
        end_on=MONDAY + timedelta(days=7 * end - 3), hourly_rate_minor=9_000 + 500 * rng.randrange(10), currency="EUR",
        priority=rng.choice((1, 2, 3, 3, 4, 5)), overlap_minutes=rng.choice((0, 0, 120, 240)),
        handovers=int(rng.random() < 0.4),
    )  # fmt: skip
