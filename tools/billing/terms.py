"""Contract terms: what the CRM and the ERP hold against what was signed, and what must be there before work starts."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from tools.billing.books import Books
from tools.billing.finding import Finding
from tools.records import Contract
from tools.wording import day, money

System = Literal["crm", "erp"]
SYSTEMS: tuple[System, ...] = ("crm", "erp")

TERMS: Mapping[str, str] = {
    "value_minor": "value", "hourly_rate_minor": "hourly rate", "cap_minor": "cap", "start_on": "start",
    "end_on": "end", "payment_days": "payment term", "currency": "currency", "type": "billing rule",
    "billing_contact_id": "billing contact",
}  # fmt: skip
"""Term of a contract → what it is called."""


def differing(contract: Contract) -> Iterator[tuple[System, str]]:
    """(system, term) where a system holds another value than the signed contract, as far as that one can hold."""
    for term in TERMS:
        if not _holds(contract, term):
            continue
        for system in SYSTEMS:
            if getattr(contract, f"{system}_{term}") not in (None, getattr(contract, term)):
                yield system, term


def _holds(contract: Contract, term: str) -> bool:
    """Whether the signed value, as it is on record, can be one."""
    if term in ("start_on", "end_on"):
        return contract.start_on <= contract.end_on
    return term != "hourly_rate_minor" or contract.hourly_rate_minor > 0


def unsound(books: Books) -> Iterator[Finding]:
    """Contracts whose signed terms, as they are on record, cannot hold: no rate, or an end before the start."""
    for contract in books.all(Contract):
        if contract.status == "ended":
            continue
        if not _holds(contract, "end_on"):
            said = f"It ends on {day(contract.end_on)}, before it starts on {day(contract.start_on)}."
            facts = [(contract, field) for field in ("end_on", "start_on", "title")]
            stake = (abs(contract.value_minor), contract.currency)
            yield books.finding("terms_impossible", contract, said, facts, stake=stake)
        if contract.hourly_rate_minor <= 0:
            said = f"The signed contract on record says {said_of(contract, 'hourly_rate_minor')} for the hourly rate."
            yield books.finding(
                "rate_not_positive", contract, said, [(contract, "hourly_rate_minor"), (contract, "title")],
                stake=(abs(contract.value_minor), contract.currency),
            )  # fmt: skip


def lacking(contract: Contract) -> Iterator[tuple[System, str]]:
    """(system, term) where a system holds terms of the contract, but not this one that was signed."""
    for system in SYSTEMS:
        held = [term for term in TERMS if getattr(contract, f"{system}_{term}") is not None]
        for term in TERMS if held else ():
            if term not in held and getattr(contract, term) is not None:
                yield system, term


def differences(books: Books) -> Iterator[Finding]:
    """A finding for each term on which a system differs, of contracts that have not ended."""
    for contract in books.all(Contract):
        for system, term in differing(contract) if contract.status != "ended" else ():
            yield difference(books, contract, system, term)


def difference(books: Books, contract: Contract, system: System, term: str) -> Finding:
    """That the system holds another value of the term than the signed contract."""
    field = f"{system}_{term}"
    said = (
        f"The signed contract says {said_of(contract, term)} for the {TERMS[term]}; the {system.upper()} says "
        f"{said_of(contract, field)}."
    )
    stake = (at_stake(contract, system, term), contract.currency)
    return books.finding("terms_differ", contract, said, [(contract, term), (contract, field)], stake=stake)


def gaps(books: Books) -> Iterator[Finding]:
    """Terms that a system lacks, of contracts whose work has not started."""
    for contract in books.all(Contract):
        pairs = list(lacking(contract))
        if contract.start_on >= books.today and pairs:
            said = "; ".join(f"the {system.upper()} has no {TERMS[term]}" for system, term in pairs)
            facts = [(contract, term) for _, term in pairs]
            yield books.finding(
                "terms_missing", contract, f"{said[0].upper()}{said[1:]}.", facts,
                stake=(contract.value_minor, contract.currency),
            )  # fmt: skip


def languages(books: Books) -> Iterator[Finding]:
    """Contracts that nobody here reads: what is on record of them rests on somebody's translation."""
    for contract in books.all(Contract):
        if contract.status != "ended" and contract.language not in books.limits.languages:
            said = (
                f"The contract is written in '{contract.language}'; the firm reads "
                f"{', '.join(books.limits.languages)}. Its terms on record were not compared with its text."
            )
            yield books.finding(
                "language_unread", contract, said, [(contract, "language"), (contract, "title")],
                stake=(contract.value_minor, contract.currency),
            )  # fmt: skip


def at_stake(contract: Contract, system: System, term: str) -> int:
    """Minor units that hang on the term: the difference of amounts, else the whole contract's value."""
    signed, held = getattr(contract, term), getattr(contract, f"{system}_{term}")
    if term in ("value_minor", "cap_minor") and signed is not None and held is not None:
        return abs(int(signed) - int(held))
    return abs(contract.value_minor)


def said_of(contract: Contract, field: str) -> str:
    """The value of a term for people."""
    value = getattr(contract, field)
    if value is None:
        return "nothing"
    if isinstance(value, date):
        return day(value)
    if field.endswith("_minor"):
        currency = getattr(contract, f"{field[:4]}currency") if field[:4] in ("crm_", "erp_") else None
        return money(value, currency or contract.currency)
    return f"{value} days" if field.endswith("payment_days") else str(value).replace("_", " ")
