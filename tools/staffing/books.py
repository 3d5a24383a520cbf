"""Books: the records that staffing reads, and the amounts in them in one currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tools.people_records import Assignment, Calendar, Leave, LendingRule, Person, StaffingRequest
from tools.records import Customer, ExchangeRate, Opportunity, Project


@dataclass(frozen=True)
class Books:
    """`currency` is the firm's base currency, in which the plan is weighed. `today` decides which soft bookings have
    lapsed; nobody's clock is read."""

    today: date
    currency: str
    people: Sequence[Person]
    requests: Sequence[StaffingRequest]
    calendars: Sequence[Calendar] = ()
    leaves: Sequence[Leave] = ()
    assignments: Sequence[Assignment] = ()
    projects: Sequence[Project] = ()
    customers: Sequence[Customer] = ()
    opportunities: Sequence[Opportunity] = ()
    lending: Sequence[LendingRule] = ()
    exchange_rates: Sequence[ExchangeRate] = ()


def converter(books: Books) -> "Converter":
    rates = {one.id: one.rate_ppm for one in books.exchange_rates if one.base_currency == books.currency}
    return Converter(books.currency, rates)


@dataclass(frozen=True)
class Converter:
    """Amounts in the base currency, rounded down; `rates` are minor units of it, in millionths, for one of another."""

    currency: str
    rates: Mapping[str, int]

    def __call__(self, amount_minor: int, currency: str) -> int | None:
        """None where there is no rate for `currency`."""
        if currency == self.currency:
            return amount_minor
        rate = self.rates.get(currency)
        return None if rate is None else amount_minor * rate // 1_000_000
