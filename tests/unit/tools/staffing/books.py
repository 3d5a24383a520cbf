"""Small books: two colleagues with a skill, one seat, and whatever a test adds."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tools.records import Assignment, Calendar, Customer, Leave, LendingRule, Person, Project, Skill, StaffingRequest
from tools.staffing.books import Books

MONDAY = date(2026, 3, 2)
BY = {"*": "system/hr"}


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def person(ident: str, **more: Any) -> Person:
    values: dict[str, Any] = {
        "id": ident, "unit": "North", "authors": BY, "name": ident.title(), "email": f"{ident}@firm.example",
        "title": "Consultant", "skills": [Skill(name="SQL", level=3)], "cost_rate_minor": 6_000,
        "bill_rate_minor": 12_000, "currency": "EUR", "manager_id": "boss", "starts_on": date(2020, 1, 1),
        "calendar_id": "cal",
    }  # fmt: skip
    return Person(**values | more)


def request(ident: str = "req", **more: Any) -> StaffingRequest:
    values: dict[str, Any] = {
        "id": ident, "unit": "North", "authors": BY, "project_id": "prj", "role": "Engineer",
        "skills": [Skill(name="sql", level=2)], "percent": 60, "start_on": day(0), "end_on": day(25),
        "hourly_rate_minor": 12_000, "currency": "EUR",
    }  # fmt: skip
    return StaffingRequest(**values | more)


def booking(ident: str, person_id: str, **more: Any) -> Assignment:
    values: dict[str, Any] = {
        "id": ident, "authors": BY, "project_id": "prj", "person_id": person_id, "role": "Engineer", "start_on": day(0),
        "end_on": day(60), "percent": 50, "status": "confirmed",
    }  # fmt: skip
    return Assignment(**values | more)


def leave(ident: str, person_id: str, first: int, last: int) -> Leave:
    return Leave(
        id=ident, authors=BY, person_id=person_id, start_on=day(first), end_on=day(last), status="approved"
    )  # fmt: skip


def books(**more: Any) -> Books:
    """Ann costs less than Bob; both could take the seat."""
    project = Project(
        id="prj", unit="North", authors=BY, customer_id="cus", contract_id="ctr", name="Portal", status="running",
        start_on=day(0), end_on=day(90), budget_minor=1, currency="EUR",
    )  # fmt: skip
    made = Books(
        MONDAY, "EUR", [person("ann"), person("bob", cost_rate_minor=7_000)], [request()],
        calendars=[Calendar(id="cal", authors=BY, name="Standard")], projects=[project],
        customers=[Customer(id="cus", authors=BY, name="Mills", tier="standard", time_zone="Europe/Berlin")],
    )  # fmt: skip
    return replace(made, **more)


def lending(**more: Any) -> LendingRule:
    values: dict[str, Any] = {"id": "lend", "authors": BY, "from_unit": "South", "to_unit": "North"}
    return LendingRule(**values | more)
