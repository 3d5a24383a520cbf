"""The firm's records as its system of record has them now: those that figures are made of, and its customers."""

from app.context import Context
from tools.figures.business import FirmRecords
from tools.lookups import MOST_TIME
from tools.ports import SourceUnavailable
from tools.records import Assignment, Customer, Forecast, Invoice, Person, Project, TimeEntry

_MOST = 5_000
_MOST_CUSTOMERS = 200


def firm_records(ctx: Context, tenant: str) -> FirmRecords | None:
    """None where they cannot be read."""
    try:
        read = ctx.connectors.reader(tenant)
        return FirmRecords(
            ctx.clock().date(), read.find(Person, {}, _MOST), read.find(Project, {}, _MOST),
            read.find(Forecast, {}, _MOST), read.find(Assignment, {}, _MOST), read.find(Invoice, {}, _MOST),
            read.find(TimeEntry, {}, MOST_TIME),
        )  # fmt: skip
    except SourceUnavailable:
        return None


def customers(ctx: Context, tenant: str) -> list[Customer]:
    """To choose from, by name; none where they cannot be read."""
    try:
        found = ctx.connectors.reader(tenant).find(Customer, {}, _MOST_CUSTOMERS)
    except SourceUnavailable:
        return []
    return sorted(found, key=lambda one: one.name)
