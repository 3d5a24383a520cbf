"""The read-only functions that agents get. They see one tenant's records through a ReadPort and can change nothing."""

from collections.abc import Iterable
from datetime import datetime

from tools.ports import ReadPort
from tools.reach import Reach, reach
from tools.records import (
    Assignment,
    Calendar,
    Contract,
    Customer,
    DiscountRule,
    ExchangeRate,
    Forecast,
    Invoice,
    Leave,
    LendingRule,
    Milestone,
    Opportunity,
    Period,
    Person,
    Project,
    RateCard,
    Record,
    Ticket,
    TimeEntry,
)
from tools.values import RecordKey

MOST_TIME = 20_000
"""Time entries of one person or project that are read at once."""

MOST_OF_A_KIND = 20_000
"""Records of one kind that are read where all of them are looked through."""


class Lookups:
    """One tenant's read-only view. Every method raises SourceUnavailable when the system of record cannot be asked."""

    def __init__(self, read: ReadPort) -> None:
        self._read = read

    def whole(self, models: Iterable[type[Record]]) -> list[Record]:
        """All of the firm's records of these kinds, of each at most `MOST_OF_A_KIND`."""
        return [record for model in models for record in self._read.find(model, {}, limit=MOST_OF_A_KIND)]

    def reach(self, subject: RecordKey | None, now: datetime, *, also: Iterable[RecordKey] = ()) -> Reach:
        return reach(self._read, subject, now, also=also)

    def people(self, unit: str | None = None) -> list[Person]:
        return self._read.find(Person, {"unit": unit} if unit else {}, limit=1000)

    def person(self, person_id: str) -> Person | None:
        return self._read.get(Person, person_id)

    def customers(self) -> list[Customer]:
        return self._read.find(Customer, {}, limit=1000)

    def projects(self) -> list[Project]:
        return self._read.find(Project, {}, limit=1000)

    def forecast(self, project_id: str) -> Forecast | None:
        return self._read.get(Forecast, project_id)

    def period(self, month: str) -> Period | None:
        """The ledger's month, `2026-03`."""
        return self._read.get(Period, month)

    def invoices_of(self, contract_id: str) -> list[Invoice]:
        return self._read.find(Invoice, {"contract_id": contract_id}, limit=1000)

    def assignments_of(self, person_id: str) -> list[Assignment]:
        return self._read.find(Assignment, {"person_id": person_id}, limit=1000)

    def assignments_on(self, project_id: str) -> list[Assignment]:
        return self._read.find(Assignment, {"project_id": project_id}, limit=1000)

    def leaves_of(self, person_id: str) -> list[Leave]:
        return self._read.find(Leave, {"person_id": person_id})

    def time_of(self, person_id: str) -> list[TimeEntry]:
        return self._read.find(TimeEntry, {"person_id": person_id}, limit=MOST_TIME)

    def time_on(self, project_id: str) -> list[TimeEntry]:
        return self._read.find(TimeEntry, {"project_id": project_id}, limit=MOST_TIME)

    def calendars(self) -> list[Calendar]:
        return self._read.find(Calendar, {}, limit=1000)

    def lending(self) -> list[LendingRule]:
        return self._read.find(LendingRule, {}, limit=1000)

    def opportunities(self) -> list[Opportunity]:
        return self._read.find(Opportunity, {}, limit=1000)

    def exchange_rates(self) -> list[ExchangeRate]:
        return self._read.find(ExchangeRate, {}, limit=1000)

    def contract(self, contract_id: str) -> Contract | None:
        return self._read.get(Contract, contract_id)

    def project(self, project_id: str) -> Project | None:
        return self._read.get(Project, project_id)

    def rate_card(self) -> list[RateCard]:
        return self._read.find(RateCard, {}, limit=1000)

    def milestone(self, milestone_id: str) -> Milestone | None:
        return self._read.get(Milestone, milestone_id)

    def milestones_on(self, project_id: str) -> list[Milestone]:
        return self._read.find(Milestone, {"project_id": project_id}, limit=1000)

    def tickets_on(self, project_id: str) -> list[Ticket]:
        return self._read.find(Ticket, {"project_id": project_id}, limit=1000)

    def discount_rules(self) -> list[DiscountRule]:
        return self._read.find(DiscountRule, {}, limit=1000)
