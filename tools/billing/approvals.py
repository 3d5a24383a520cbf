"""Approvals that are missing: what counts as approved without anybody else having said so."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from tools.billing.books import Books, worth
from tools.billing.finding import Finding
from tools.records import Expense, PurchaseOrder, TimeEntry

A = TypeVar("A", TimeEntry, Expense, PurchaseOrder)


def approvals(books: Books) -> Iterator[Finding]:
    """Time, expenses and purchase orders past approval that name no approver, or the person whose they are.

    A source that names no approver at all, for a kind of record, tells nothing by leaving them out.
    """
    for entry in _unapproved(books.time, ("approved", "invoiced")):
        yield _missing(books, entry, worth(entry), entry.person_id)
    for expense in _unapproved(books.all(Expense), ("approved", "billed")):
        yield _missing(books, expense, (expense.amount_minor, expense.currency), expense.person_id)
    for order in _unapproved(books.all(PurchaseOrder), ("ordered", "delivered", "billed")):
        yield _missing(books, order, (order.amount_minor, order.currency), None)


def _unapproved(records: Sequence[A], past: tuple[str, ...]) -> Iterator[A]:
    if not any(one.approved_by_id for one in records):
        return
    for one in records:
        if one.status in past and one.approved_by_id in (None, getattr(one, "person_id", None)):
            yield one


def _missing(books: Books, record: A, amount: tuple[int, str], person: str | None) -> Finding:
    itself = person is not None and record.approved_by_id == person
    said = f"It is {record.status}, and {'the person approved it themselves' if itself else 'names no approver'}."
    facts = ((record, "status"), (record, "approved_by_id")) if itself else ((record, "status"),)
    return books.finding("approval_missing", record, said, facts, stake=amount)
