"""Billing: a drafted invoice is compared with hours, contract, period and its siblings, then held or released."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import day, hours, money
from tools.records import Contract, Invoice, TimeEntry

TOLERANCE_BP = 100
"""Amount and hours × rate may differ by this many hundredths of a percent, for rounding by line."""

READ_AT_MOST = 1000


@dataclass(frozen=True)
class Finding:
    """Something wrong with an invoice; `computed` are the sums that `says` states."""

    says: str
    facts: tuple[str, ...]
    computed: tuple[int, ...] = ()


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    invoice = situation.record(Invoice, subject.id if subject else None)
    assert invoice is not None
    summary = f"Invoice {invoice.number} over {money(invoice.amount_minor, invoice.currency)} was drafted."
    if invoice.status != "draft":
        return Plan(summary, nothing_because=f"invoice {invoice.id} is {invoice.status}, no longer a draft")
    contract = situation.record(Contract, invoice.contract_id)
    if contract is None:
        return Plan(summary, (_hold(situation, invoice, [_no_contract(invoice)]),))
    time = situation.lookups.time_on(invoice.project_id)
    if len(time) >= READ_AT_MOST:
        return _by_hand(situation, invoice, summary)
    findings = [
        *_amount(invoice, contract, time),
        *_flagged(invoice, time),
        *_siblings(invoice, contract, situation.lookups.invoices_of(contract.id)),
        *_period(situation, invoice),
    ]
    step = _hold(situation, invoice, findings) if findings else _release(situation, invoice, contract, time)
    return Plan(summary, (step,))


def _amount(invoice: Invoice, contract: Contract, time: Sequence[TimeEntry]) -> list[Finding]:
    facts = (fact_id(invoice, "amount_minor"), fact_id(invoice, "minutes"))
    if invoice.amount_minor <= 0:
        return [Finding("The amount is not positive.", facts)]
    if invoice.currency != contract.currency:
        return [Finding("Its currency is not the contract's.", (*facts, fact_id(contract, "currency")))]
    if contract.type == "retainer":
        return _fee(invoice, contract)
    if contract.type != "time_and_materials":
        return []
    billed = _billable(invoice, time)
    minutes = sum(one.minutes for one in billed)
    expected = sum(one.minutes * one.rate_minor for one in billed) // 60
    if abs(invoice.amount_minor - expected) * 10_000 <= expected * TOLERANCE_BP:
        return []
    said = (
        f"The time from {day(invoice.period_start_on)} to {day(invoice.period_end_on)} is {hours(minutes)}, worth "
        f"{money(expected, invoice.currency)}; the invoice says {money(invoice.amount_minor, invoice.currency)}."
    )
    return [Finding(said, (*facts, *(fact_id(one, "minutes") for one in billed[:20])), (minutes, expected))]


def _fee(invoice: Invoice, contract: Contract) -> list[Finding]:
    """Of a retainer: the months that the invoice covers, each at an equal part of the contract's value."""
    whole, covered = months(contract.start_on, contract.end_on), months(invoice.period_start_on, invoice.period_end_on)
    expected = contract.value_minor * covered // whole
    if abs(invoice.amount_minor - expected) * 10_000 <= expected * TOLERANCE_BP:
        return []
    said = (
        f"{contract.title} is {money(contract.value_minor, contract.currency)} for {whole} months, so this period is "
        f"worth {money(expected, invoice.currency)}; the invoice says {money(invoice.amount_minor, invoice.currency)}."
    )
    facts = (fact_id(invoice, "amount_minor"), fact_id(contract, "value_minor"), fact_id(contract, "end_on"))
    return [Finding(said, facts, (expected, whole))]


def months(start_on: date, end_on: date) -> int:
    """Calendar months from one day to the other, both counted."""
    return (end_on.year - start_on.year) * 12 + end_on.month - start_on.month + 1


def _flagged(invoice: Invoice, time: Sequence[TimeEntry]) -> list[Finding]:
    flagged = [one for one in _of_period(invoice, time) if one.status == "flagged"]
    if not flagged:
        return []
    facts = tuple(fact_id(one, "status") for one in flagged[:20])
    return [Finding(f"{len(flagged)} of the period's time entries are flagged.", facts, (len(flagged),))]


