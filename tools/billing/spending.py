"""Expenses and purchase orders: without a project, entered twice, in a closed month, too round, too dear."""

from collections import defaultdict
from collections.abc import Iterator
from statistics import median

from tools.billing.books import Books
from tools.billing.finding import Finding
from tools.billing.unit_prices import Sales, oddness
from tools.currency import exponent_of
from tools.record import Record
from tools.records import Expense, Period, Person, Project, PurchaseOrder
from tools.wording import day, money


def without_project(books: Books) -> Iterator[Finding]:
    """Expenses and purchase orders that name no project, or one that is not on record."""
    spent: list[Expense | PurchaseOrder] = [*books.all(Expense), *books.all(PurchaseOrder)]
    for record in spent:
        if record.status in ("rejected", "cancelled") or books.get(Project, record.project_id) is not None:
            continue
        said = f"There is no project {record.project_id} on record." if record.project_id else "It names no project."
        facts = ((record, "project_id"), (record, "amount_minor"))
        stake = (record.amount_minor, record.currency)
        yield books.finding("project_missing", record, said, facts, stake=stake)


def repeated_expenses(books: Books) -> Iterator[Finding]:
    """Expenses with the person, day, amount, category and project of an earlier one."""
    seen: dict[tuple[object, ...], Expense] = {}
    for expense in sorted(books.all(Expense), key=lambda one: one.id):
        if expense.status == "rejected":
            continue
        same = (
            expense.person_id, expense.day, expense.amount_minor, expense.currency, expense.category,
            expense.project_id,
        )  # fmt: skip
        first = seen.setdefault(same, expense)
        if first is not expense:
            facts = ((expense, "amount_minor"), (expense, "day"), (first, "amount_minor"), (first, "day"))
            said = f"It repeats expense {first.id}: same day, amount and category."
            stake = (expense.amount_minor, expense.currency)
            yield books.finding("duplicate_expense", expense, said, facts, stake=stake, computed=(first.id,))


def late_expenses(books: Books) -> Iterator[Finding]:
    """Expenses that are not approved yet and lie in a closed month."""
    for expense in books.all(Expense):
        month = books.get(Period, f"{expense.day:%Y-%m}")
        if expense.status == "submitted" and month is not None and month.status == "closed":
            facts = ((expense, "day"), (expense, "status"), (month, "status"))
            said = f"It is dated {day(expense.day)}, in {month.id}, which is closed."
            stake = (expense.amount_minor, expense.currency)
            yield books.finding("closed_period", expense, said, facts, stake=stake, computed=(month.id, expense.day))


def round_amounts(books: Books) -> Iterator[Finding]:
    """People whose expenses are round more often than chance explains, by everybody else's (a binomial tail)."""
    from scipy.special import bdtrc  # here, as it is large and seldom needed

    spent: dict[str, list[Expense]] = defaultdict(list)
    for expense in books.all(Expense):
        if expense.status != "rejected":
            spent[expense.person_id].append(expense)
    every = [one for theirs in spent.values() for one in theirs]
    rounds = sum(_is_round(books, one) for one in every)
    for ident, theirs in spent.items():
        person = books.get(Person, ident)
        round_ones = [one for one in theirs if _is_round(books, one)]
        if person is None or len(round_ones) < books.limits.fewest:
            continue
        usual = (rounds - len(round_ones) + 1) / (len(every) - len(theirs) + 2)
        if bdtrc(len(round_ones) - 1, len(theirs), usual) >= books.limits.chance:
            continue
        said = f"{len(round_ones)} of {len(theirs)} expenses are round amounts."
        facts: list[tuple[Record, str]] = [(person, "name"), *((one, "amount_minor") for one in round_ones[:20])]
        currency = round_ones[0].currency
        total = sum(one.amount_minor for one in round_ones if one.currency == currency)
        yield books.finding(
            "round_amounts", person, said, facts, stake=(total, currency), computed=(len(round_ones), len(theirs))
        )


def _is_round(books: Books, expense: Expense) -> bool:
    unit: int = 10 ** exponent_of(expense.currency)
    return expense.amount_minor % (books.limits.round_units * unit) == 0


def odd_unit_prices(books: Books) -> Iterator[Finding]:
    """Purchase orders whose unit price lies far from the item's others: see tools.billing.unit_prices."""
    items: dict[tuple[str, str], list[PurchaseOrder]] = defaultdict(list)
    for order in books.all(PurchaseOrder):
        if order.status != "cancelled" and order.amount_minor > 0:
            items[order.item, order.currency].append(order)
    orders = [one for same in items.values() if len(same) > books.limits.fewest for one in same]
    if not orders:
        return
    sales = Sales.of(
        [(f"{one.item}/{one.currency}", one.vendor_id, float(one.quantity), float(one.amount_minor)) for one in orders]
    )
    for order, odd in zip(orders, oddness(sales).tolist(), strict=True):
        if odd <= books.limits.odd_price:
            continue
        usual = round(median(one.amount_minor / one.quantity for one in items[order.item, order.currency]))
        price = order.amount_minor // order.quantity
        said = (
            f"{order.item} costs {money(price, order.currency)} apiece here; the median of its orders is "
            f"{money(usual, order.currency)}."
        )
        facts = ((order, "amount_minor"), (order, "quantity"), (order, "item"))
        stake = (order.amount_minor - usual * order.quantity, order.currency)
        yield books.finding("unit_price_outlier", order, said, facts, stake=stake, computed=(price, usual))
