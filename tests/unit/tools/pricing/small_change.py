"""A project with one colleague on it, booked to the minute, and whatever a test adds."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tools.pricing.books import Asked, ChangeBooks
from tools.records import (
    Assignment,
    Calendar,
    Contract,
    ExchangeRate,
    Forecast,
    Milestone,
    Person,
    Project,
    Skill,
    TimeEntry,
)
from tools.staffing.books import Books

MONDAY = date(2026, 3, 2)
BY = {"*": "system/psa"}
ASKED = Asked(960)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def person(ident: str, **more: Any) -> Person:
    values: dict[str, Any] = {
        "id": ident, "unit": "North", "authors": BY, "name": ident.title(), "email": f"{ident}@firm.example",
        "title": "Consultant", "skills": [Skill(name="SQL", level=3)], "cost_rate_minor": 5_000,
        "bill_rate_minor": 12_000, "currency": "EUR", "starts_on": date(2020, 1, 1), "calendar_id": "cal",
    }  # fmt: skip
    return Person(**values | more)


def booking(ident: str, person_id: str, **more: Any) -> Assignment:
    values: dict[str, Any] = {
        "id": ident, "authors": BY, "project_id": "prj", "person_id": person_id, "role": "Engineer",
        "start_on": day(-60), "end_on": day(200), "percent": 60, "status": "confirmed",
    }  # fmt: skip
    return Assignment(**values | more)


def contract(**more: Any) -> Contract:
    values: dict[str, Any] = {
        "id": "ctr", "authors": BY, "customer_id": "cus", "title": "Mills services", "type": "time_and_materials",
        "status": "active", "start_on": day(-60), "end_on": day(300), "value_minor": 10_000_000, "currency": "EUR",
        "hourly_rate_minor": 12_000, "unit": "North",
    }  # fmt: skip
    return Contract(**values | more)


def project(ident: str = "prj", **more: Any) -> Project:
    values: dict[str, Any] = {
        "id": ident, "unit": "North", "authors": BY, "customer_id": "cus", "contract_id": "ctr", "name": "Portal",
        "status": "running", "start_on": day(-60), "end_on": day(200), "budget_minor": 8_000_000, "currency": "EUR",
    }  # fmt: skip
    return Project(**values | more)


def milestone(ident: str, due_on: date, after_id: str | None = None) -> Milestone:
    return Milestone(
        id=ident, authors=BY, project_id="prj", name=ident, due_on=due_on, status="planned", currency="EUR",
        after_id=after_id,
    )  # fmt: skip


def entry(number: int, on: date, minutes: int) -> TimeEntry:
    return TimeEntry(
        id=f"tim-{number}", authors=BY, project_id="prj", person_id="ann", day=on, minutes=minutes, rate_minor=12_000,
        currency="EUR", status="approved",
    )  # fmt: skip


def staff(**more: Any) -> Books:
    """Ann, 60 % on the project and 40 % on another one."""
    made = Books(
        MONDAY, "EUR", [person("ann")], (), [Calendar(id="cal", authors=BY, name="Standard")], (),
        [booking("asg-1", "ann"), booking("asg-2", "ann", project_id="oth", percent=40)],
        [project("oth", name="Other")], exchange_rates=[rate("EUR", 1_000_000)],
    )  # fmt: skip
    return replace(made, **more)


def rate(currency: str, ppm: int) -> ExchangeRate:
    return ExchangeRate(id=currency, authors=BY, base_currency="EUR", rate_ppm=ppm, day=MONDAY)


def forecast(ident: str, minutes: int) -> Forecast:
    return Forecast(id=ident, authors=BY, remaining_minutes=minutes, finish_on=day(100))


def books(**more: Any) -> ChangeBooks:
    """500 hours are left here, 32 on the other project."""
    known = {"prj": forecast("prj", 30_000), "oth": forecast("oth", 1_920)}
    return replace(ChangeBooks(staff(), project(), contract(), known), **more)
