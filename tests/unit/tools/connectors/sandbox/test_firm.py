"""The generated firm: the same for the same seed and day, consistent in itself, plausible, with its mess in it."""

from collections import Counter
from datetime import date, timedelta
from typing import TypeVar

import pytest

from tools.connectors.sandbox.clients import EUR_PPM
from tools.connectors.sandbox.firm import TWENTY_FIVE_HOURS, generate
from tools.connectors.sandbox.hours import WEEKS, first_day, working_days
from tools.facts import Trust
from tools.records import (
    Assignment,
    Contact,
    Contract,
    Customer,
    Invoice,
    Leave,
    Milestone,
    Period,
    Person,
    Project,
    Record,
    TimeEntry,
)

R = TypeVar("R", bound=Record)
TODAY = date(2026, 3, 18)
# The first of a year, the end of a February, a Sunday, a leap day.
DAYS = [TODAY, date(2026, 1, 1), date(2027, 2, 28), date(2026, 11, 22), date(2028, 2, 29)]


class Firm:
    def __init__(self, seed: int, today: date) -> None:
        self.records = generate(seed, today)
        self.by_key = {str(record.key): record for record in self.records}

    def all(self, model: type[R]) -> list[R]:
        return [record for record in self.records if isinstance(record, model)]


@pytest.fixture(scope="module")
def firm() -> Firm:
    return Firm(7, TODAY)


def test_the_same_seed_and_day_give_the_same_firm() -> None:
    assert generate(7, TODAY) == generate(7, TODAY)
    assert generate(7, TODAY) != generate(8, TODAY)


@pytest.mark.parametrize("today", DAYS)
@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_every_link_leads_somewhere_on_every_day(seed: int, today: date) -> None:
    firm = Firm(seed, today)
    assert len(firm.by_key) == len(firm.records), "an id is used twice"
    for record in firm.records:
        assert record.authors.get("*"), record.key
        for field, kind in type(record).links.items():
            ident = getattr(record, field)
            assert ident is None or f"{kind}/{ident}" in firm.by_key, (record.key, field)
    _messy(firm, today)


def test_its_size(firm: Firm) -> None:
    count = Counter(record.kind for record in firm.records)
    assert (count["person"], count["customer"], count["contract"]) == (60, 25, 40)
    assert len([project for project in firm.all(Project) if project.status == "running"]) == 30
    assert len({person.unit for person in firm.all(Person)} - {None}) == 3
    assert {contract.type for contract in firm.all(Contract)} == {"fixed_price", "time_and_materials", "retainer"}
    assert any(seat.status == "tentative" for seat in firm.all(Assignment))
    assert {"opportunity", "expense", "leave", "rate_card", "exchange_rate", "period", "vendor"} <= count.keys()


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_utilisation_and_margins_are_those_of_a_healthy_firm(seed: int) -> None:
    firm = Firm(seed, TODAY)
    people = {person.id: person for person in firm.all(Person)}
    entries = [entry for entry in firm.all(TimeEntry) if entry.minutes < TWENTY_FIVE_HOURS]
    away = {
        (leave.person_id, day)
        for leave in firm.all(Leave) if leave.status == "approved"
        for day in working_days(leave.start_on, leave.end_on)
    }  # fmt: skip
    days = list(working_days(first_day(TODAY), TODAY - timedelta(days=1)))
    for unit in {person.unit for person in people.values()} - {None}:
        capacity = sum(
            person.weekly_minutes / 5
            for person in people.values() if person.unit == unit
            for day in days if (person.id, day) not in away
        )  # fmt: skip
        assert 0.65 <= sum(entry.minutes for entry in entries if entry.unit == unit) / capacity <= 0.85
    for project in firm.all(Project):
        booked = [entry for entry in entries if entry.project_id == project.id]
        earned = sum(entry.minutes * entry.rate_minor * EUR_PPM[entry.currency] / 1_000_000 for entry in booked)
        spent = sum(entry.minutes * people[entry.person_id].cost_rate_minor for entry in booked)
        assert not booked or 0.20 <= 1 - spent / earned <= 0.45, project.id


def test_days_lie_in_order(firm: Firm) -> None:
    people = {person.id: person for person in firm.all(Person)}
    projects = {project.id: project for project in firm.all(Project)}
    for project in projects.values():
        contract = firm.by_key[f"contract/{project.contract_id}"]
        assert isinstance(contract, Contract)
        assert contract.start_on <= project.start_on < project.end_on <= contract.end_on
        assert (contract.customer_id, contract.currency) == (project.customer_id, project.currency)
    for entry in firm.all(TimeEntry):
        assert max(projects[entry.project_id].start_on, first_day(TODAY)) <= entry.day < TODAY
        assert entry.day.weekday() < 5
        assert people[entry.person_id].starts_on < entry.day
    assert min(entry.day for entry in firm.all(TimeEntry)) <= TODAY - timedelta(weeks=WEEKS - 1)
    for milestone in firm.all(Milestone):
        assert (milestone.status in ("completed", "invoiced")) == (milestone.due_on < TODAY)
    for invoice in firm.all(Invoice):
        assert invoice.period_start_on <= invoice.period_end_on
        assert invoice.period_start_on <= invoice.drafted_on <= TODAY


def test_a_fixed_price_is_the_sum_of_its_milestones(firm: Firm) -> None:
    for project in firm.all(Project):
        contract = firm.by_key[f"contract/{project.contract_id}"]
        assert isinstance(contract, Contract)
        total = sum(one.amount_minor for one in firm.all(Milestone) if one.project_id == project.id)
        assert total == (contract.value_minor if contract.type == "fixed_price" else 0)


def _messy(firm: Firm, today: date) -> None:
    terms = ("value_minor", "hourly_rate_minor", "end_on", "payment_days")
    drifted = [
        contract for contract in firm.all(Contract)
        if any(getattr(contract, f"crm_{term}") != getattr(contract, f"erp_{term}") for term in terms)
    ]  # fmt: skip
    assert len(drifted) >= 3
    seats = firm.all(Assignment)
    assert any(
        project.start_on <= today + timedelta(days=14) and all(seat.project_id != project.id for seat in seats)
        for project in firm.all(Project) if project.status == "planned"
    )  # fmt: skip
    entries = firm.all(TimeEntry)
    assert [entry.minutes for entry in entries].count(TWENTY_FIVE_HOURS) == 1
    once = Counter((entry.person_id, entry.project_id, entry.day, entry.minutes, entry.note) for entry in entries)
    assert max(once.values()) == 2
    inbound = [contact for contact in firm.all(Contact) if contact.authors == {"*": "mail/inbound"}]
    assert len(inbound) == 1
    assert inbound[0].trust("email") is Trust.CUSTOMER
    names = [customer.name for customer in firm.all(Customer)]
    assert {"Brightwater Energy", "Brightwater Energies"} <= set(names)
    closed = {period.id for period in firm.all(Period) if period.status == "closed"}
    drafts = [invoice for invoice in firm.all(Invoice) if invoice.status == "draft"]
    assert any(f"{invoice.period_end_on:%Y-%m}" in closed for invoice in drafts)
    assert any((today - invoice.drafted_on).days > 30 for invoice in drafts)
    contracts = {contract.id: contract for contract in firm.all(Contract)}
    assert any(
        invoice.amount_minor > invoice.minutes * contracts[invoice.contract_id].hourly_rate_minor // 60 * 110 // 100
        for invoice in drafts if contracts[invoice.contract_id].type == "time_and_materials"
    )  # fmt: skip
