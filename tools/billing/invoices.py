"""Readiness of an invoice: its amount, what it bills, its siblings, the contract's limit, the ledger's month."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from tools.billing.books import Books
from tools.billing.finding import Finding
from tools.billing.prices import NoExchangeRate, converted
from tools.record import Record
from tools.records import Contact, Contract, ExchangeRate, Invoice, Milestone, Period, TimeEntry
from tools.wording import day, hours, money

_OUT = ("released", "paid")
_CITED = 20
"""Time entries that are cited of many."""


def drafts(books: Books) -> Iterator[Finding]:
    """Whatever speaks against an invoice that has not gone out: drafted or held."""
    siblings: dict[str, list[Invoice]] = defaultdict(list)
    for one in books.all(Invoice):
        siblings[one.contract_id].append(one)
    for invoice in books.all(Invoice):
        if invoice.status in _OUT:
            continue
        contract = books.get(Contract, invoice.contract_id)
        if contract is None:
            said = f"The firm's records hold no contract {invoice.contract_id}."
            yield books.finding("contract_missing", invoice, said, [(invoice, "contract_id")], stake=_whole(invoice))
            continue
        yield from _amount(books, invoice, contract, siblings[contract.id])
        yield from _time(books, invoice)
        yield from _twice(books, invoice, siblings[contract.id])
        yield from _limit(books, invoice, contract, siblings[contract.id])
        yield from _dates(books, invoice, contract)
        yield from _addressee(books, invoice, contract)


def billable(books: Books, invoice: Invoice) -> list[TimeEntry]:
    """The project's time of the invoice's period that is not flagged, approved or not."""
    return [
        one for one in books.time_on.get(invoice.project_id, ())
        if invoice.period_start_on <= one.day <= invoice.period_end_on and one.status != "flagged"
    ]  # fmt: skip


def _whole(invoice: Invoice) -> tuple[int, str]:
    return invoice.amount_minor, invoice.currency


def _amount(books: Books, invoice: Invoice, contract: Contract, siblings: Sequence[Invoice]) -> Iterator[Finding]:
    facts: list[tuple[Record, str]] = [(invoice, "amount_minor"), (invoice, "minutes")]
    if invoice.amount_minor <= 0:
        yield books.finding("amount_not_positive", invoice, "The amount is not positive.", facts)
    elif invoice.currency != contract.currency:
        yield _other_currency(books, invoice, contract, facts)
    elif contract.type == "time_and_materials":
        if invoice.minutes == 0:
            said = f"It states no hours, and {contract.title} is billed by them."
            yield books.finding("amount_differs", invoice, said, [*facts, (contract, "type")], stake=_whole(invoice))
        yield from _by_time(books, invoice, facts)
    elif contract.type == "retainer":
        yield from _by_month(books, invoice, contract)
    else:
        yield from _by_milestone(books, invoice, siblings)


def _other_currency(books: Books, invoice: Invoice, contract: Contract, facts: Sequence[tuple[Record, str]]) -> Finding:
    """With what it comes to in the contract's currency by the ledger's rates and their days, where it has them."""
    said = f"Its currency is not the contract's: {invoice.currency}, and {contract.currency} there."
    computed: tuple[int, ...] = ()
    cited = [*facts, (invoice, "currency"), (contract, "currency")]
    try:
        amount, rates = converted(books, invoice.amount_minor, invoice.currency, contract.currency)
    except NoExchangeRate as missing:
        said += f" There is no exchange rate for {missing.currency} to compare them by."
    else:
        days = [record.day for record, field in rates if isinstance(record, ExchangeRate) and field == "day"]
        said += f" At the rates of {day(min(days))} it comes to {money(amount, contract.currency)}."
        computed, cited = (amount,), [*cited, *rates]
    return books.finding("currency_differs", invoice, said, cited, stake=_whole(invoice), computed=computed)


def _by_time(books: Books, invoice: Invoice, facts: Sequence[tuple[Record, str]]) -> Iterator[Finding]:
    everything = billable(books, invoice)
    approved = [one for one in everything if one.status != "submitted"]
    if any(_near(books, invoice.amount_minor, _value(part)) for part in (approved, everything)):
        return
    worked, expected = sum(one.minutes for one in everything), _value(everything)
    said = (
        f"The time from {day(invoice.period_start_on)} to {day(invoice.period_end_on)} is {hours(worked)}, worth "
        f"{money(expected, invoice.currency)}; the invoice says {money(invoice.amount_minor, invoice.currency)}."
    )
    yield books.finding(
        "amount_differs", invoice, said, [*facts, *((one, "minutes") for one in everything[:_CITED])],
        stake=(invoice.amount_minor - expected, invoice.currency), computed=(worked, expected),
    )  # fmt: skip


def _by_month(books: Books, invoice: Invoice, contract: Contract) -> Iterator[Finding]:
    """Of a retainer: the months that the invoice covers, each at an equal part of the contract's value."""
    whole, covered = months(contract.start_on, contract.end_on), months(invoice.period_start_on, invoice.period_end_on)
    if whole <= 0:
        return  # it ends before it starts, and no period lies within its dates
    expected = contract.value_minor * covered // whole
    if _near(books, invoice.amount_minor, expected):
        return
    said = (
        f"{contract.title} is {money(contract.value_minor, contract.currency)} for {whole} months, so this period is "
        f"worth {money(expected, invoice.currency)}; the invoice says {money(invoice.amount_minor, invoice.currency)}."
    )
    facts = ((invoice, "amount_minor"), (contract, "value_minor"), (contract, "start_on"), (contract, "end_on"))
    apart = (invoice.amount_minor - expected, invoice.currency)
    yield books.finding("amount_differs", invoice, said, facts, stake=apart, computed=(expected, whole))


