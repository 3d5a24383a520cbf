"""Books: the records that detectors look at, found by what they are asked for, and the findings that they make of them.

Detectors see just these records: one that is not among them is not known, which a detector says where it needs it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TypeVar, cast

from tools.billing.confidence import NOTHING_LEARNED, Learned
from tools.billing.finding import Finding
from tools.billing.kinds import KINDS, Kind, Owner
from tools.billing.limits import Limits
from tools.record import Record, fact_id
from tools.records import Assignment, Contract, Customer, Leave, Person, Project, TimeEntry
from tools.values import MAX_MINOR, Money

R = TypeVar("R", bound=Record)


class Books:
    """`today` is the day of the look, in the firm's zone."""

    def __init__(
        self,
        records: Iterable[Record],
        today: date,
        *,
        limits: Limits | None = None,
        learned: Learned = NOTHING_LEARNED,
    ) -> None:
        self.today, self.limits, self._learned = today, limits or Limits(), learned
        self._kinds: dict[str, dict[str, Record]] = defaultdict(dict)
        for record in records:
            self._kinds[record.kind][record.id] = record

    def all(self, model: type[R]) -> list[R]:
        return cast("list[R]", list(self._kinds[model.kind].values()))

    def get(self, model: type[R], ident: str | None) -> R | None:
        return cast("R | None", self._kinds[model.kind].get(ident or ""))

    def value(self, fact: str) -> int | date | str | None:
        """The single value that a fact's id names, where a system or a colleague stands behind it."""
        key, _, field = fact.partition("#")
        kind, _, ident = key.partition("/")
        record = self._kinds[kind].get(ident)
        if record is None or not record.trust(field).trusted:
            return None
        found = getattr(record, field, None)
        return found if isinstance(found, int | date | str) else None

    def contract_of(self, project_id: str | None) -> Contract | None:
        project = self.get(Project, project_id)
        return self.get(Contract, project.contract_id) if project else None

    @cached_property
    def bookings(self) -> Mapping[tuple[str, str], Sequence[Assignment]]:
        """(person, project) → assignments that were not released."""
        found: dict[tuple[str, str], list[Assignment]] = defaultdict(list)
        for one in self.all(Assignment):
            if one.status != "released":
                found[one.person_id, one.project_id].append(one)
        return found

    @cached_property
    def absences(self) -> Mapping[str, Sequence[Leave]]:
        """Person → approved leaves."""
        found: dict[str, list[Leave]] = defaultdict(list)
        for one in self.all(Leave):
            if one.status == "approved":
                found[one.person_id].append(one)
        return found

    @cached_property
    def time(self) -> Sequence[TimeEntry]:
        """Time entries by id, without those that were written off."""
        return sorted((one for one in self.all(TimeEntry) if one.status != "written_off"), key=lambda one: one.id)

    @cached_property
    def time_on(self) -> Mapping[str, Sequence[TimeEntry]]:
        """Project → its time entries, without those that were written off."""
        found: dict[str, list[TimeEntry]] = defaultdict(list)
        for one in self.time:
            found[one.project_id].append(one)
        return found

    def finding(
        self,
        kind: Kind,
        record: Record,
        says: str,
        facts: Iterable[tuple[Record, str]],
        *,
        stake: tuple[int, str] | None = None,
        computed: Sequence[int | date | str] = (),
    ) -> Finding:
        """`stake` is an amount in minor units and its currency; the sign does not matter."""
        amount = None if stake is None else Money(amount_minor=min(abs(stake[0]), MAX_MINOR), currency=stake[1])
        return Finding(
            kind, record.key, says, tuple(dict.fromkeys(fact_id(one, field) for one, field in facts)),
            self._learned.confidence(kind), amount, self._owner(KINDS[kind].owner, record), tuple(computed),
        )  # fmt: skip

    def _owner(self, role: Owner, record: Record) -> str | None:
        """Who works here today and answers for the record in that role, or in the next that somebody has."""
        person = record if isinstance(record, Person) else self.get(Person, getattr(record, "person_id", None))
        project = record if isinstance(record, Project) else self.get(Project, getattr(record, "project_id", None))
        contract = record if isinstance(record, Contract) else None
        if contract is None:
            linked = getattr(record, "contract_id", None)
            contract = self.get(Contract, linked) or (self.get(Contract, project.contract_id) if project else None)
        owned = record if isinstance(record, Customer) else project or contract
        customer = owned if isinstance(owned, Customer) else self.get(Customer, owned.customer_id) if owned else None
        lead = project.lead_id if project else None
        owner = contract.owner_id if contract else None
        account = customer.account_lead_id if customer else None
        named: dict[Owner, tuple[str | None, ...]] = {
            "person": (person.id if person else None,),
            "manager": (person.manager_id if person else None, lead),
            "project_lead": (lead, owner, account),
            "contract_owner": (owner, account, lead),
            "account_lead": (account, owner, lead),
            "finance": (),
        }
        return next((ident for ident in named[role] if ident and self._here(ident)), None)

    def _here(self, ident: str) -> bool:
        person = self.get(Person, ident)
        return person is None or person.ends_on is None or person.ends_on >= self.today


def worth(entry: TimeEntry) -> tuple[int, str]:
    """What the entry bills, in minor units, with its currency; nothing at a negative rate."""
    return entry.minutes * max(entry.rate_minor, 0) // 60, entry.currency


Detector = Callable[[Books], Iterable[Finding]]


def find(books: Books, detectors: Iterable[Detector]) -> list[Finding]:
    """What the detectors find, each once."""
    found = {(one.kind, one.record, one.evidence): one for detector in detectors for one in detector(books)}
    return list(found.values())
