"""WorkflowEvent: one thing that happened in a source system, with CloudEvents 1.0 attributes, and its typed data."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tools.values import Currency, Day, Id, JsonObject, Line, Minor, Moment, RecordKey, Text, Value

EventType = Annotated[str, StringConstraints(min_length=3, max_length=120, pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
TriageKind = Literal["change_request", "ticket", "staffing_request", "billing_question", "other"]
TRIAGE_EVENT = "assistant.triage.requested"
DOUBT_EVENT = "assistant.record.doubted"
OWN_EVENTS = frozenset({TRIAGE_EVENT, DOUBT_EVENT})
"""Types that the service makes itself, and no source may send."""


class WorkflowEvent(Value):
    """CloudEvents 1.0 attributes; `data` has passed the model of its type, or is kept raw where the type is unknown."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    type: EventType
    subject: RecordKey | None
    time: Moment
    data: dict[str, Any]


class EventData(BaseModel):
    """Fields of one event type. Senders grow fields, so unknown ones are left aside; known ones are strict."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    def subject_key(self) -> RecordKey | None:
        """The record that the event is about; None where it names none."""
        return None

    def related(self) -> list[RecordKey]:
        """Records that the event names beside its subject, where the subject does not lead to them."""
        return []

    def correlation(self) -> str | None:
        """What events of one type have in common when they belong to one case; None gives each a case of its own."""
        subject = self.subject_key()
        return None if subject is None else str(subject)


class OpportunityWon(EventData):
    opportunity_id: Id
    customer_id: Id | None = None
    amount_minor: Minor | None = None
    currency: Currency | None = None

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="opportunity", id=self.opportunity_id)


class OpportunityLost(EventData):
    opportunity_id: Id
    customer_id: Id | None = None
    reason: Text | None = None

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="opportunity", id=self.opportunity_id)


class ContractAmended(EventData):
    contract_id: Id
    changed_fields: list[Line] = []

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="contract", id=self.contract_id)


class SowRole(EventData):
    role: Line
    skill: Line
    level: Annotated[int, Field(ge=1, le=5)] = 3
    percent: Annotated[int, Field(ge=1, le=100)] = 100


class SowApproved(EventData):
    contract_id: Id
    title: Line
    start_on: Day
    end_on: Day
    roles: Annotated[list[SowRole], Field(max_length=50)] = []

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="contract", id=self.contract_id)


class ChangeRequestSubmitted(EventData):
    change_request_id: Id | None = None
    project_id: Id
    text: Text
    requested_by: Annotated[str, StringConstraints(max_length=254)] | None = None

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="project", id=self.project_id)

    def related(self) -> list[RecordKey]:
        return [RecordKey(kind="change_request", id=self.change_request_id)] if self.change_request_id else []

    def correlation(self) -> str | None:
        return None if self.change_request_id is None else f"change_request/{self.change_request_id}"


class MilestoneSlipped(EventData):
    milestone_id: Id
    project_id: Id | None = None
    expected_on: Day
    reason: Text | None = None

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="milestone", id=self.milestone_id)


class TimesheetApproved(EventData):
    person_id: Id
    week_start_on: Day
    approved_by: Id | None = None

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="person", id=self.person_id)

    def correlation(self) -> str | None:
        return f"person/{self.person_id}/{self.week_start_on}"


class TimesheetMissing(EventData):
    person_id: Id
    week_start_on: Day

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="person", id=self.person_id)

    def correlation(self) -> str | None:
        return f"person/{self.person_id}/{self.week_start_on}"


class InvoiceDrafted(EventData):
    invoice_id: Id
    project_id: Id | None = None

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="invoice", id=self.invoice_id)


class MilestoneCompleted(EventData):
    milestone_id: Id
    project_id: Id | None = None
    completed_on: Day

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="milestone", id=self.milestone_id)


class TicketOpened(EventData):
    ticket_id: Id
    customer_id: Id | None = None
    title: Line
    text: Text
    requested_by: Annotated[str, StringConstraints(max_length=254)] | None = None

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="ticket", id=self.ticket_id)


class ContractExpiring(EventData):
    contract_id: Id
    expires_on: Day

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="contract", id=self.contract_id)


class PersonJoined(EventData):
    person_id: Id
    starts_on: Day

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="person", id=self.person_id)


class LeaveApproved(EventData):
    leave_id: Id
    person_id: Id
    start_on: Day
    end_on: Day

    def subject_key(self) -> RecordKey:
        return RecordKey(kind="person", id=self.person_id)

    def correlation(self) -> str | None:
        return f"leave/{self.leave_id}"


class TriageRequested(EventData):
    """What `POST /v1/triage` carries; the text is the customer's unless the token's source says otherwise."""

    kind: TriageKind
    text: Text
    customer: Id | None = None
    project: Id | None = None
    requested_by: Annotated[str, StringConstraints(max_length=254)] | None = None
    data: JsonObject = {}

    def subject_key(self) -> RecordKey | None:
        if self.project:
            return RecordKey(kind="project", id=self.project)
        return RecordKey(kind="customer", id=self.customer) if self.customer else None

    def correlation(self) -> str | None:
        return None


class RecordDoubted(EventData):
    """What the service found out of order while it looked through the firm's books; `findings` are their kinds."""

    record: RecordKey
    findings: Annotated[list[Line], Field(min_length=1, max_length=50)]

    def subject_key(self) -> RecordKey:
        return self.record


EVENT_TYPES: dict[str, type[EventData]] = {
    "crm.opportunity.won": OpportunityWon,
    "crm.opportunity.lost": OpportunityLost,
    "crm.contract.amended": ContractAmended,
    "crm.contract.expiring": ContractExpiring,
    "psa.sow.approved": SowApproved,
    "psa.change_request.submitted": ChangeRequestSubmitted,
    "psa.milestone.slipped": MilestoneSlipped,
    "psa.timesheet.approved": TimesheetApproved,
    "psa.timesheet.missing": TimesheetMissing,
    "erp.invoice.drafted": InvoiceDrafted,
    "erp.milestone.completed": MilestoneCompleted,
    "support.ticket.opened": TicketOpened,
    "hr.person.joined": PersonJoined,
    "hr.leave.approved": LeaveApproved,
    TRIAGE_EVENT: TriageRequested,
    DOUBT_EVENT: RecordDoubted,
}
