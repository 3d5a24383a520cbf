"""Agreed rates against the rate card, what the customer's tier may be given off, and the day's exchange rate."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.billing.books import Books
from tools.billing.finding import Finding
from tools.record import Record
from tools.records import Assignment, Contract, Customer, DiscountRule, ExchangeRate, Project, RateCard
from tools.wording import day, money

Cited = tuple[tuple[Record, str], ...]


@dataclass(frozen=True)
class ListPrice:
    """`hourly_minor` in `currency`, weighted by how much of their week each role is on the work, and its facts."""

    hourly_minor: int
    currency: str
    facts: Cited


class NoListPrice(Exception):
    """There is no list price for a role of the team; `role` is which."""

    def __init__(self, role: str) -> None:
        super().__init__(f"the rate card has no price for {role}")
        self.role = role


class NoExchangeRate(Exception):
    """An amount cannot be told in another currency; `currency` is the one without a rate."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"there is no exchange rate for {currency}")
        self.currency = currency


def converted(books: Books, amount_minor: int, currency: str, into: str) -> tuple[int, Cited]:
    """The amount in another currency, rounded to the nearest minor unit, with the rates and dates used as facts.

    Raises NoExchangeRate.
    """
    if currency == into:
        return amount_minor, ()
    facts: list[tuple[Record, str]] = []
    ppm = []
    for one in (currency, into):
        rate = books.get(ExchangeRate, one)
        if rate is None:
            raise NoExchangeRate(one)
        ppm.append(rate.rate_ppm)
        facts += [(rate, "rate_ppm"), (rate, "day")]
    return (2 * amount_minor * ppm[0] + ppm[1]) // (2 * ppm[1]), tuple(facts)


def list_price(books: Books, contract: Contract) -> ListPrice | None:
    """What the rate card asks for the team on the contract's projects; None where nobody is firmly on them.

    Of several cards for a role the lowest counts: the doubt is the customer's. Raises NoListPrice, NoExchangeRate.
    """
    cards = _cards(books)
    projects = {one.id for one in books.all(Project) if one.contract_id == contract.id}
    weighted, weight = 0, 0
    facts: dict[tuple[str, str], tuple[Record, str]] = {}
    for seat in books.all(Assignment):
        if seat.project_id not in projects or seat.status not in ("requested", "confirmed") or not seat.percent:
            continue
        card = cards.get(seat.role)
        if card is None:
            raise NoListPrice(seat.role)
        price, rates = converted(books, card.hourly_rate_minor, card.currency, contract.currency)
        weighted, weight = weighted + price * seat.percent, weight + seat.percent
        for record, field in ((card, "hourly_rate_minor"), *rates):
            facts[str(record.key), field] = (record, field)
    if not weight:
        return None
    return ListPrice(weighted // weight, contract.currency, tuple(facts.values()))


def _cards(books: Books) -> Mapping[str, RateCard]:
    found: dict[str, list[RateCard]] = defaultdict(list)
    for one in books.all(RateCard):
        found[one.role].append(one)
    return {role: min(cards, key=lambda one: one.hourly_rate_minor) for role, cards in found.items()}


def discounts(books: Books) -> Iterator[Finding]:
    """Contracts whose rate lies further below the list price than the customer's tier may be given."""
    if not books.all(RateCard):
        return
    allowed = {one.tier: one for one in books.all(DiscountRule)}
    for contract in books.all(Contract):
        customer = books.get(Customer, contract.customer_id)
        if contract.status == "ended" or customer is None or contract.hourly_rate_minor <= 0:
            continue
        try:
            price = list_price(books, contract)
        except NoListPrice as error:
            said = f"The rate card has no price for {error.role}, a role on {contract.title}."
            facts = ((contract, "title"), (contract, "hourly_rate_minor"))
            yield books.finding("rate_card_missing", contract, said, facts)
            continue
        except NoExchangeRate as error:
            yield _unconverted(books, contract, error)
            continue
        rule = allowed.get(customer.tier)
        if price is not None:
            yield from _below(books, contract, price, rule)


def _below(books: Books, contract: Contract, price: ListPrice, rule: DiscountRule | None) -> Iterator[Finding]:
    most = rule.max_percent if rule else 0
    floor = price.hourly_minor * (100 - most) // 100
    if contract.hourly_rate_minor >= floor:
        return
    off = 100 - 100 * contract.hourly_rate_minor // max(1, price.hourly_minor)
    said = (
        f"{contract.title} is charged {money(contract.hourly_rate_minor, contract.currency)} an hour; the rate card "
        f"asks {money(price.hourly_minor, contract.currency)} for its team. That is {off} % off, where {most} % may be."
    )
    facts = [(contract, "hourly_rate_minor"), (contract, "title"), *price.facts]
    if rule is not None:
        facts.append((rule, "max_percent"))
    lost = (floor - contract.hourly_rate_minor) * contract.value_minor // max(1, abs(contract.hourly_rate_minor))
    yield books.finding(
        "rate_below_card", contract, said, facts, stake=(lost, contract.currency),
        computed=(price.hourly_minor, off, most),
    )  # fmt: skip


def _unconverted(books: Books, contract: Contract, error: NoExchangeRate) -> Finding:
    said = f"The rate of {contract.title} cannot be compared: there is no exchange rate for {error.currency}."
    facts = ((contract, "currency"), (contract, "title"))
    stake = (contract.value_minor, contract.currency)
    return books.finding("exchange_rate_missing", contract, said, facts, stake=stake)


def stale_rates(books: Books) -> Iterator[Finding]:
    """Exchange rates older than `Limits.exchange_rate_days`; the base currency's own has no age."""
    for rate in books.all(ExchangeRate):
        age = (books.today - rate.day).days
        if rate.id != rate.base_currency and age > books.limits.exchange_rate_days:
            said = f"The rate of {rate.id} is of {day(rate.day)}, {age} days ago."
            facts = ((rate, "day"), (rate, "rate_ppm"))
            yield books.finding("exchange_rate_stale", rate, said, facts, computed=(age,))
