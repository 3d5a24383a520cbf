"""Mistakes in drafts of invoices, in expenses and in purchase orders."""

from datetime import timedelta

from tools.connectors.sandbox.invoices import month_span
from tools.connectors.sandbox.mistakes import Culprit, Mistake
from tools.records import Contract, Expense, Invoice, Milestone, Period, Person, Project, PurchaseOrder, TimeEntry


def _draft(by: Culprit, *forms: str) -> Invoice:
    """A draft of last month under a contract of one of the forms, or a released one turned back into a draft."""
    last = month_span(by.today, 1)[0]

    def fits(one: Invoice) -> bool:
        recent = one.period_start_on == last and one.status in ("draft", "released")
        return recent and by.get(Contract, one.contract_id).type in forms

    invoice = by.pick(Invoice, fits)
    drafted_on = max(invoice.drafted_on, by.today - timedelta(days=20))
    return by.change(invoice, status="draft", drafted_on=drafted_on)


_BY_MONTH = ("time_and_materials", "retainer")


def wrong_amount(by: Culprit) -> None:
    invoice = _draft(by, *_BY_MONTH)
    factor = by.rng.choice((900, 960, 1_007, 1_030, 1_090, 1_200, 1_400))
    by.note("amount_differs", by.change(invoice, amount_minor=invoice.amount_minor * factor // 1_000))


def nothing_to_pay(by: Culprit) -> None:
    invoice = _draft(by, *_BY_MONTH)
    by.note("amount_not_positive", by.change(invoice, amount_minor=by.rng.choice((0, -invoice.amount_minor))))


def billed_twice(by: Culprit) -> None:
    """The month's run was started again after the first invoice had gone out."""
    invoice = _draft(by, "retainer", "time_and_materials")
    by.change(invoice, status="released")
    again = by.copy(invoice, number=f"{invoice.number}-A")
    by.note("duplicate_invoice", again)


def over_the_cap(by: Culprit) -> None:
    """The cap was lowered, and the month's invoice drafted as if nothing had happened."""
    invoice = _draft(by, "time_and_materials")
    contract = by.get(Contract, invoice.contract_id)
    billed = sum(
        one.amount_minor for one in by.all(Invoice)
        if one.contract_id == contract.id and one.status in ("released", "paid")
    )  # fmt: skip
    cap = billed + invoice.amount_minor * by.rng.randrange(20, 95) // 100
    by.change(contract, cap_minor=cap, crm_cap_minor=cap, erp_cap_minor=cap)
    drafts = [one for one in by.all(Invoice) if one.contract_id == contract.id and one.status == "draft"]
    by.note("cap_exceeded", *drafts)


def time_not_approved(by: Culprit) -> None:
    """The lead has not looked at the last week of the month, and it was billed."""
    invoice = _draft(by, "time_and_materials")
    span = (invoice.period_start_on, invoice.period_end_on)
    entries = [
        one for one in by.all(TimeEntry) if one.project_id == invoice.project_id and span[0] <= one.day <= span[1]
    ]
    days = sorted({one.day for one in entries})
    late = days[len(days) * 2 // 3]
    for entry in entries:
        by.change(entry, status="submitted" if entry.day >= late else "approved",
                  approved_by_id=None if entry.day >= late else entry.approved_by_id)  # fmt: skip
    minutes = sum(one.minutes for one in entries)
    worth = sum(one.minutes * one.rate_minor for one in entries) // 60
    by.note("time_unapproved", by.change(invoice, amount_minor=worth, minutes=minutes))


def _time_of(by: Culprit, invoice: Invoice) -> list[TimeEntry]:
    return [
        one for one in by.all(TimeEntry)
        if one.project_id == invoice.project_id and invoice.period_start_on <= one.day <= invoice.period_end_on
    ]  # fmt: skip


def time_in_doubt(by: Culprit) -> None:
    """An entry was flagged after the invoice over it had been drafted."""
    invoice = _draft(by, "retainer")
    span = (invoice.period_start_on, invoice.period_end_on)
    entries = [
        one for one in by.all(TimeEntry) if one.project_id == invoice.project_id and span[0] <= one.day <= span[1]
    ]
    by.change(entries[by.rng.randrange(len(entries))], status="flagged")
    by.note("time_flagged", invoice)


def lost_contract(by: Culprit) -> None:
    invoice = _draft(by, *_BY_MONTH)
    by.note("contract_missing", by.change(invoice, contract_id=f"{invoice.contract_id}-old"))


def closed_month(by: Culprit) -> None:
    """A retainer's month that was closed without having been billed."""
    closed = {one.id for one in by.all(Period) if one.status == "closed"}
    released = by.pick(
        Invoice,
        lambda one: one.status in ("released", "paid") and f"{one.period_end_on:%Y-%m}" in closed
        and by.get(Contract, one.contract_id).type == "retainer",
    )  # fmt: skip
    by.note("closed_period", by.change(released, status="draft", drafted_on=by.today - timedelta(days=1)))


def left_lying(by: Culprit) -> None:
    drafted_on = by.today - timedelta(days=by.rng.randrange(32, 90))
    by.note("draft_stale", by.change(_draft(by, *_BY_MONTH), drafted_on=drafted_on))


def wrong_year(by: Culprit) -> None:
    """The year of the period mistyped."""
    invoice = _draft(by, "retainer")
    start_on, end_on = month_span(invoice.period_start_on, -24)
    by.note("outside_contract", by.change(invoice, period_start_on=start_on, period_end_on=end_on))


def too_early(by: Culprit) -> None:
    """A milestone billed by its date in the plan, which nobody has reached; no other one waits to be billed."""
    waiting = {one.project_id for one in by.all(Milestone) if one.status == "completed"}
    milestone = by.pick(
        Milestone,
        lambda one: one.status in ("planned", "in_progress") and one.amount_minor > 0
        and by.get(Project, one.project_id).status == "running" and one.project_id not in waiting,
    )  # fmt: skip
    released = by.pick(
        Invoice, lambda one: one.project_id == milestone.project_id and one.status in ("released", "paid")
    )
    start_on, end_on = month_span(by.today, 0)
    again = by.copy(
        released, number=f"{released.number}-B", status="draft", amount_minor=milestone.amount_minor,
        written_off_minor=0, period_start_on=start_on, period_end_on=end_on, drafted_on=by.today,
    )  # fmt: skip
    by.note("milestone_open", again)


def lost_contact(by: Culprit) -> None:
    """Whom the invoices went to has left the customer, and the contact was deleted."""
    invoice = _draft(by, *_BY_MONTH)
    contract = by.get(Contract, invoice.contract_id)
    ident = "cnt-99"
    by.change(contract, billing_contact_id=ident, crm_billing_contact_id=ident, erp_billing_contact_id=ident)
    by.note("contact_missing", *(
        one for one in by.all(Invoice) if one.contract_id == contract.id and one.status in ("draft", "held")
    ))  # fmt: skip


def _expense(by: Culprit) -> Expense:
    return by.pick(Expense, lambda one: one.status == "approved")


def nobodys_expense(by: Culprit) -> None:
    by.note("project_missing", by.change(_expense(by), project_id=None))


def nobodys_order(by: Culprit) -> None:
    by.note("project_missing", by.change(by.pick(PurchaseOrder), project_id=by.rng.choice((None, "prj-old"))))


def expense_twice(by: Culprit) -> None:
    by.note("duplicate_expense", by.copy(_expense(by)))


def expense_unapproved(by: Culprit) -> None:
    expense = _expense(by)
    by.note("approval_missing", by.change(expense, approved_by_id=by.rng.choice((None, expense.person_id))))


def order_unapproved(by: Culprit) -> None:
    by.note("approval_missing", by.change(by.pick(PurchaseOrder), approved_by_id=None))


def late_expense(by: Culprit) -> None:
    """A receipt that turned up after its month was closed."""
    day = month_span(by.today, 3)[0] + timedelta(days=by.rng.randrange(25))
    by.note("closed_period", by.change(_expense(by), day=day, status="submitted", approved_by_id=None))


def guessed_amounts(by: Culprit) -> None:
    """Somebody lost the receipts and wrote down what it may have been."""
    like = _expense(by)
    person = by.pick(Person, lambda one: one.unit is not None)
    for number in range(by.rng.randrange(4, 10)):
        by.copy(
            like, person_id=person.id, amount_minor=by.rng.randrange(1, 9) * 5_000,
            day=like.day - timedelta(days=number), category="Travel",
        )  # fmt: skip
    by.note("round_amounts", person)


def dear_order(by: Culprit) -> None:
    """A quantity or a price with a digit too many or too few, or just much too dear."""
    order = by.pick(PurchaseOrder, lambda one: one.quantity > 1)
    factor = by.rng.choice((10, 20, 150, 250, 500, 1_000))
    by.note("unit_price_outlier", by.change(order, amount_minor=max(1, order.amount_minor * factor // 100)))


IN_MONEY: dict[str, Mistake] = {
    one.__name__: one
    for one in (
        over_the_cap, time_not_approved, time_in_doubt, wrong_year, wrong_amount, nothing_to_pay, billed_twice,
        lost_contract, closed_month, left_lying, too_early, lost_contact, nobodys_expense, nobodys_order,
        expense_twice, expense_unapproved, order_unapproved, late_expense, guessed_amounts, dear_order,
    )
}  # fmt: skip
