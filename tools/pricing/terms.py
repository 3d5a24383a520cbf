"""Terms: what a change is charged by the type of its contract, and how its order reads."""

from dataclasses import dataclass
from datetime import date

from tools.pricing.books import ChangeBooks
from tools.pricing.capacity import UNITS, until
from tools.records import Contract
from tools.wording import day, hours, money

Work = list[list[int]]


@dataclass(frozen=True)
class Charge:
    """What the customer pays for the change; `included` minutes of it the contract covers already."""

    price_minor: int
    included: int


def charge(books: ChangeBooks, minutes: int, capacity: Work, unbooked: Work) -> Charge:
    """The effort at the contract's rate, rounded up; of a retainer, less what this month's hours leave room for.

    `capacity` is the team's on the project and `unbooked` what nobody has booked of it, in units a day.
    """
    contract = books.contract
    included = min(minutes, _room(books, capacity, unbooked)) if contract.type == "retainer" else 0
    return Charge(-(-(minutes - included) * contract.hourly_rate_minor // 60), included)


def monthly_minutes(contract: Contract) -> int:
    """Minutes that a month of the retainer pays for at its rate."""
    months = (contract.end_on.year - contract.start_on.year) * 12 + contract.end_on.month - contract.start_on.month + 1
    return contract.value_minor * 60 // (contract.hourly_rate_minor * max(1, months))


def _room(books: ChangeBooks, capacity: Work, unbooked: Work) -> int:
    """Minutes of this month's that are neither worked nor booked, as far as the team still has the time for them: what
    is worked after the month's end is not of its hours."""
    today = books.today
    worked = sum(
        one.minutes for one in books.time
        if (one.day.year, one.day.month) == (today.year, today.month) and one.status != "written_off"
    )  # fmt: skip
    last = next(number for number in range(books.now, books.now + 32) if books.day(number + 1).day == 1)
    ahead, spare = (until(each, books.now, last) // UNITS for each in (capacity, unbooked))
    return max(0, min(monthly_minutes(books.contract) - worked - ahead, spare))


def wording(books: ChangeBooks, minutes: int, charged: Charge, done_on: date) -> list[str]:
    """The order's terms, a sentence each. `done_on` is the day on which the change is planned to be done."""
    contract = books.contract
    rate, price = money(contract.hourly_rate_minor, contract.currency), money(charged.price_minor, contract.currency)
    when = day(done_on)
    basis = {
        "fixed_price": [
            f"A fixed sum of {price} is added to the price of {contract.title}, whatever the work takes.",
            f"It is invoiced when the addition is accepted; that is planned for {when}.",
        ],
        "time_and_materials": [
            f"The work is charged by the hours worked at {rate} an hour; {hours(minutes)} are estimated, {price}.",
            f"Hours above the estimate need a further order. It is planned to be done on {when}.",
        ],
        "retainer": [*_beside(minutes, charged, rate, price), f"It is planned to be done on {when}."],
    }[contract.type]
    return [
        *basis, f"Payment is due within {contract.payment_days} days of the invoice.",
        "The order binds nobody before both sides have signed it.",
    ]  # fmt: skip


def _beside(minutes: int, charged: Charge, rate: str, price: str) -> list[str]:
    """What of the effort a retainer's month holds, and what is charged beside it."""
    if not charged.included:
        what = f"{hours(minutes)} are charged at {rate} an hour, {price}"
        return [f"This month's hours of the retainer leave no room: {what}."]
    within = f"{hours(charged.included)} are within this month's hours of the retainer"
    if charged.included == minutes:
        return [f"{within}; nothing is charged beside it."]
    return [f"{within}.", f"{hours(minutes - charged.included)} are charged beside it at {rate} an hour, {price}."]
