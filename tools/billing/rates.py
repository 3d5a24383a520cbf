"""Rates of time entries against the contract that pays for them."""

from collections.abc import Iterator

from tools.billing.books import Books
from tools.billing.finding import Finding
from tools.records import Contract, TimeEntry
from tools.wording import money


def rates(books: Books) -> Iterator[Finding]:
    """Zero or negative rates, another currency, and rates that differ from the contract's for that day's work."""
    for entry in books.time:
        contract = books.contract_of(entry.project_id)
        if contract is not None and (wrong := _wrong(books, entry, contract)) is not None:
            yield wrong


def _wrong(books: Books, entry: TimeEntry, contract: Contract) -> Finding | None:
    facts = ((entry, "rate_minor"), (entry, "currency"), (contract, "hourly_rate_minor"), (contract, "currency"))
    worth = (entry.minutes * contract.hourly_rate_minor // 60, contract.currency)
    agreed = money(contract.hourly_rate_minor, contract.currency)
    if entry.rate_minor <= 0:
        said = f"Its rate is {money(entry.rate_minor, entry.currency)} an hour; {contract.title} says {agreed}."
        return books.finding("rate_not_positive", entry, said, facts, stake=worth)
    if entry.currency != contract.currency:
        said = f"Its rate is in {entry.currency}; {contract.title} is in {contract.currency}."
        return books.finding("currency_differs", entry, said, facts, stake=worth)
    earlier = contract.rate_since_on is not None and entry.day < contract.rate_since_on
    if entry.rate_minor == contract.hourly_rate_minor or earlier:
        return None
    apart = (entry.rate_minor - contract.hourly_rate_minor) * entry.minutes // 60
    said = f"Its rate is {money(entry.rate_minor, entry.currency)} an hour; {contract.title} says {agreed}."
    return books.finding("rate_differs", entry, said, facts, stake=(apart, contract.currency))
