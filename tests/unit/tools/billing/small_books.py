"""A customer, a contract, a project and somebody booked on it, in order; tests put one thing out of order."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from tools.billing.books import Books, Detector, find
from tools.billing.confidence import NOTHING_LEARNED, Learned
from tools.billing.finding import Finding
from tools.billing.limits import Limits
from tools.records import (
    Assignment,
    Contact,
    Contract,
    Customer,
    Expense,
    Invoice,
    Milestone,
    Period,
    Person,
    Project,
    PurchaseOrder,
    Record,
    Skill,
    TimeEntry,
)

R = TypeVar("R", bound=Record)
TODAY = date(2026, 3, 18)
ERP = {"*": "system/erp"}


def customer(ident: str = "cus-1", **more: Any) -> Customer:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "name": "Harbour Mills", "tier": "standard", "mail_domain": "harbour.example",
        "account_lead_id": "per-account",
    }  # fmt: skip
    return Customer(**(values | more))


def contact(ident: str = "cnt-1", **more: Any) -> Contact:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "customer_id": "cus-1", "name": "Bea Lund", "email": f"{ident}@harbour.example",
    }  # fmt: skip
    return Contact(**(values | more))


def contract(ident: str = "ctr-1", **more: Any) -> Contract:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "customer_id": "cus-1", "title": "Harbour Mills: Portal",
        "type": "time_and_materials", "status": "active", "start_on": date(2026, 1, 1), "end_on": date(2026, 12, 31),
        "value_minor": 12_000_000, "currency": "EUR", "hourly_rate_minor": 12_000, "owner_id": "per-owner",
    }  # fmt: skip
    return Contract(**(values | more))


def project(ident: str = "prj-1", **more: Any) -> Project:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "customer_id": "cus-1", "contract_id": "ctr-1", "name": "Portal",
        "status": "running", "start_on": date(2026, 1, 5), "end_on": date(2026, 9, 30), "budget_minor": 12_000_000,
        "currency": "EUR", "lead_id": "per-lead",
    }  # fmt: skip
    return Project(**(values | more))


def person(ident: str = "per-1", **more: Any) -> Person:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "name": "Ann Okoro", "email": f"{ident}@firm.example", "title": "Consultant",
        "skills": [Skill(name="python", level=3)], "cost_rate_minor": 5_000, "bill_rate_minor": 10_000,
        "currency": "EUR", "starts_on": date(2020, 1, 1), "manager_id": "per-lead",
    }  # fmt: skip
    return Person(**(values | more))


def seat(ident: str = "asg-1", **more: Any) -> Assignment:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "project_id": "prj-1", "person_id": "per-1", "role": "Consultant",
        "start_on": date(2026, 1, 5), "end_on": date(2026, 9, 30), "percent": 100, "status": "confirmed",
    }  # fmt: skip
    return Assignment(**(values | more))


def entry(ident: str = "tim-1", **more: Any) -> TimeEntry:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "project_id": "prj-1", "person_id": "per-1", "day": date(2026, 2, 10),
        "minutes": 480, "rate_minor": 12_000, "currency": "EUR", "status": "approved", "approved_by_id": "per-lead",
    }  # fmt: skip
    return TimeEntry(**(values | more))


def invoice(ident: str = "inv-1", **more: Any) -> Invoice:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "customer_id": "cus-1", "project_id": "prj-1", "contract_id": "ctr-1",
        "number": ident.upper(), "status": "draft", "amount_minor": 96_000, "currency": "EUR", "minutes": 480,
        "period_start_on": date(2026, 2, 1), "period_end_on": date(2026, 2, 28), "drafted_on": date(2026, 3, 2),
    }  # fmt: skip
    return Invoice(**(values | more))


def milestone(ident: str = "mst-1", **more: Any) -> Milestone:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "project_id": "prj-1", "name": "Design", "due_on": date(2026, 2, 28),
        "status": "in_progress", "currency": "EUR",
    }  # fmt: skip
    return Milestone(**(values | more))


def expense(ident: str = "exp-1", **more: Any) -> Expense:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "project_id": "prj-1", "person_id": "per-1", "day": date(2026, 3, 3),
        "amount_minor": 12_345, "currency": "EUR", "category": "Travel", "status": "approved",
        "approved_by_id": "per-lead",
    }  # fmt: skip
    return Expense(**(values | more))


def order(ident: str = "puo-1", **more: Any) -> PurchaseOrder:
    values: dict[str, Any] = {
        "id": ident, "authors": ERP, "vendor_id": "ven-1", "project_id": "prj-1", "item": "Design day", "quantity": 2,
        "amount_minor": 130_000, "currency": "EUR", "ordered_on": date(2026, 3, 3), "status": "ordered",
        "approved_by_id": "per-lead",
    }  # fmt: skip
    return PurchaseOrder(**(values | more))


def base() -> list[Record]:
    """All in order, and a lead, an owner and an account lead who work here."""
    leads = [person(f"per-{one}", name=f"{one.title()} Person") for one in ("lead", "owner", "account")]
    months = [
        Period(id="2026-01", authors=ERP, status="closed"), Period(id="2026-02", authors=ERP, status="open"),
        Period(id="2026-03", authors=ERP, status="open"),
    ]  # fmt: skip
    return [*leads, person(), customer(), contract(), project(), seat(), entry(), invoice(), *months]


def found(
    detectors: Iterable[Detector], *records: Record, limits: Limits | None = None, learned: Learned = NOTHING_LEARNED
) -> list[Finding]:
    """What is found in the base with these records beside it, or in the place of its own."""
    books = {str(one.key): one for one in (*base(), *records)}
    return find(Books(books.values(), TODAY, limits=limits, learned=learned), detectors)


def kinds(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return sorted((one.kind, one.record.id) for one in findings)
