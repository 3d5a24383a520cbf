"""Invoices: what was billed month by month, what lies drafted, and the drafts that somebody should look at."""

from calendar import monthrange
from collections import defaultdict
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

    def replace(self, invoice: Invoice, **fields: object) -> None:
        place = self.invoices.index(invoice)
        self.invoices[place] = Invoice.model_validate(invoice.model_dump() | fields)


def make_invoices(
    rng: Random, work: Portfolio, entries: list[TimeEntry], today: date
) -> tuple[list[Invoice], dict[str, str]]:
    """Invoices, and the status that each billed time entry takes by them (entry id → `invoiced`)."""
    billing = Billing(today)
    contracts = {contract.id: contract for contract in work.contracts}
    milestones: dict[str, list[Milestone]] = defaultdict(list)
    for milestone in work.milestones:
        milestones[milestone.project_id].append(milestone)
    last_start, last_end = month_span(today, 1)
    billed: dict[str, list[TimeEntry]] = defaultdict(list)
    for entry in entries:
        if entry.status == "approved" and last_start <= entry.day <= last_end:
            billed[entry.project_id].append(entry)
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
    _disorder(billing, contracts, today)
    gone = {invoice.project_id for invoice in billing.invoices
            if invoice.status in ("released", "paid") and invoice.period_start_on == last_start}  # fmt: skip
    return billing.invoices, {entry.id: "invoiced" for ident in gone for entry in billed[ident]}


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


def _disorder(billing: Billing, contracts: dict[str, Contract], today: date) -> None:
    """A draft above its hours × rate, one that nobody moved for weeks, one in a closed month."""
    hourly = [invoice for invoice in billing.invoices if contracts[invoice.contract_id].type == "time_and_materials"]
    last_month = month_span(today, 1)[0]
    recent = [invoice for invoice in hourly if invoice.period_start_on == last_month]
    older = [invoice for invoice in hourly if invoice.period_start_on < last_month]
    billing.replace(recent[0], status="draft", amount_minor=recent[0].amount_minor * 118 // 100)
    billing.replace(recent[1], status="draft", drafted_on=min(recent[1].drafted_on, today - timedelta(days=38)))
    billing.replace(older[-1], status="draft", drafted_on=today - timedelta(days=2))
