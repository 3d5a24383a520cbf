"""Canonical records of the firm. Connectors map their system's rows to these; everything above reads only these."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tools.ledger_records import DiscountRule as DiscountRule
from tools.ledger_records import ExchangeRate as ExchangeRate
from tools.ledger_records import Expense as Expense
from tools.ledger_records import Invoice as Invoice
from tools.ledger_records import Period as Period
from tools.ledger_records import PurchaseOrder as PurchaseOrder
from tools.ledger_records import RateCard as RateCard
from tools.ledger_records import Vendor as Vendor
from tools.people_records import Assignment as Assignment
from tools.people_records import Calendar as Calendar
from tools.people_records import Leave as Leave
from tools.people_records import LendingRule as LendingRule
from tools.people_records import Person as Person
from tools.people_records import Skill as Skill
from tools.people_records import StaffingRequest as StaffingRequest
from tools.people_records import Wish as Wish
from tools.record import Record as Record
from tools.values import Currency, Day, Email, Id, Line, Minor, Moment, RecordKind, Text

ContractType = Literal["fixed_price", "time_and_materials", "retainer"]


class Customer(Record):
    kind: ClassVar[RecordKind] = "customer"
    name: Line
    tier: Literal["strategic", "key", "standard"]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    time_zone: Line = "UTC"
    mail_domain: Line | None = None
    account_lead_id: Id | None = None


class Contact(Record):
    kind: ClassVar[RecordKind] = "contact"
    links: ClassVar[Mapping[str, RecordKind]] = {"customer_id": "customer"}
    customer_id: Id
    name: Line
    email: Email
    role: Line | None = None


class Contract(Record):
    """Terms as the CRM has them (`crm_*`) and as the ERP has them (`erp_*`); the signed contract's are bare.

    `rate_since_on` is the first day of work that the hourly rate holds for, None where it held from the start.
    `language` is that of the signed text.
    """

    kind: ClassVar[RecordKind] = "contract"
    links: ClassVar[Mapping[str, RecordKind]] = {"customer_id": "customer"}
    customer_id: Id
    title: Line
    type: ContractType
    status: Literal["draft", "active", "expiring", "ended"]
    start_on: Day
    end_on: Day
    value_minor: Minor
    currency: Currency
    hourly_rate_minor: Minor
    cap_minor: Minor | None = None
    payment_days: Annotated[int, Field(ge=0, le=365)] = 30
    billing_contact_id: Id | None = None
    rate_since_on: Day | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    crm_type: ContractType | None = None
    crm_start_on: Day | None = None
    crm_end_on: Day | None = None
    crm_value_minor: Minor | None = None
    crm_currency: Currency | None = None
    crm_hourly_rate_minor: Minor | None = None
    crm_cap_minor: Minor | None = None
    crm_payment_days: int | None = None
    crm_billing_contact_id: Id | None = None
    erp_type: ContractType | None = None
    erp_start_on: Day | None = None
    erp_end_on: Day | None = None
    erp_value_minor: Minor | None = None
    erp_currency: Currency | None = None
    erp_hourly_rate_minor: Minor | None = None
    erp_cap_minor: Minor | None = None
    erp_payment_days: int | None = None
    erp_billing_contact_id: Id | None = None
    owner_id: Id | None = None


class Project(Record):
    kind: ClassVar[RecordKind] = "project"
    links: ClassVar[Mapping[str, RecordKind]] = {
        "customer_id": "customer",
        "contract_id": "contract",
        "lead_id": "person",
    }
    customer_id: Id
    contract_id: Id
    name: Line
    status: Literal["planned", "running", "on_hold", "done", "cancelled"]
    start_on: Day
    end_on: Day
    budget_minor: Minor
    spent_minor: Minor = 0
    currency: Currency
    lead_id: Id | None = None
    channel: Line | None = None


class Milestone(Record):
    kind: ClassVar[RecordKind] = "milestone"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project"}
    project_id: Id
    name: Line
    due_on: Day
    status: Literal["planned", "in_progress", "completed", "invoiced"]
    amount_minor: Minor = 0
    currency: Currency
    after_id: Id | None = None


class TimeEntry(Record):
    """`milestone_id` is the phase that was worked on, where the source tells it."""

    kind: ClassVar[RecordKind] = "time_entry"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project", "person_id": "person"}
    project_id: Id
    person_id: Id
    day: Day
    minutes: Annotated[int, Field(ge=0, le=10_000)]
    rate_minor: Minor
    currency: Currency
    status: Literal["submitted", "approved", "flagged", "invoiced", "written_off"]
    note: Text | None = None
    milestone_id: Id | None = None
    approved_by_id: Id | None = None


class Opportunity(Record):
    kind: ClassVar[RecordKind] = "opportunity"
    links: ClassVar[Mapping[str, RecordKind]] = {"customer_id": "customer"}
    customer_id: Id
    title: Line
    stage: Literal["open", "won", "lost"]
    amount_minor: Minor
    currency: Currency
    expected_start_on: Day
    owner_id: Id | None = None


class ChangeRequest(Record):
    kind: ClassVar[RecordKind] = "change_request"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project"}
    project_id: Id
    text: Text
    status: Literal["submitted", "priced", "ordered", "rejected"]


class Ticket(Record):
    kind: ClassVar[RecordKind] = "ticket"
    links: ClassVar[Mapping[str, RecordKind]] = {"customer_id": "customer", "project_id": "project"}
    customer_id: Id
    project_id: Id | None = None
    title: Line
    text: Text
    priority: Literal["p1", "p2", "p3", "p4"]
    status: Literal["open", "waiting", "closed"]


class Forecast(Record):
    """Estimate to complete of one project; its id is the project's."""

    kind: ClassVar[RecordKind] = "forecast"
    links: ClassVar[Mapping[str, RecordKind]] = {"id": "project"}
    remaining_minutes: Annotated[int, Field(ge=0)]
    finish_on: Day


