"""Invoices: what was billed month by month, what lies drafted, and the drafts that somebody should look at."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from tools.connectors.sandbox.book import make_id
from tools.connectors.sandbox.work import Portfolio, months_of
from tools.records import Contract, Invoice, Milestone, Project, TimeEntry


def month_span(today: date, back: int) -> tuple[date, date]:
    """First and last day of the month `back` months before that of `today`."""
    month = today.year * 12 + today.month - 1 - back
    year, place = month // 12, month % 12 + 1
    return date(year, place, 1), date(year, place, monthrange(year, place)[1])


def priced(minutes: int, rate_minor: int) -> int:
    """Minutes at an hourly rate, in minor units, rounded half up."""
    return (minutes * rate_minor + 30) // 60


class Billing:
    """Numbers invoices as they are drawn up; `bill` keeps what it makes."""

    def __init__(self, today: date) -> None:
        self._today = today
        self.invoices: list[Invoice] = []

    def bill(self, project: Project, contract: Contract, **fields: object) -> Invoice:
        number = len(self.invoices) + 1
        invoice = Invoice.model_validate({
            "id": make_id("invoice", number), "unit": project.unit, "customer_id": project.customer_id,
            "project_id": project.id, "contract_id": contract.id, "number": f"INV-{self._today.year}-{number:04d}",
            "currency": contract.currency, "authors": {"*": "system/erp"}, **fields,
        })  # fmt: skip
        self.invoices.append(invoice)
        return invoice


def make_invoices(rng: Random, work: Portfolio, entries: list[TimeEntry], today: date) -> list[Invoice]:
    billing = Billing(today)
    contracts = {contract.id: contract for contract in work.contracts}
    milestones: dict[str, list[Milestone]] = defaultdict(list)
    for milestone in work.milestones:
        milestones[milestone.project_id].append(milestone)
    billed = _last_month(entries, today)
    for project in work.projects:
        contract = contracts[project.contract_id]
        if project.status != "running":
            continue
        if contract.type == "fixed_price":
            for milestone in milestones[project.id]:
                if milestone.status == "invoiced":
                    _bill_milestone(rng, billing, project, contract, milestone, today)
            continue
        _bill_older_months(rng, billing, project, contract, billed[project.id], today)
        _bill_last_month(rng, billing, project, contract, billed[project.id], today)
    return billing.invoices


def billed_time(invoices: list[Invoice], entries: list[TimeEntry], today: date) -> set[str]:
    """Ids of last month's time entries that an invoice which has gone out bills."""
    last_start, billed = month_span(today, 1)[0], _last_month(entries, today)
    gone = {invoice.project_id for invoice in invoices
            if invoice.status in ("released", "paid") and invoice.period_start_on == last_start}  # fmt: skip
    return {entry.id for ident in gone for entry in billed.get(ident, ())}


def _last_month(entries: list[TimeEntry], today: date) -> dict[str, list[TimeEntry]]:
    """Project → last month's approved time."""
    start, end = month_span(today, 1)
    found: dict[str, list[TimeEntry]] = defaultdict(list)
    for entry in entries:
        if entry.status == "approved" and start <= entry.day <= end:
            found[entry.project_id].append(entry)
    return found


def _bill_milestone(
    rng: Random, billing: Billing, project: Project, contract: Contract, milestone: Milestone, today: date
) -> None:
    drafted = milestone.due_on + timedelta(days=rng.randrange(1, 9))
    billing.bill(
        project, contract, status="paid" if (today - drafted).days > contract.payment_days else "released",
        amount_minor=milestone.amount_minor, period_start_on=milestone.due_on.replace(day=1),
        period_end_on=milestone.due_on, drafted_on=drafted,
    )  # fmt: skip


def _monthly_fee(contract: Contract) -> int:
    return contract.value_minor // months_of(contract.start_on, contract.end_on)


def _bill_older_months(
    rng: Random, billing: Billing, project: Project, contract: Contract, month: list[TimeEntry], today: date
) -> None:
    worked = sum(entry.minutes for entry in month)
    for back in (3, 2):
        start, end = month_span(today, back)
        if project.start_on > start:
            continue
        minutes = round(worked * rng.uniform(0.9, 1.1) / 15) * 15
        retainer = contract.type == "retainer"
        drafted = end + timedelta(days=3)
        billing.bill(
            project, contract, status="paid" if (today - drafted).days > contract.payment_days else "released",
            amount_minor=_monthly_fee(contract) if retainer else priced(minutes, contract.hourly_rate_minor),
            minutes=minutes, period_start_on=start, period_end_on=end, drafted_on=drafted,
        )  # fmt: skip


def _bill_last_month(
    rng: Random, billing: Billing, project: Project, contract: Contract, month: list[TimeEntry], today: date
) -> None:
    if not month:
        return
    start, end = month_span(today, 1)
    minutes = sum(entry.minutes for entry in month)
    retainer = contract.type == "retainer"
    billing.bill(
        project, contract, status="draft" if rng.random() < 0.45 else "released",
        amount_minor=_monthly_fee(contract) if retainer else priced(minutes, contract.hourly_rate_minor),
        minutes=minutes, period_start_on=start, period_end_on=end, drafted_on=min(today, end + timedelta(days=2)),
    )  # fmt: skip


def disordered(invoices: list[Invoice], contracts: Mapping[str, Contract], today: date) -> list[Invoice]:
    """With a draft above its hours × rate, one that nobody moved for weeks, one in a closed month."""
    hourly = [invoice for invoice in invoices if contracts[invoice.contract_id].type == "time_and_materials"]
    last_month = month_span(today, 1)[0]
    above, waiting = [invoice for invoice in hourly if invoice.period_start_on == last_month][:2]
    closed = [invoice for invoice in hourly if invoice.period_start_on < last_month][-1]
    changes: dict[str, dict[str, object]] = {
        above.id: {"status": "draft", "amount_minor": above.amount_minor * 118 // 100},
        waiting.id: {"status": "draft", "drafted_on": min(waiting.drafted_on, today - timedelta(days=38))},
        closed.id: {"status": "draft", "drafted_on": today - timedelta(days=2)},
    }
    return [Invoice.model_validate(one.model_dump() | changes.get(one.id, {})) for one in invoices]
