"""List rate: what the rate card asks for the team on a project, beside the rate that its contract agreed."""

from tools.billing.books import Books
from tools.billing.prices import NoExchangeRate, NoListPrice, list_price
from tools.pricing.books import ChangeBooks
from tools.wording import money


def list_rate(books: ChangeBooks) -> tuple[int | None, list[str]]:
    """Minor units an hour in the contract's currency, None where it cannot be told; and what people have to know."""
    contract, staff = books.contract, books.staff
    if not books.rate_card:
        return None, []
    records = [books.project, contract, *staff.assignments, *books.rate_card, *staff.exchange_rates]
    try:
        found = list_price(Books(records, books.today), contract)
    except (NoListPrice, NoExchangeRate) as error:
        return None, [f"{contract.key}#hourly_rate_minor: it is not compared with a list price, as {error}"]
    if found is None:
        return None, []
    if contract.hourly_rate_minor >= found.hourly_minor:
        return found.hourly_minor, []
    off = 100 - 100 * contract.hourly_rate_minor // found.hourly_minor
    listed = money(found.hourly_minor, contract.currency)
    return found.hourly_minor, [
        f"{contract.key}#hourly_rate_minor: it is {off} % under the {listed} that the rate card asks for this team"
    ]
