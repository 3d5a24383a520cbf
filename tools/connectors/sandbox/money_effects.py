"""What the tools do that move money or keep it from moving: budgets, change orders, terms, invoices, time entries."""

from collections.abc import Mapping
from datetime import date

from pydantic import JsonValue, ValidationError

from tools.actions import (
    ChangeBudget,
    CreateChangeOrder,
    FlagTimeEntry,
    HoldInvoice,
    ReleaseInvoice,
    ResumeInvoice,
    ReverseWriteOff,
    SyncContractTerms,
    UnflagTimeEntry,
    WriteOff,
)
from tools.connectors.sandbox.book import Book
from tools.connectors.sandbox.effects import Apply, Effect, open_project
from tools.connectors.sandbox.pen import FIRM, Pen
from tools.records import ChangeOrder, ChangeRequest, Contact, Contract, Invoice, Period, TimeEntry
from tools.write_port import Refused


def change_budget(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, ChangeBudget)
    project = open_project(book, action.project_id)
    if project.currency != action.currency:
        raise Refused(f"project {project.id} is kept in {project.currency}, not {action.currency}")
    if action.budget_minor < project.spent_minor:
        raise Refused(f"project {project.id} has already spent more than the new budget")
    book.change(project, pen, budget_minor=action.budget_minor)
    return Effect(
        {"project_id": project.id, "budget_minor": action.budget_minor}, {"budget_minor": project.budget_minor}
    )


def create_change_order(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, CreateChangeOrder)
    project = open_project(book, action.project_id)
    if project.currency != action.currency:
        raise Refused(f"project {project.id} is kept in {project.currency}, not {action.currency}")
    if action.change_request_id is not None:
        request = book.require(ChangeRequest, action.change_request_id)
        if request.project_id != project.id:
            raise Refused(f"change request {request.id} belongs to project {request.project_id}, not {project.id}")
    ident = book.new_id("change_order")
    book.add([ChangeOrder.model_validate({
        **action.model_dump(exclude={"tool"}), "id": ident, "unit": project.unit, "status": "draft",
        "authors": pen.authors(ChangeOrder),
    })])  # fmt: skip
    return Effect({"change_order_id": ident})


_TERMS: Mapping[str, type] = {"start_on": date, "end_on": date, "currency": str, "type": str, "billing_contact_id": str}
"""Term of a contract → what its value is, where it is no whole number."""


def sync_contract_terms(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, SyncContractTerms)
    contract = book.require(Contract, action.contract_id)
    value = action.args()["value"]
    if not isinstance(action.value, _TERMS.get(action.term, int)):
        raise Refused(f"{action.term} cannot be {value}")
    if action.term == "end_on" and value < contract.start_on.isoformat():
        raise Refused(f"contract {contract.id} starts on {contract.start_on} and cannot end before")
    if action.term == "payment_days" and not 0 <= value <= 365:
        raise Refused("payment_days lies between 0 and 365")
    if action.term == "billing_contact_id" and book.require(Contact, value).customer_id != contract.customer_id:
        raise Refused(f"contact {value} is not one of customer {contract.customer_id}")
    held = f"{action.system}_{action.term}"
    before = contract.value(held)
    try:
        book.change(contract, lambda _field: pen("value"), **{held: action.value})
    except ValidationError:
        raise Refused(f"{action.term} cannot be {value}") from None
    return Effect({"contract_id": contract.id, "value": action.args()["value"]}, {"value": before})


def _invoice_effect(invoice: Invoice, status: str) -> Effect:
    return Effect(
        {"invoice_id": invoice.id, "status": status}, {"status": invoice.status, "hold_reason": invoice.hold_reason}
    )


def hold_invoice(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, HoldInvoice)
    invoice = book.require(Invoice, action.invoice_id)
    if invoice.status != "draft":
        raise Refused(f"invoice {invoice.id} is {invoice.status}: only a draft can be held")
    author = {"status": FIRM, "hold_reason": pen("reason")}.__getitem__
    book.change(invoice, author, status="held", hold_reason=action.reason)
    return _invoice_effect(invoice, "held")


