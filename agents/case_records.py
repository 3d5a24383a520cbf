"""Case records: what a model may look up while it reads a text. Records of the case's own customer, and nothing else.

A record of somebody else and one that is not there get the same answer, so that nobody learns by asking. Of each record
only named fields are shown; what a customer wrote stands apart from what the firm's systems and people wrote.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tools.lookups import Lookups
from tools.reach import Reach
from tools.records import Invoice, Project, Record
from tools.values import RecordKey, RecordKind

SHOWN: Mapping[RecordKind, tuple[str, ...]] = {
    "project": ("name", "status", "start_on", "end_on", "contract_id"),
    "contract": ("title", "type", "status", "start_on", "end_on"),
    "milestone": ("name", "due_on", "status"),
    "invoice": ("number", "status", "amount_minor", "currency", "period_start_on", "period_end_on"),
    "change_request": ("text", "status"),
    "forecast": ("finish_on",),
}  # fmt: skip
"""Kind → the fields that are shown. No cost, rate, budget or person is among them."""

OFFERED: Mapping[str, tuple[str, str | None]] = {
    "list_projects": ("The customer's projects: id, name, status and dates.", None),
    "get_project": ("One project of the customer with its contract, milestones and change requests.", "project_id"),
    "get_forecast": ("When a project of the customer is expected to finish.", "project_id"),
    "list_invoices": ("The invoices under one contract of the customer.", "contract_id"),
}
"""Function → what it does, and the name of its one argument."""

MOST = 40
"""Records in one answer; of more, the first ones are shown and it is said that there are more."""

MOST_CHARACTERS = 2_000
"""Of one field; the rest is left out."""


class Unanswered(Exception):
    """A question to which there is no answer; the message may be shown to whoever asked."""


class NotOffered(Unanswered):
    """There is no such function."""


class NotHere(Unanswered):
    """Nothing of that id belongs to the case's customer."""


class CaseRecords:
    """The questions that may be asked in one case. Nothing is offered where the case has not exactly one customer."""

    def __init__(self, lookups: Lookups, reached: Reach, now: datetime) -> None:
        customers = reached.customers()
        self._lookups, self._reached, self._now = lookups, reached, now
        self._customer = next(iter(customers)) if len(customers) == 1 else None
        self._answers: Mapping[str, Callable[[str], list[Record]]] = {
            "list_projects": lambda _: self._projects(), "get_project": self._project,
            "get_forecast": self._forecast, "list_invoices": self._invoices,
        }  # fmt: skip

    @property
    def offered(self) -> Mapping[str, tuple[str, str | None]]:
        return OFFERED if self._customer is not None else {}

    def ask(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The answer as JSON values. Raises Unanswered, and SourceUnavailable when the records cannot be read."""
        if name not in self.offered:
            raise NotOffered("there is no such function")
        wanted = self.offered[name][1]
        ident = arguments.get(wanted, "") if wanted else ""
        if not isinstance(ident, str) or len(ident) > 200 or (wanted and not ident):
            raise Unanswered(f"{wanted} must be an id")
        found = [one for one in self._answers[name](ident) if one.kind in SHOWN]
        answer: dict[str, Any] = {"records": [_shown(one) for one in found[:MOST]]}
        return answer | ({"more": len(found) - MOST} if len(found) > MOST else {})

    def _projects(self) -> list[Record]:
        return [one for one in self._lookups.projects() if self._theirs(one)]

    def _project(self, ident: str) -> list[Record]:
        self._own_project(ident)
        around = self._lookups.reach(RecordKey(kind="project", id=ident), self._now)
        wanted = ("project", "contract", "milestone", "change_request")
        return [one for one in around.records.values() if one.kind in wanted and self._own(one, around)]

    def _forecast(self, ident: str) -> list[Record]:
        self._own_project(ident)
        found = self._lookups.forecast(ident)
        return [] if found is None else [found]

    def _invoices(self, ident: str) -> list[Record]:
        contract = self._lookups.reach(RecordKey(kind="contract", id=ident), self._now)
        record = contract.get("contract", ident)
        if record is None or not self._own(record, contract):
            raise NotHere("this customer has no such contract")
        return [one for one in self._lookups.invoices_of(ident) if self._theirs(one)]

    def _own_project(self, ident: str) -> None:
        project = self._lookups.project(ident)
        if project is None or not self._theirs(project):
            raise NotHere("this customer has no such project")

    def _theirs(self, record: Project | Invoice) -> bool:
        """Whose it is counts as a system or a colleague wrote it: nobody gets to see a record by claiming it."""
        return record.customer_id == self._customer and record.trust("customer_id").trusted

    def _own(self, record: Record, around: Reach) -> bool:
        return around.customer_of(record) == self._customer


def _shown(record: Record) -> dict[str, Any]:
    values = record.model_dump(mode="json", include=set(SHOWN[record.kind]))
    values = {name: value[:MOST_CHARACTERS] if isinstance(value, str) else value for name, value in values.items()}
    theirs = {name: value for name, value in values.items() if not record.trust(name).trusted}
    ours = {name: value for name, value in values.items() if name not in theirs}
    shown: dict[str, Any] = {"id": str(record.key), **ours}
    return shown | ({"written_by_customer": theirs} if theirs else {})
