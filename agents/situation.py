"""Situation: one event with all that was read about it, as the specialists see it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from agents.steps import Given
from tools.billing.confidence import Learned
from tools.events import EventData, WorkflowEvent
from tools.facts import Fact, Trust
from tools.lookups import Lookups
from tools.proposals import Assessment
from tools.reach import Reach
from tools.record import fact_id as fact_id
from tools.records import Contact, Contract, Customer, Milestone, Person, Project, Record
from tools.values import RecordKey

R = TypeVar("R", bound=Record)
E = TypeVar("E", bound=EventData)


@dataclass(frozen=True)
class Situation:
    """`trust` is the trust in each field of the event, by name; a field without an entry is a customer's word.

    `learned` answers what people's verdicts say of findings.
    """

    event: WorkflowEvent
    data: EventData
    tenant: str
    now: datetime
    lookups: Lookups
    reached: Reach
    trust: Mapping[str, Trust]
    learned: Callable[[], Learned] = Learned
    assessment: Assessment | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    def typed(self, model: type[E]) -> E:
        """The event's data as `model`. Raises TypeError when the event is of another type."""
        if not isinstance(self.data, model):
            raise TypeError(f"{self.event.type} carries {type(self.data).__name__}, not {model.__name__}")
        return self.data

    @property
    def assessed(self) -> Assessment:
        if self.assessment is None:
            raise RuntimeError("planned before it was assessed")
        return self.assessment

    def record(self, model: type[R], ident: object) -> R | None:
        """The record of that id, if it is in reach."""
        found = self.reached.get(model.kind, ident)
        return found if isinstance(found, model) else None

    def all(self, model: type[R]) -> list[R]:
        return [record for record in self.reached.of_kind(model.kind) if isinstance(record, model)]

    def customer(self) -> Customer | None:
        """The one customer this is about, None where there is none or more than one."""
        found = self.all(Customer)
        return found[0] if len(found) == 1 else None

    def project(self) -> Project | None:
        """The project of the subject: itself, or the one it links to."""
        return self._linked(Project)

    def contract(self) -> Contract | None:
        project = self.project()
        return self.record(Contract, project.contract_id) if project else self._linked(Contract)

    def lead(self) -> Person | None:
        """Who answers for it inside the firm: the project's lead, the contract's owner, the customer's account lead."""
        project, contract, customer = self.project(), self.contract(), self.customer()
        named = (
            project.lead_id if project else None,
            contract.owner_id if contract else None,
            customer.account_lead_id if customer else None,
        )
        for ident in named:
            if ident and (person := self.person(ident)) is not None:
                return person
        return None

    def person(self, ident: str) -> Person | None:
        """A colleague who works here today, in reach or not."""
        person = self.record(Person, ident) or self.lookups.person(ident)
        if person is None or (person.ends_on is not None and person.ends_on < self.today):
            return None
        return person

    def called(self, record: Project | Milestone | Contact) -> str:
        """Its name, where one of ours or a system gave it; one that only a customer typed is no word of ours."""
        return record.name if record.trust("name").trusted else key_text(record.key)

    def contact(self, address: str | None) -> Contact | None:
        """Whom to write to at the customer: the contact of that address, else the first on record.

        Only contacts whose address a system or a colleague wrote are considered, so that nobody becomes a recipient
        by writing to us.
        """
        customer = self.customer()
        known = sorted(
            (
                contact for contact in self.all(Contact)
                if customer and contact.customer_id == customer.id and contact.trust("email").trusted
            ),
            key=lambda contact: contact.id,
        )  # fmt: skip
        wanted = (address or "").casefold()
        return next((contact for contact in known if contact.email.casefold() == wanted), known[0] if known else None)

    def of(self, record: Record, field: str, method: str = "read from the record") -> Given:
        """An argument that is a record's field."""
        return Given(getattr(record, field), (fact_id(record, field),), method)

    def told(self, field: str, method: str = "as the event says") -> Given:
        """An argument that is a field of the event."""
        return Given(getattr(self.data, field), (f"event#{field}",), method)

    def facts_named(self, idents: Iterable[str]) -> list[Fact]:
        """The facts of these ids that are in reach or in the event; unknown ids are passed over."""
        told = {fact.id: fact for fact in self.event_facts()}
        found: list[Fact] = []
        for ident in idents:
            key, _, field = ident.partition("#")
            record = self.reached.records.get(key)
            if ident in told:
                found.append(told[ident])
            elif record is not None and (value := record.value(field)) is not None:
                found.append(
                    Fact(
                        id=ident, record=record.key, field=field, value=value, author=record.author(field),
                        read_at=self.reached.read_at, trust=record.trust(field),
                        customer=self.reached.customer_of(record),
                    )
                )  # fmt: skip
        return found

    def event_facts(self) -> list[Fact]:
        customers = self.reached.customers()
        customer = next(iter(customers)) if len(customers) == 1 else None
        return [
            Fact(
                id=f"event#{name}", record=None, field=name[:120], value=value, author=self.event.source,
                read_at=self.now, trust=self.trust.get(name.split("/")[0], Trust.CUSTOMER), customer=customer,
            )
            for name, value in _scalars(self.event.data)
        ]  # fmt: skip

    def _linked(self, model: type[R]) -> R | None:
        subject = self.reached.subject
        start = self.reached.get(subject.kind, subject.id) if subject else None
        if start is None:
            return None
        if isinstance(start, model):
            return start
        for field, kind in type(start).links.items():
            if kind == model.kind and (found := self.record(model, getattr(start, field))) is not None:
                return found
        return None


def key_text(key: RecordKey) -> str:
    return f"{key.kind.replace('_', ' ')} {key.id}"


def working_day(start: date, days: int) -> date:
    """The day `days` working days after `start`, Saturdays and Sundays left out."""
    current = start
    while days > 0:
        current += timedelta(days=1)
        days -= current.weekday() < 5
    return current


def _scalars(data: Any, prefix: str = "") -> list[tuple[str, str | int | bool]]:
    """Leaves of JSON as `a/0/b` → value; texts as they are, other numbers as text."""
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in _scalars(value, f"{prefix}/{key}" if prefix else key)]
    if isinstance(data, list):
        return [leaf for place, value in enumerate(data[:50]) for leaf in _scalars(value, f"{prefix}/{place}")]
    if data is None:
        return []
    return [(prefix[:200], data if isinstance(data, str | int | bool) else str(data))]