def resume_invoice(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, ResumeInvoice)
    invoice = book.require(Invoice, action.invoice_id)
    if invoice.status != "held":
        raise Refused(f"invoice {invoice.id} is {invoice.status}, not held")
    book.change(invoice, pen.firm, status="draft", hold_reason=None)
    return _invoice_effect(invoice, "draft")


def release_invoice(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, ReleaseInvoice)
    invoice = book.require(Invoice, action.invoice_id)
    if invoice.status in ("released", "paid"):
        raise Refused(f"invoice {invoice.id} is already {invoice.status}")
    if invoice.status == "held":
        raise Refused(f"invoice {invoice.id} is held and cannot be released")
    if (invoice.amount_minor, invoice.currency) != (action.amount_minor, action.currency):
        raise Refused(f"invoice {invoice.id} is over {invoice.amount_minor} {invoice.currency}, not what was approved")
    period = book.get(Period, f"{invoice.period_end_on:%Y-%m}")
    if period is not None and period.status == "closed":
        raise Refused(f"invoice {invoice.id} lies in {period.id}, a closed period")
    book.change(invoice, pen.firm, status="released")
    return _invoice_effect(invoice, "released")


def flag_time_entry(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, FlagTimeEntry)
    entry = book.require(TimeEntry, action.time_entry_id)
    if entry.status not in ("submitted", "approved"):
        raise Refused(f"time entry {entry.id} is {entry.status} and cannot be flagged")
    book.remember(entry, "status")
    book.change(entry, pen.firm, status="flagged")
    return Effect({"time_entry_id": entry.id, "status": "flagged"}, {"status": entry.status})


def unflag_time_entry(book: Book, pen: Pen) -> Effect:
    """Back to what it was before it was flagged."""
    action = pen.action
    assert isinstance(action, UnflagTimeEntry)
    entry = book.require(TimeEntry, action.time_entry_id)
    if entry.status != "flagged":
        raise Refused(f"time entry {entry.id} is {entry.status}, not flagged")
    status = book.recollect(entry, "status") or "submitted"
    book.change(entry, pen.firm, status=status)
    return Effect({"time_entry_id": entry.id, "status": status}, {"status": "flagged"})


def _written_off(book: Book, pen: Pen, invoice: Invoice, total: int) -> Effect:
    book.change(invoice, pen.firm, written_off_minor=total)
    before: dict[str, JsonValue] = {"written_off_minor": invoice.written_off_minor}
    return Effect({"invoice_id": invoice.id, "written_off_minor": total}, before)


def write_off(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, WriteOff)
    invoice = _billed(book, action.invoice_id, action.currency)
    total = invoice.written_off_minor + action.amount_minor
    if total > invoice.amount_minor:
        raise Refused(f"invoice {invoice.id}: {total} would be written off of {invoice.amount_minor}")
    return _written_off(book, pen, invoice, total)


def reverse_write_off(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, ReverseWriteOff)
    invoice = _billed(book, action.invoice_id, action.currency)
    if action.amount_minor > invoice.written_off_minor:
        raise Refused(f"invoice {invoice.id} has only {invoice.written_off_minor} written off")
    return _written_off(book, pen, invoice, invoice.written_off_minor - action.amount_minor)


def _billed(book: Book, ident: str, currency: str) -> Invoice:
    invoice = book.require(Invoice, ident)
    if invoice.currency != currency:
        raise Refused(f"invoice {invoice.id} is in {invoice.currency}, not {currency}")
    if invoice.status == "paid":
        raise Refused(f"invoice {invoice.id} is paid")
    return invoice


MONEY_EFFECTS: dict[str, Apply] = {
    effect.__name__: effect
    for effect in (
        change_budget, create_change_order, sync_contract_terms, hold_invoice, resume_invoice, release_invoice,
        flag_time_entry, unflag_time_entry, write_off, reverse_write_off,
    )
}  # fmt: skip