def _by_milestone(books: Books, invoice: Invoice, siblings: Sequence[Invoice]) -> Iterator[Finding]:
    """Of a fixed price: a milestone has the amount, is reached, and no other invoice has billed it."""
    priced = [one for one in books.all(Milestone) if one.project_id == invoice.project_id and one.amount_minor]
    alike = [one for one in priced if _near(books, invoice.amount_minor, one.amount_minor)]
    ahead = [one for one in alike if one.status in ("planned", "in_progress")]
    out = [
        one for one in siblings
        if one.id != invoice.id and one.project_id == invoice.project_id and one.status in _OUT
        and _near(books, one.amount_minor, invoice.amount_minor)
    ]  # fmt: skip
    if ahead and len(alike) - len(ahead) <= len(out):
        first = min(ahead, key=lambda one: one.due_on)
        said = f"Its milestone {_called(first)} is {first.status.replace('_', ' ')}, due on {day(first.due_on)}."
        told = [(first, field) for field in ("status", "due_on", "name", "amount_minor")]
        yield books.finding(
            "milestone_open", invoice, said, [*told, (invoice, "amount_minor")], stake=_whole(invoice)
        )  # fmt: skip
    if alike or not priced:
        return
    closest = min(priced, key=lambda one: abs(one.amount_minor - invoice.amount_minor))
    said = (
        f"No milestone has the amount {money(invoice.amount_minor, invoice.currency)}; the nearest, "
        f"{_called(closest)}, has {money(closest.amount_minor, closest.currency)}."
    )
    facts = ((invoice, "amount_minor"), (closest, "amount_minor"), (closest, "name"))
    apart = (invoice.amount_minor - closest.amount_minor, invoice.currency)
    yield books.finding("amount_differs", invoice, said, facts, stake=apart)


def _called(milestone: Milestone) -> str:
    """Its name, or its id where only a customer typed the name: that is no word of ours."""
    return milestone.name if milestone.trust("name").trusted else milestone.id


def _value(entries: Sequence[TimeEntry]) -> int:
    return sum(one.minutes * one.rate_minor for one in entries) // 60


def _near(books: Books, amount: int, expected: int) -> bool:
    return abs(amount - expected) * 10_000 <= abs(expected) * books.limits.tolerance_bp


def months(start_on: date, end_on: date) -> int:
    """Calendar months that the days touch, the first and the last included."""
    return (end_on.year - start_on.year) * 12 + end_on.month - start_on.month + 1