def _siblings(invoice: Invoice, contract: Contract, invoices: Sequence[Invoice]) -> list[Finding]:
    """Against the contract's other invoices: one like it, and the sum against the cap or the fixed price."""
    others = [one for one in invoices if one.id != invoice.id]
    findings: list[Finding] = []
    for one in others:
        if (one.project_id, one.period_start_on, one.period_end_on, one.amount_minor) == (
            invoice.project_id, invoice.period_start_on, invoice.period_end_on, invoice.amount_minor,
        ):  # fmt: skip
            facts = (fact_id(one, "number"), fact_id(one, "amount_minor"), fact_id(one, "period_start_on"))
            findings.append(Finding(f"Invoice {one.number} has the same project, period and amount.", facts))
            break
    limit = contract.cap_minor if contract.cap_minor is not None else (
        contract.value_minor if contract.type == "fixed_price" else None
    )  # fmt: skip
    billed = sum(one.amount_minor - one.written_off_minor for one in others if one.status in ("released", "paid"))
    total = billed + invoice.amount_minor
    if limit is not None and total > limit:
        field = "cap_minor" if contract.cap_minor is not None else "value_minor"
        said = (
            f"With it {money(total, invoice.currency)} would be billed under {contract.title}, which allows "
            f"{money(limit, contract.currency)}."
        )
        findings.append(Finding(said, (fact_id(contract, field), fact_id(invoice, "amount_minor")), (total,)))
    return findings


def _period(situation: Situation, invoice: Invoice) -> list[Finding]:
    month = f"{invoice.period_end_on:%Y-%m}"
    period = situation.lookups.period(month)
    if period is None or period.status == "open":
        return []
    return [
        Finding(
            f"It bills into {month}, which is closed.", (fact_id(period, "status"), fact_id(invoice, "period_end_on"))
        )
    ]


def _no_contract(invoice: Invoice) -> Finding:
    return Finding(f"The firm's records hold no contract {invoice.contract_id}.", (fact_id(invoice, "contract_id"),))


def _billable(invoice: Invoice, time: Sequence[TimeEntry]) -> list[TimeEntry]:
    return [one for one in _of_period(invoice, time) if one.status not in ("flagged", "written_off")]


def _of_period(invoice: Invoice, time: Sequence[TimeEntry]) -> list[TimeEntry]:
    return [one for one in time if invoice.period_start_on <= one.day <= invoice.period_end_on]


def _hold(situation: Situation, invoice: Invoice, findings: Sequence[Finding]) -> Step:
    reason = " ".join(one.says for one in findings)
    facts = tuple(dict.fromkeys(fact for one in findings for fact in one.facts))
    return Step(
        "hold", "hold_invoice",
        {
            "invoice_id": situation.of(invoice, "id"),
            "reason": Given(reason, facts, "found by comparing the invoice with time, contract and period"),
        },
        rationale=reason,
        evidence=[fact_id(invoice, "number"), fact_id(invoice, "amount_minor")],
        triggered_by=["event#invoice_id"],
        alternatives=["Correct the draft before it goes out.", "Release it as it is, with a reason on record."],
        computed=[*(number for one in findings for number in one.computed), f"{invoice.period_end_on:%Y-%m}"],
    )  # fmt: skip


def _release(situation: Situation, invoice: Invoice, contract: Contract, time: Sequence[TimeEntry]) -> Step:
    checks, caution = "the contract's limit, the ledger's period and its other invoices", ""
    if contract.type == "time_and_materials":
        checks = f"time × rate, {checks}"
        unapproved = sum(one.minutes for one in _billable(invoice, time) if one.status == "submitted")
        caution = f" {hours(unapproved)} of its time are submitted but not approved." if unapproved else ""
    return Step(
        "release", "release_invoice",
        {
            "invoice_id": situation.of(invoice, "id"),
            "amount_minor": situation.of(invoice, "amount_minor"),
            "currency": situation.of(invoice, "currency"),
        },
        rationale=f"The invoice fits {checks}.{caution}",
        evidence=[fact_id(invoice, "number"), fact_id(contract, "title"), fact_id(invoice, "period_end_on")],
        triggered_by=["event#invoice_id"],
        alternatives=["Hold it until the lead has seen it."],
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
