"""Generated changes: a project with its team, past time and open work, the same for the same seed; some of them bad."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from tools.pricing.books import Asked, ChangeBooks
from tools.records import (
    Assignment,
    Calendar,
    Contract,
    ExchangeRate,
    Forecast,
    Leave,
    Milestone,
    Person,
    Project,
    TimeEntry,
)
from tools.staffing.books import Books

MONDAY = date(2026, 3, 2)
WEEKS = 10
_BY = {"*": "system/generated"}
_PPM = {"EUR": 1_000_000, "USD": 920_000, "GBP": 1_170_000}
_TYPES = ("time_and_materials", "fixed_price", "retainer")


@dataclass(frozen=True)
class Given:
    """`month` is the minutes that the four weeks after today really take of the team, which nobody knows yet."""

    books: ChangeBooks
    asked: Asked
    month: int


def sound(seed: int) -> Given:
    """One to four colleagues with shares, leave and part-time weeks; what they booked in the past ten weeks follows a
    pace of the project's own, 60 to 115 % of what was booked ahead, and noise of a tenth."""
    rng = Random(f"{seed}/change")  # noqa: S311
    currency = rng.choice(tuple(_PPM))
    project = Project(
        id="prj", authors=_BY, customer_id="cus", contract_id="ctr", name="Project", status="running",
        start_on=MONDAY - timedelta(weeks=WEEKS + 4), end_on=MONDAY + timedelta(days=rng.randrange(60, 300)),
        budget_minor=rng.randrange(10, 90) * 1_000_000, spent_minor=rng.randrange(1, 9) * 1_000_000, currency=currency,
    )  # fmt: skip
    contract = Contract.model_validate({
        "id": "ctr", "authors": _BY, "customer_id": "cus", "title": "Contract", "type": rng.choice(_TYPES),
        "status": "active", "start_on": project.start_on, "end_on": project.end_on, "currency": currency,
        "value_minor": rng.randrange(20, 200) * 1_000_000, "hourly_rate_minor": rng.randrange(70, 180) * 100,
    })  # fmt: skip
    people = [_person(rng, number) for number in range(rng.randrange(1, 5))]
    bookings = [_booking(rng, place, one, project) for place, one in enumerate(people)]
    leaves = [
        Leave(id=f"lea-{one.id}", authors=_BY, person_id=one.id, start_on=(first := _day(rng, 5, 60)),
              end_on=first + timedelta(days=rng.randrange(1, 12)), status="approved")
        for one in people if rng.random() < 0.5
    ]  # fmt: skip
    staff = Books(
        MONDAY, "EUR", people, (), [Calendar(id="cal", authors=_BY, name="Standard", holidays=[_day(rng, 3, 40)])],
        leaves, bookings, (), exchange_rates=[_rate(name, ppm) for name, ppm in _PPM.items()],
    )  # fmt: skip
    weekly = sum(one.weekly_minutes * seat.percent for one, seat in zip(people, bookings, strict=True)) // 100
    left = weekly * rng.randrange(3, 20)
    books = ChangeBooks(staff, project, contract, {"prj": _forecast(left)}, _milestones(rng, currency))
    pace = rng.uniform(0.6, 1.15)
    time = _time(rng, people, bookings, pace, range(-7 * WEEKS, 0), set())
    away = {(one.person_id, one.start_on + timedelta(days=n)) for one in leaves
            for n in range((one.end_on - one.start_on).days + 1)}  # fmt: skip
    away |= {(one.id, day) for one in people for day in staff.calendars[0].holidays}
    month = sum(one.minutes for one in _time(rng, people, bookings, pace, range(28), away))
    return Given(replace(books, time=time), Asked(rng.randrange(2, 60) * 60), month)


def _person(rng: Random, number: int) -> Person:
    return Person(
        id=f"per-{number}", authors=_BY, name=f"Person {number}", email=f"p{number}@firm.example", title="Consultant",
        cost_rate_minor=rng.randrange(35, 110) * 100, bill_rate_minor=12_000, currency="EUR",
        weekly_minutes=rng.choice((2400, 2400, 1920, 1800)), starts_on=date(2020, 1, 1), calendar_id="cal",
    )  # fmt: skip