class ChangeOrder(Record):
    kind: ClassVar[RecordKind] = "change_order"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project"}
    project_id: Id
    change_request_id: Id | None = None
    title: Line
    minutes: int
    amount_minor: Minor
    currency: Currency
    status: Literal["draft", "cancelled"]


class Workspace(Record):
    kind: ClassVar[RecordKind] = "workspace"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project"}
    project_id: Id
    type: Literal["channel", "drive", "repository"]
    name: Line
    status: Literal["active", "cancelled"]


class Task(Record):
    kind: ClassVar[RecordKind] = "task"
    links: ClassVar[Mapping[str, RecordKind]] = {"assignee_id": "person"}
    title: Line
    description: Text | None = None
    assignee_id: Id
    due_on: Day
    about: Line | None = None
    status: Literal["open", "done", "cancelled"]


class Message(Record):
    kind: ClassVar[RecordKind] = "message"
    links: ClassVar[Mapping[str, RecordKind]] = {"customer_id": "customer"}
    customer_id: Id
    recipient: Email
    subject: Line
    body: Text
    status: Literal["scheduled", "sent", "recalled"]
    send_at: Moment


class Notice(Record):
    kind: ClassVar[RecordKind] = "notice"
    channel: Line
    text: Text


class Renewal(Record):
    kind: ClassVar[RecordKind] = "renewal"
    links: ClassVar[Mapping[str, RecordKind]] = {"contract_id": "contract", "owner_id": "person"}
    contract_id: Id
    owner_id: Id
    due_on: Day
    status: Literal["open", "cancelled"]


RECORDS: dict[RecordKind, type[Record]] = {
    model.kind: model
    for model in (
        Customer, Contact, Contract, RateCard, Project, Milestone, Person, Assignment, TimeEntry, Expense, Invoice,
        Opportunity, ChangeRequest, Vendor, Ticket, Leave, Forecast, ChangeOrder, Workspace, Task, Message, Notice,
        Renewal, ExchangeRate, Period, Calendar, StaffingRequest, LendingRule, DiscountRule, PurchaseOrder,
    )
}  # fmt: skip
