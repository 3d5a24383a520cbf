"""Canonical records of the books: prices, invoices, what is spent, the months and currencies it is booked in."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tools.record import Record
from tools.values import Currency, Day, Id, Line, Minor, RecordKind, Text


class RateCard(Record):
    kind: ClassVar[RecordKind] = "rate_card"
    role: Line
    level: Annotated[int, Field(ge=1, le=5)]
    hourly_rate_minor: Minor
    currency: Currency


class DiscountRule(Record):
    """How far below list prices a customer of a tier may be charged without anybody's word, in percent."""

    kind: ClassVar[RecordKind] = "discount_rule"
    tier: Literal["strategic", "key", "standard"]
    max_percent: Annotated[int, Field(ge=0, le=100)]


class Invoice(Record):
    kind: ClassVar[RecordKind] = "invoice"
    links: ClassVar[Mapping[str, RecordKind]] = {
        "customer_id": "customer", "project_id": "project", "contract_id": "contract",
    }  # fmt: skip
    customer_id: Id
    project_id: Id
    contract_id: Id
    number: Line
    status: Literal["draft", "held", "released", "paid"]
    amount_minor: Minor
    written_off_minor: Minor = 0
    currency: Currency
    period_start_on: Day
    period_end_on: Day
    minutes: Annotated[int, Field(ge=0)] = 0
    drafted_on: Day
    hold_reason: Text | None = None


class Expense(Record):
    kind: ClassVar[RecordKind] = "expense"
    links: ClassVar[Mapping[str, RecordKind]] = {"project_id": "project", "person_id": "person"}
    project_id: Id | None = None
    person_id: Id
    day: Day
    amount_minor: Minor
    currency: Currency
    category: Line
    status: Literal["submitted", "approved", "billed", "rejected"] = "submitted"
    approved_by_id: Id | None = None


class Vendor(Record):
    kind: ClassVar[RecordKind] = "vendor"
    name: Line
    bank_account: Line | None = None


class PurchaseOrder(Record):
    """`amount_minor` is for `quantity` of `item`."""

    kind: ClassVar[RecordKind] = "purchase_order"
    links: ClassVar[Mapping[str, RecordKind]] = {"vendor_id": "vendor", "project_id": "project"}
    vendor_id: Id
    project_id: Id | None = None
    item: Line
    quantity: Annotated[int, Field(gt=0)]
    amount_minor: Minor
    currency: Currency
    ordered_on: Day
    status: Literal["ordered", "delivered", "billed", "cancelled"]
    approved_by_id: Id | None = None


class ExchangeRate(Record):
    """Minor units of the firm's base currency for one minor unit of another, in parts per million, on a date.

    The id is the other currency's code.
    """

    kind: ClassVar[RecordKind] = "exchange_rate"
    base_currency: Currency
    rate_ppm: Annotated[int, Field(gt=0)]
    day: Day


class Period(Record):
    """A month of the ledger, id `2026-03`; nothing is booked into a closed one."""

    kind: ClassVar[RecordKind] = "period"
    status: Literal["open", "closed"]
