"""Canonical records of people and of what they are booked for."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tools.record import Record
from tools.values import Currency, Day, Email, Id, Line, Minor, RecordKind, Value

Percent = Annotated[int, Field(ge=0, le=100)]
Minute = Annotated[int, Field(ge=0, le=1440)]


class Skill(Value):
    name: Line
    level: Annotated[int, Field(ge=1, le=5)]


class Wish(Value):
    """What somebody would rather work on, or rather not: a skill by its name, a customer or a project by its id."""

    about: Literal["skill", "customer", "project"]
    of: Line
    likes: bool


class Person(Record):
    kind: ClassVar[RecordKind] = "person"
    name: Line
    email: Email
    title: Line
    skills: list[Skill] = []
    cost_rate_minor: Minor
    bill_rate_minor: Minor
    currency: Currency
    time_zone: Line = "UTC"
    weekly_minutes: Annotated[int, Field(ge=0, le=6000)] = 2400
    manager_id: Id | None = None
    starts_on: Day
    ends_on: Day | None = None
    calendar_id: Id | None = None
    wishes: list[Wish] = []


class Calendar(Record):
    """Working time of those who share it: weekdays (0 is Monday), days off, and the hours in minutes after midnight of
    their own time zone."""

    kind: ClassVar[RecordKind] = "calendar"
    name: Line
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = [0, 1, 2, 3, 4]
    holidays: list[Day] = []
    day_from: Minute = 540
    day_to: Minute = 1080


class Leave(Record):
    kind: ClassVar[RecordKind] = "leave"
    links: ClassVar[Mapping[str, RecordKind]] = {"person_id": "person"}
    person_id: Id
    start_on: Day
    end_on: Day
    status: Literal["requested", "approved", "declined"]


class Assignment(Record):
    """A booking. A soft one (`tentative`, `requested`) lapses after `expires_on`, and with an opportunity that is lost.

    `consented_by` is the line manager who agreed to it.
    """

    kind: ClassVar[RecordKind] = "assignment"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project", "person_id": "person"}
    project_id: Id
    person_id: Id
    role: Line
    start_on: Day
    end_on: Day
    percent: Percent
    status: Literal["tentative", "requested", "confirmed", "released"]
    expires_on: Day | None = None
    opportunity_id: Id | None = None
    consented_by: Id | None = None


class StaffingRequest(Record):
    """A seat to be filled: `percent` of a full week, on every working day from `start_on` to `end_on`.

    `hourly_rate_minor` is what the customer pays. `overlap_minutes` of every day the person works at the same time as
    the customer. `handovers`: how often somebody else may take over. `person_id` fixes who it is. `unit` is whose
    people come first.
    """

    kind: ClassVar[RecordKind] = "staffing_request"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project"}
    project_id: Id | None = None
    role: Line
    skills: Annotated[list[Skill], Field(min_length=1, max_length=10)]
    percent: Annotated[int, Field(ge=1, le=100)]
    start_on: Day
    end_on: Day
    hourly_rate_minor: Minor
    currency: Currency
    priority: Annotated[int, Field(ge=1, le=5)] = 3
    overlap_minutes: Minute = 0
    handovers: Annotated[int, Field(ge=0, le=1)] = 0
    person_id: Id | None = None
    excluded_ids: list[Id] = []
    status: Literal["open", "filled", "withdrawn"] = "open"
    opportunity_id: Id | None = None


class LendingRule(Record):
    """People of `from_unit` may work for `to_unit` (`*` is any), each booking at most `max_percent` of their week.

    Each day costs the borrower `surcharge_minor` in the base currency.
    """

    kind: ClassVar[RecordKind] = "lending_rule"
    from_unit: Line
    to_unit: Line
    max_percent: Percent = 100
    surcharge_minor: Annotated[Minor, Field(ge=0)] = 0
