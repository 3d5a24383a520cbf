"""What the firm buys for its projects, and from whom."""

from datetime import date, timedelta
from random import Random
from typing import Literal

from tools.connectors.sandbox.book import make_id
from tools.connectors.sandbox.people import CONTROLLER
from tools.connectors.sandbox.work import RUNNING, Portfolio
from tools.records import PurchaseOrder, Vendor

# What it is, what one costs (minor units), how many are ordered at most, and which vendor has it.
_ITEMS = (
    ("Virtual server, month", 18_000, 40, 0), ("Object storage, TB and month", 2_300, 60, 0),
    ("Design day", 64_000, 15, 1), ("Freelance day", 72_000, 30, 2), ("Rail ticket", 9_500, 12, 3),
    ("Test licence, seat and month", 4_200, 80, 4),
)  # fmt: skip
ORDERS_EACH = 12


def make_purchase_orders(rng: Random, work: Portfolio, vendors: list[Vendor], today: date) -> list[PurchaseOrder]:
    orders: list[PurchaseOrder] = []
    for item, price, most, vendor in _ITEMS:
        for _ in range(ORDERS_EACH):
            project, quantity = work.projects[rng.randrange(RUNNING)], rng.randrange(1, most + 1)
            status: Literal["ordered", "delivered", "billed"] = rng.choice(("ordered", "delivered", "billed"))
            orders.append(PurchaseOrder(
                id=make_id("purchase_order", len(orders) + 1), unit=project.unit, authors={"*": "system/erp"},
                vendor_id=vendors[vendor].id, project_id=project.id, item=item, quantity=quantity,
                amount_minor=round(quantity * price * rng.lognormvariate(0.0, 0.06)), currency="EUR",
                ordered_on=today - timedelta(days=rng.randrange(2, 60)), status=status, approved_by_id=CONTROLLER,
            ))  # fmt: skip
    return orders
