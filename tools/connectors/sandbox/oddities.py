"""Oddities: what looks wrong at first sight and is right. A finding about one of these is a false alarm."""

from collections import Counter

from tools.connectors.sandbox.mistakes import Culprit, Mistake
from tools.records import Contract, Customer, Expense, Project, PurchaseOrder, TimeEntry


def going_live(by: Culprit) -> None:
    """A day of thirteen hours."""
    by.change(_unbilled(by), minutes=780, note="Release preparation")


def two_meetings(by: Culprit) -> None:
    """An hour in the morning and an hour in the afternoon, each with a note of its own."""
    entry = by.change(_unbilled(by), minutes=60, note="Workshop with the customer")
    by.copy(entry, note="Review of open points")


def new_rate(by: Culprit) -> None:
    """An amendment raised the rate from this week on; the hours before were worked at the old one."""
    fixed = by.pick(Contract, lambda one: one.type == "fixed_price" and one.status == "active")
    rate = fixed.hourly_rate_minor + 700
    by.change(
        fixed, hourly_rate_minor=rate, crm_hourly_rate_minor=rate, erp_hourly_rate_minor=rate,
        rate_since_on=by.today,
    )  # fmt: skip


def bulk_order(by: Culprit) -> None:
    """A quarter off for a large quantity."""
    order = by.pick(PurchaseOrder)
    by.change(order, quantity=order.quantity * 5, amount_minor=order.amount_minor * 5 * 3 // 4)


def shared_taxi(by: Culprit) -> None:
    """Two people, the same day and trip, each with half of the bill."""
    expense = by.pick(Expense, lambda one: one.status == "approved")
    other = by.pick(Expense, lambda one: one.person_id != expense.person_id)
    by.copy(expense, person_id=other.person_id)


def round_fee(by: Culprit) -> None:
    """A conference that costs a round sum."""
    by.change(by.pick(Expense, lambda one: one.status == "approved"), amount_minor=50_000)


def namesake(by: Culprit) -> None:
    """Another firm with a name that is much alike, in a place of its own."""
    customer = by.pick(Customer, lambda one: " " in one.name)
    name = f"{customer.name.split()[0]} Partners"
    by.copy(customer, name=name, mail_domain=f"{name.split()[0].lower()}-partners.example")


def _unbilled(by: Culprit) -> TimeEntry:
    """An entry of a day that has no other of the same person, on a project without a draft."""

    drafted, entries = by.drafted, by.all(TimeEntry)
    on_day = Counter((one.person_id, one.day) for one in entries)
    running = {one.id for one in by.all(Project) if one.status == "running"} - drafted
    return by.pick(
        TimeEntry,
        lambda one: one.status == "approved" and one.project_id in running and on_day[one.person_id, one.day] == 1,
    )


ODDITIES: dict[str, Mistake] = {
    one.__name__: one
    for one in (going_live, two_meetings, new_rate, bulk_order, shared_taxi, round_fee, namesake)
}  # fmt: skip
