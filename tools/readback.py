"""Read-back: whether a fresh query shows the effect that the receipt claims. Each returns what differs, as sentences.

The sentences name records and fields, never values: they are kept in plain text, and a value may be personal.

`receipt.result` of a tool that creates holds the new id as `<kind>_id` (`task_ids` where there are several).
"""

from typing import TypeVar

from tools.actions import (
    Action,
    AssignPerson,
    CancelRecord,
    ChangeBudget,
    CreateChangeOrder,
    CreateOnboardingTasks,
    CreateProject,
    CreateTask,
    FlagTimeEntry,
    HoldInvoice,
    NotifyChannel,
    OpenRenewal,
    ProvisionWorkspace,
    RecallMessage,
    Ref,
    ReleaseInvoice,
    ResumeInvoice,
    ReverseWriteOff,
    SendCustomerMessage,
    SetTicketPriority,
    ShiftMilestone,
    SyncContractTerms,
    UnflagTimeEntry,
    UpdateForecast,
    WriteOff,
)  # fmt: skip
from tools.ports import ReadPort
from tools.receipt import Receipt
from tools.records import (
    RECORDS,
    Assignment,
    ChangeOrder,
    Contract,
    Forecast,
    Invoice,
    Message,
    Milestone,
    Notice,
    Project,
    Record,
    Renewal,
    Task,
    Ticket,
    TimeEntry,
    Workspace,
)  # fmt: skip
from tools.values import RecordKey

R = TypeVar("R", bound=Record)


def _differs(record: Record | None, what: str, expected: dict[str, object]) -> list[str]:
    if record is None:
        return [f"{what} is not there"]
    found = {field: getattr(record, field) for field in expected}
    return [
        f"{what}: {field} is not what was asked for"
        for field, value in expected.items()
        if value is not None and not isinstance(value, Ref) and found[field] != value
    ]


def overtaken(receipt: Receipt, read: ReadPort) -> bool:
    """Whether records that the receipt says were changed have been changed again since.

    What differs may then be somebody else's doing. A record that a connector only claims to have changed stands at an
    earlier version than the one it claims. Raises SourceUnavailable.
    """
    stands = []
    for name, left_at in receipt.versions.items():
        key = RecordKey.parse(name)
        record = read.get(RECORDS[key.kind], key.id)
        stands.append(record.version - left_at if record else -1)
    return any(stands) and min(stands) >= 0


def _fetch(read: ReadPort, model: type[R], receipt: Receipt, field: str) -> tuple[R | None, str]:
    ident = receipt.result.get(field)
    return (read.get(model, ident) if isinstance(ident, str) else None), f"{model.kind} {ident}"


def create_project(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, CreateProject)
    project, what = _fetch(read, Project, receipt, "project_id")
    fields = ("name", "customer_id", "contract_id", "unit", "start_on", "end_on", "budget_minor", "currency", "lead_id")
    return _differs(project, what, {field: getattr(action, field) for field in fields})


def provision_workspace(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, ProvisionWorkspace)
    workspace, what = _fetch(read, Workspace, receipt, "workspace_id")
    return _differs(
        workspace, what,
        {"project_id": action.project_id, "type": action.type, "name": action.name, "status": "active"},
    )  # fmt: skip


def create_onboarding_tasks(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, CreateOnboardingTasks)
    idents = receipt.result.get("task_ids")
    if not isinstance(idents, list) or len(idents) != len(action.tasks):
        return [f"{len(action.tasks)} tasks were asked for, the receipt names {idents!r}"]
    return [
        difference
        for ident, task in zip(idents, action.tasks, strict=True)
        for difference in _differs(read.get(Task, str(ident)), f"task {ident}", dict(task))
    ]


def assign_person(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, AssignPerson)
    assignment, what = _fetch(read, Assignment, receipt, "assignment_id")
    fields = ("project_id", "person_id", "role", "start_on", "end_on", "percent", "status")
    return _differs(assignment, what, {field: getattr(action, field) for field in fields})


def shift_milestone(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, ShiftMilestone)
    milestone = read.get(Milestone, action.milestone_id)
    return _differs(milestone, f"milestone {action.milestone_id}", {"due_on": action.due_on})