def _booking(rng: Random, place: int, one: Person, project: Project) -> Assignment:
    stays = place == 0 or rng.random() < 0.7
    ends = project.end_on if stays else MONDAY + timedelta(days=rng.randrange(10, 50))
    return Assignment(
        id=f"asg-{place}", authors=_BY, project_id="prj", person_id=one.id, role="Consultant",
        start_on=project.start_on, end_on=ends, percent=rng.choice((20, 40, 50, 60, 80, 100)), status="confirmed",
    )  # fmt: skip


def _milestones(rng: Random, currency: str) -> list[Milestone]:
    return [
        Milestone(id=f"mil-{n}", authors=_BY, project_id="prj", name=f"Stage {n}", due_on=_day(rng, 10 * n, 10 * n + 9),
                  status="planned", currency=currency, after_id=f"mil-{n - 1}" if n > 1 else None)
        for n in range(1, 4)
    ]  # fmt: skip


def _time(
    rng: Random, people: list[Person], bookings: list[Assignment], pace: float, days: range,
    away: set[tuple[str, date]],
) -> list[TimeEntry]:  # fmt: skip
    found = []
    for number in days:
        day = MONDAY + timedelta(days=number)
        for one, seat in zip(people, bookings, strict=True):
            if day.weekday() < 5 and day <= seat.end_on and (one.id, day) not in away:
                worked = round(one.weekly_minutes * seat.percent / 500 * pace * rng.uniform(0.9, 1.1))
                found.append(TimeEntry(
                    id=f"tim-{number + 100}-{one.id}", authors=_BY, project_id="prj", person_id=one.id, day=day,
                    minutes=worked, rate_minor=12_000, currency="EUR", status="approved",
                ))  # fmt: skip
    return found


def _day(rng: Random, first: int, last: int) -> date:
    return MONDAY + timedelta(days=rng.randrange(first, last + 1))


def _forecast(minutes: int) -> Forecast:
    return Forecast(id="prj", authors=_BY, remaining_minutes=minutes, finish_on=MONDAY)


def _rate(currency: str, ppm: int) -> ExchangeRate:
    return ExchangeRate(id=currency, authors=_BY, base_currency="EUR", rate_ppm=ppm, day=MONDAY)


def _contract(given: Given, **changed: object) -> Given:
    return replace(given, books=replace(given.books, contract=given.books.contract.model_copy(update=changed)))


def _staff(given: Given, **changed: object) -> Given:
    return replace(given, books=replace(given.books, staff=replace(given.books.staff, **changed)))  # type: ignore[arg-type]


def _circular(given: Given) -> Given:
    first, *rest = given.books.milestones
    tied = first.model_copy(update={"after_id": rest[-1].id})
    return replace(given, books=replace(given.books, milestones=[tied, *rest]))


BAD: Mapping[str, Callable[[Given], Given]] = {
    " 0.00 is no rate": lambda given: _contract(given, hourly_rate_minor=0),
    "-90.00 is no rate": lambda given: _contract(given, hourly_rate_minor=-9_000),
    "currency: the contract is in": lambda given: _contract(given, currency="CHF"),
    "end_on: ": lambda given: _contract(given, end_on=date(2020, 1, 1)),
    "wait for each other": _circular,
    "there is no calendar": lambda given: _staff(
        given, people=[one.model_copy(update={"calendar_id": None}) for one in given.books.staff.people]
    ),
    "there is no forecast": lambda given: replace(given, books=replace(given.books, forecasts={})),
    "do not suffice": lambda given: _staff(
        given, assignments=[one.model_copy(update={"end_on": MONDAY}) for one in given.books.staff.assignments]
    ),
    "no effort": lambda given: replace(given, asked=Asked(0)),
}
"""What the refusal says → what is done to sound books so that nothing can be priced."""
