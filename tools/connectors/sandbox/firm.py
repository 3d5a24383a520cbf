"""The generated firm: the same records for the same seed and day, plausible, with the usual mess in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tools.connectors.sandbox.book import make_id
from tools.connectors.sandbox.clients import (
    make_contacts,
    make_customers,
    make_discount_rules,
    make_exchange_rates,
    make_opportunities,
    make_periods,
    make_vendors,
)
from tools.connectors.sandbox.hours import make_expenses, make_leaves, make_time_entries
from tools.connectors.sandbox.invoices import billed_time, disordered, make_invoices
from tools.connectors.sandbox.people import make_calendars, make_lending_rules, make_people, make_rate_cards
from tools.connectors.sandbox.purchasing import make_purchase_orders
from tools.connectors.sandbox.texts import CHANGE_REQUESTS, TICKETS
from tools.connectors.sandbox.work import RUNNING, Portfolio, make_portfolio
from tools.records import ChangeRequest, Contact, Contract, Invoice, Project, Record, Ticket, TimeEntry

TWENTY_FIVE_HOURS = 1_500


@dataclass(frozen=True)
class Mess:
    """What is put in disorder on the way: contracts, then time, then the invoices over it."""

    contracts: Callable[[list[Contract]], list[Contract]]
    time: Callable[[Random, list[TimeEntry], date], list[TimeEntry]]
    invoices: Callable[[list[Invoice], Mapping[str, Contract], date], list[Invoice]]


def generate(seed: int, today: date) -> list[Record]:
    """Every record of the firm as it stands on the morning of `today`, with the usual mess in it."""
    return _firm(seed, today, Mess(_drifted, _disordered, disordered))


def tidy(seed: int, today: date) -> list[Record]:
    """The same firm before anybody made a mistake in contracts, time or invoices."""
    return _firm(
        seed, today,
        Mess(lambda contracts: contracts, lambda _, entries, __: entries, lambda invoices, _, __: invoices),
    )  # fmt: skip


def _firm(seed: int, today: date, mess: Mess) -> list[Record]:
    def stream(part: str) -> Random:
        # One stream a part, so that a change to one leaves the others' numbers alone. Nothing here is secret.
        return Random(f"{seed}/{part}")  # noqa: S311

    people = make_people(stream("people"), today)
    customers = make_customers(stream("customers"), people)
    contacts = make_contacts(stream("contacts"), customers)
    work = make_portfolio(stream("work"), people, customers, today)
    work.contracts = mess.contracts(work.contracts)
    leaves = make_leaves(stream("leaves"), people, today)
    entries = mess.time(stream("mess"), make_time_entries(stream("hours"), people, work, leaves, today), today)
    invoices = make_invoices(stream("invoices"), work, entries, today)
    invoices = mess.invoices(invoices, {contract.id: contract for contract in work.contracts}, today)
    billed = billed_time(invoices, entries, today)
    entries = [
        TimeEntry.model_validate(entry.model_dump() | {"status": "invoiced"}) if entry.id in billed else entry
        for entry in entries
    ]
    vendors = make_vendors(stream("vendors"))
    parts: Sequence[Sequence[Record]] = (
        people, make_calendars(today), make_lending_rules(), make_rate_cards(), make_discount_rules(), customers,
        contacts, work.contracts, work.projects, work.milestones, work.assignments, work.forecasts, work.workspaces,
        leaves, entries, invoices,
        make_expenses(stream("expenses"), work, today), make_opportunities(stream("opportunities"), customers, today),
        vendors, make_purchase_orders(stream("purchases"), work, vendors, today), make_exchange_rates(today),
        make_periods(today), _tickets(stream("tickets"), contacts, work.projects),
        _change_requests(stream("requests"), contacts, work),
    )  # fmt: skip
    return [record for part in parts for record in part]


def _drifted(contracts: list[Contract]) -> list[Contract]:
    """Four contracts whose terms the CRM and the ERP hold differently; the signed ones are the bare fields."""
    drifts: dict[int, dict[str, object]] = {
        1: {"erp_value_minor": contracts[1].value_minor - contracts[1].value_minor // 8},
        6: {"crm_hourly_rate_minor": contracts[6].hourly_rate_minor + 500},
        11: {"erp_end_on": contracts[11].end_on - timedelta(days=61)},
        17: {"erp_payment_days": 14 if contracts[17].payment_days != 14 else 60},
    }
    return [
        Contract.model_validate(contract.model_dump() | drifts.get(place, {}))
        for place, contract in enumerate(contracts)
    ]


def _disordered(rng: Random, entries: list[TimeEntry], today: date) -> list[TimeEntry]:
    """One day of 25 hours, and two entries that were put in twice."""
    friday = today - timedelta(days=today.weekday() + 3)
    recent = [place for place, entry in enumerate(entries) if entry.day == friday]
    long, *twice = rng.sample(recent, 3)
    entries = list(entries)
    entries[long] = TimeEntry.model_validate(entries[long].model_dump() | {"minutes": TWENTY_FIVE_HOURS})
    for place in twice:
        ident = make_id("time_entry", len(entries) + 1)
        entries.append(TimeEntry.model_validate(entries[place].model_dump() | {"id": ident}))
    return entries


def _contact_of(rng: Random, contacts: list[Contact], customer_id: str) -> Contact:
    return rng.choice([one for one in contacts if one.customer_id == customer_id and one.author("*") == "system/crm"])


def _tickets(rng: Random, contacts: list[Contact], projects: list[Project]) -> list[Ticket]:
    found = []
    for number, written in enumerate(rng.sample(TICKETS, 8), 1):
        project = projects[rng.randrange(RUNNING)]
        author = f"customer/{_contact_of(rng, contacts, project.customer_id).id}"
        found.append(Ticket.model_validate({
            "id": make_id("ticket", number), "unit": project.unit, "customer_id": project.customer_id,
            "project_id": project.id, "title": written.title, "text": written.text,
            "priority": rng.choice(("p2", "p3", "p3", "p4")),
            "status": rng.choice(("open", "open", "waiting", "closed")),
            "authors": {"*": "system/support", "title": author, "text": author},
        }))  # fmt: skip
    return found


def _change_requests(rng: Random, contacts: list[Contact], work: Portfolio) -> list[ChangeRequest]:
    found = []
    for number, written in enumerate(rng.sample(CHANGE_REQUESTS, 5), 1):
        project = work.projects[rng.randrange(RUNNING)]
        author = f"customer/{_contact_of(rng, contacts, project.customer_id).id}"
        found.append(ChangeRequest.model_validate({
            "id": make_id("change_request", number), "unit": project.unit, "project_id": project.id,
            "text": written.text, "status": rng.choice(("priced", "ordered", "rejected")),
            "authors": {"*": "system/psa", "text": author},
        }))  # fmt: skip
    return found