def update_forecast(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, UpdateForecast)
    forecast, what = _fetch(read, Forecast, receipt, "project_id")
    return _differs(forecast, what, {"remaining_minutes": action.remaining_minutes, "finish_on": action.finish_on})


def change_budget(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, ChangeBudget)
    expected = {"budget_minor": action.budget_minor, "currency": action.currency}
    return _differs(read.get(Project, action.project_id), f"project {action.project_id}", expected)


def create_change_order(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, CreateChangeOrder)
    order, what = _fetch(read, ChangeOrder, receipt, "change_order_id")
    fields = ("project_id", "change_request_id", "title", "minutes", "amount_minor", "currency")
    return _differs(order, what, {field: getattr(action, field) for field in fields})


def sync_contract_terms(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, SyncContractTerms)
    contract = read.get(Contract, action.contract_id)
    return _differs(contract, f"contract {action.contract_id}", {f"{action.system}_{action.term}": action.value})


def hold_invoice(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, HoldInvoice)
    return _differs(read.get(Invoice, action.invoice_id), f"invoice {action.invoice_id}", {"status": "held"})


def resume_invoice(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, ResumeInvoice)
    return _differs(read.get(Invoice, action.invoice_id), f"invoice {action.invoice_id}", {"status": "draft"})


def release_invoice(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, ReleaseInvoice)
    expected = {"status": "released", "amount_minor": action.amount_minor, "currency": action.currency}
    return _differs(read.get(Invoice, action.invoice_id), f"invoice {action.invoice_id}", expected)


def flag_time_entry(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, FlagTimeEntry)
    entry = read.get(TimeEntry, action.time_entry_id)
    return _differs(entry, f"time entry {action.time_entry_id}", {"status": "flagged"})


def unflag_time_entry(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, UnflagTimeEntry)
    entry = read.get(TimeEntry, action.time_entry_id)
    if entry is not None and entry.status == "flagged":
        return [f"time entry {action.time_entry_id} is still flagged"]
    return _differs(entry, f"time entry {action.time_entry_id}", {})


def write_off(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, WriteOff | ReverseWriteOff)
    invoice = read.get(Invoice, action.invoice_id)
    total = receipt.result.get("written_off_minor")
    return _differs(invoice, f"invoice {action.invoice_id}", {"written_off_minor": total if total is not None else -1})


reverse_write_off = write_off


def send_customer_message(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, SendCustomerMessage)
    message, what = _fetch(read, Message, receipt, "message_id")
    fields = ("customer_id", "recipient", "subject", "body")
    return _differs(message, what, {field: getattr(action, field) for field in fields})


def recall_message(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, RecallMessage)
    return _differs(read.get(Message, action.message_id), f"message {action.message_id}", {"status": "recalled"})


def notify_channel(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, NotifyChannel)
    notice, what = _fetch(read, Notice, receipt, "notice_id")
    return _differs(notice, what, {"channel": action.channel, "text": action.text})


def create_task(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, CreateTask)
    task, what = _fetch(read, Task, receipt, "task_id")
    return _differs(
        task, what,
        {
            "title": action.title, "assignee_id": action.assignee_id, "due_on": action.due_on,
            "description": action.description, "about": action.about,
        },
    )  # fmt: skip


def set_ticket_priority(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, SetTicketPriority)
    return _differs(read.get(Ticket, action.ticket_id), f"ticket {action.ticket_id}", {"priority": action.priority})


def open_renewal(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, OpenRenewal)
    renewal, what = _fetch(read, Renewal, receipt, "renewal_id")
    expected = {"contract_id": action.contract_id, "owner_id": action.owner_id, "due_on": action.due_on}
    return _differs(renewal, what, expected)


def cancel_record(action: Action, receipt: Receipt, read: ReadPort) -> list[str]:
    assert isinstance(action, CancelRecord)
    expected: dict[str, object] = {"status": action.CANCELLED[action.kind]}
    return [
        difference
        for ident in action.ids
        for difference in _differs(read.get(RECORDS[action.kind], ident), f"{action.kind} {ident}", expected)
    ]