def _time(books: Books, invoice: Invoice) -> Iterator[Finding]:
    within = [
        one for one in books.time_on.get(invoice.project_id, ())
        if invoice.period_start_on <= one.day <= invoice.period_end_on
    ]  # fmt: skip
    flagged = [one for one in within if one.status == "flagged"]
    if flagged:
        said = f"{len(flagged)} of the period's time entries are flagged."
        yield books.finding(
            "time_flagged", invoice, said, [(one, "status") for one in flagged[:_CITED]],
            stake=(_value(flagged), invoice.currency), computed=(len(flagged),),
        )  # fmt: skip
    contract = books.get(Contract, invoice.contract_id)
    if contract is None or contract.type != "time_and_materials" or not within:
        return
    approved = [one for one in within if one.status in ("approved", "invoiced")]
    waiting = [one for one in within if one.status == "submitted"]
    unapproved, every = sum(one.minutes for one in waiting), sum(one.minutes for one in waiting + approved)
    billed = _near(books, invoice.amount_minor, _value(waiting + approved))
    if billed and unapproved * 10_000 > every * books.limits.unapproved_bp:
        said = f"{hours(unapproved)} of the {hours(every)} that it bills are submitted but not approved."
        yield books.finding(
            "time_unapproved", invoice, said, [(one, "status") for one in waiting[:_CITED]],
            stake=(_value(waiting), invoice.currency), computed=(unapproved, every),
        )  # fmt: skip


def _twice(books: Books, invoice: Invoice, siblings: Sequence[Invoice]) -> Iterator[Finding]:
    for one in siblings:
        if one.id != invoice.id and (one.project_id, one.period_start_on, one.period_end_on, one.amount_minor) == (
            invoice.project_id, invoice.period_start_on, invoice.period_end_on, invoice.amount_minor,
        ):  # fmt: skip
            facts = ((one, "number"), (one, "amount_minor"), (one, "period_start_on"), (invoice, "amount_minor"))
            said = f"Invoice {one.number} has the same project, period and amount."
            yield books.finding("duplicate_invoice", invoice, said, facts, stake=_whole(invoice))
            return


def _limit(books: Books, invoice: Invoice, contract: Contract, siblings: Sequence[Invoice]) -> Iterator[Finding]:
    field = "cap_minor" if contract.cap_minor is not None else "value_minor"
    limit = contract.cap_minor if contract.cap_minor is not None else (
        contract.value_minor if contract.type == "fixed_price" else None
    )  # fmt: skip
    if limit is None or invoice.currency != contract.currency:
        return
    billed = sum(
        one.amount_minor - one.written_off_minor for one in siblings if one.id != invoice.id and one.status in _OUT
    )
    total = billed + invoice.amount_minor
    if total > limit:
        said = (
            f"With it {money(total, invoice.currency)} would be billed under {contract.title}, which allows "
            f"{money(limit, contract.currency)}."
        )
        facts = ((contract, field), (contract, "title"), (invoice, "amount_minor"))
        over = (total - limit, contract.currency)
        yield books.finding("cap_exceeded", invoice, said, facts, stake=over, computed=(total,))


def _dates(books: Books, invoice: Invoice, contract: Contract) -> Iterator[Finding]:
    month = books.get(Period, f"{invoice.period_end_on:%Y-%m}")
    if month is not None and month.status == "closed":
        facts: tuple[tuple[Record, str], ...] = ((month, "status"), (invoice, "period_end_on"))
        said = f"It bills into {month.id}, which is closed."
        yield books.finding("closed_period", invoice, said, facts, stake=_whole(invoice), computed=(month.id,))
    if invoice.period_end_on < contract.start_on or invoice.period_start_on > contract.end_on:
        facts = ((invoice, "period_start_on"), (invoice, "period_end_on"), (contract, "start_on"), (contract, "end_on"))
        said = (
            f"Its period lies outside the contract's dates, {day(contract.start_on)} to {day(contract.end_on)}."
        )  # fmt: skip
        yield books.finding("outside_contract", invoice, said, facts, stake=_whole(invoice))
    age = (books.today - invoice.drafted_on).days
    if invoice.status == "draft" and age > books.limits.draft_days:
        said = f"It was drafted on {day(invoice.drafted_on)}, {age} days ago."
        yield books.finding(
            "draft_stale", invoice, said, [(invoice, "drafted_on")], stake=_whole(invoice), computed=(age,)
        )


def _addressee(books: Books, invoice: Invoice, contract: Contract) -> Iterator[Finding]:
    """Whom the contract names for invoices; where no contact of the customer is known, nothing can be told of it."""
    known = {one.id for one in books.all(Contact) if one.customer_id == contract.customer_id}
    if contract.billing_contact_id is None or not known or contract.billing_contact_id in known:
        return
    said = f"Its billing contact {contract.billing_contact_id} is none of the customer's contacts on record."
    facts = ((contract, "billing_contact_id"), (contract, "title"))
    yield books.finding("contact_missing", invoice, said, facts, stake=_whole(invoice))
