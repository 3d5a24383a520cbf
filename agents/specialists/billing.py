"""Billing: a drafted invoice is looked through by the readiness checks, then held or released."""

from collections.abc import Sequence
from itertools import groupby

from agents.findings import books_of, facts_of, reason, serious, stated, told, whose
from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Plan, Step
from agents.wording import hours, money
from tools.billing.approvals import approvals
from tools.billing.books import Books, find
from tools.billing.checks import INVOICES
from tools.billing.finding import Finding, together
from tools.billing.hours import duplicates, impossible_days
from tools.billing.invoices import billable
from tools.billing.rates import rates
from tools.lookups import MOST_TIME
from tools.records import Contract, Invoice, TimeEntry


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    invoice = situation.record(Invoice, subject.id if subject else None)
    assert invoice is not None
    summary = f"Invoice {invoice.number} over {money(invoice.amount_minor, invoice.currency)} was drafted."
    if invoice.status != "draft":
        return Plan(summary, nothing_because=f"invoice {invoice.id} is {invoice.status}, no longer a draft")
    time = situation.lookups.time_on(invoice.project_id)
    if len(time) >= MOST_TIME:
        return _by_hand(situation, invoice, summary)
    month = situation.lookups.period(f"{invoice.period_end_on:%Y-%m}")
    siblings = situation.lookups.invoices_of(invoice.contract_id)
    books = books_of(situation, _of_period(invoice, time), siblings, [month] if month else [])
    findings = [*(one for one in find(books, INVOICES) if one.record == invoice.key), *_on_time(books, invoice)]
    contract = situation.record(Contract, invoice.contract_id)
    # Without a contract nothing says that the money is due, whatever people thought of such findings before.
    held = [one for one in findings if contract is None or serious(books, one)]
    said = [one for one in findings if one not in held]
    if held or contract is None:
        return Plan(summary, (_hold(situation, books, invoice, held, said),))
    return Plan(summary, (_release(situation, books, invoice, contract, said),))


def _of_period(invoice: Invoice, time: Sequence[TimeEntry]) -> list[TimeEntry]:
    return [one for one in time if invoice.period_start_on <= one.day <= invoice.period_end_on]


def _on_time(books: Books, invoice: Invoice) -> list[Finding]:
    """What is wrong with the time that the invoice bills: of several entries with the same fault one finding.

    It is about the invoice, says the first entry's fault and how many there are, and cites them all.
    """
    billed = {one.key for one in billable(books, invoice)}
    found = [
        one for one in find(books, (rates, duplicates, impossible_days, approvals))
        if one.record in billed
    ]  # fmt: skip
    return [
        together(invoice.key, list(same))
        for _, same in groupby(sorted(found, key=lambda one: one.kind), key=lambda one: one.kind)
    ]


def _hold(
    situation: Situation, books: Books, invoice: Invoice, held: Sequence[Finding], said: Sequence[Finding]
) -> Step:
    beside = f" Besides: {told(said)}" if said else ""
    return Step(
        "hold", "hold_invoice",
        {
            "invoice_id": situation.of(invoice, "id"),
            "reason": reason(held, "found by comparing the invoice with time, contract, period and its siblings"),
        },
        rationale=f"{told(held)}{beside} To settle it: {' '.join(_advice(situation, held))}",
        evidence=[fact_id(invoice, "number"), fact_id(invoice, "amount_minor")],
        triggered_by=["event#invoice_id"],
        alternatives=["Correct the draft before it goes out.", "Release it as it is, with a reason on record."],
        computed=[*stated(books, held), f"{invoice.period_end_on:%Y-%m}"],
        findings=[*held, *said],
    )  # fmt: skip


def _advice(situation: Situation, findings: Sequence[Finding]) -> list[str]:
    return list(dict.fromkeys(f"{one.remedy.removesuffix('.')} ({whose(situation, one)})." for one in findings))


def _release(situation: Situation, books: Books, invoice: Invoice, contract: Contract, said: Sequence[Finding]) -> Step:
    checks = "the contract's limit and dates, the ledger's period and its other invoices"
    caution = f" To know: {told(said)}" if said else ""
    if contract.type == "time_and_materials":
        checks = f"time × rate, {checks}"
        waiting = sum(one.minutes for one in billable(books, invoice) if one.status == "submitted")
        caution += f" {hours(waiting)} of the period's time are submitted but not approved." if waiting else ""
    return Step(
        "release", "release_invoice",
        {
            "invoice_id": situation.of(invoice, "id"),
            "amount_minor": situation.of(invoice, "amount_minor"),
            "currency": situation.of(invoice, "currency"),
        },
        rationale=f"The invoice fits {checks}.{caution}",
        evidence=[
            fact_id(invoice, "number"), fact_id(contract, "title"), fact_id(invoice, "period_end_on"), *facts_of(said),
        ],
        triggered_by=["event#invoice_id"],
        alternatives=["Hold it until the lead has seen it."],
        findings=said,
    )  # fmt: skip


def _by_hand(situation: Situation, invoice: Invoice, summary: str) -> Plan:
    lead = situation.lead()
    because = f"project {invoice.project_id} has more time entries than are read at once"
    if lead is None:
        return Plan(summary, nothing_because=because)
    check = task(
        situation, "check", lead,
        title=f"Check invoice {invoice.number} by hand", description=f"It was not checked: {because}.",
        due_on=working_day(situation.today, 2), why=f"The invoice was not checked: {because}.",
        facts=(fact_id(invoice, "number"),), triggered_by=("event#invoice_id",),
    )  # fmt: skip
    return Plan(summary, (check,))
