"""What each tool does to the firm's records: projects, people, tasks and messages. Money is in `money_effects`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydantic import JsonValue

from tools.actions import (
    MESSAGE_DELAY_S,
    AssignPerson,
    CancelRecord,
    CreateOnboardingTasks,
    CreateProject,
    CreateTask,
    NotifyChannel,
    OpenRenewal,
    ProvisionWorkspace,
    RecallMessage,
    SendCustomerMessage,
    SetTicketPriority,
    ShiftMilestone,
    UpdateForecast,
)
from tools.connectors.sandbox.book import Book
from tools.connectors.sandbox.pen import Pen
from tools.records import (
    RECORDS,
    Assignment,
    Contract,
    Customer,
    Forecast,
    Message,
    Milestone,
    Notice,
    Person,
    Project,
    Renewal,
    Task,
    Ticket,
    TimeEntry,
    Workspace,
)
from tools.values import RecordKey, RecordKind
from tools.write_port import Refused


@dataclass(frozen=True)
class Effect:
    """`result` and `before` of the receipt."""

    result: dict[str, JsonValue]
    before: dict[str, JsonValue] = field(default_factory=dict)


Apply = Callable[[Book, Pen], Effect]
CLOSED_PROJECT = ("done", "cancelled")


def employed(book: Book, ident: str, start: date, end: date) -> Person:
    """The person. Raises Refused where they do not work here for the whole of `start` to `end`."""
    person = book.require(Person, ident)
    if start < person.starts_on or (person.ends_on is not None and end > person.ends_on):
        raise Refused(f"{ident} is not employed for all of {start} to {end}")
    return person


def open_project(book: Book, ident: object) -> Project:
    project = book.require(Project, ident)
    if project.status in CLOSED_PROJECT:
        raise Refused(f"project {project.id} is {project.status}")
    return project


def create_project(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, CreateProject)
    contract = book.require(Contract, action.contract_id)
    if contract.customer_id != book.require(Customer, action.customer_id).id:
        raise Refused(f"contract {contract.id} is not one of customer {action.customer_id}")
    if contract.status in ("draft", "ended"):
        raise Refused(f"contract {contract.id} is {contract.status}: no project can run on it")
    if contract.currency != action.currency:
        raise Refused(f"contract {contract.id} is in {contract.currency}, not {action.currency}")
    if action.lead_id is not None:
        employed(book, action.lead_id, action.start_on, action.start_on)
    ident = book.new_id("project")
    book.add([Project.model_validate({
        **action.model_dump(exclude={"tool"}), "id": ident, "status": "planned", "channel": f"#{ident}",
        "authors": pen.authors(Project) | {"channel": pen.firm("channel")},
    })])  # fmt: skip
    return Effect({"project_id": ident})


def provision_workspace(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, ProvisionWorkspace)
    project = open_project(book, action.project_id)
    taken = book.find(Workspace, {"type": action.type, "name": action.name, "status": "active"})
    if taken:
        raise Refused(f"there is already a {action.type} named {action.name}: {taken[0].id}")
    ident = book.new_id("workspace")
    book.add([Workspace(
        id=ident, unit=project.unit, authors=pen.authors(Workspace), project_id=project.id, type=action.type,
        name=action.name, status="active",
    )])  # fmt: skip
    return Effect({"workspace_id": ident})


def create_onboarding_tasks(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, CreateOnboardingTasks)
    about = RecordKey(kind=action.about_kind, id=str(action.about))
    subject = book.require(RECORDS[about.kind], about.id)
    idents: list[JsonValue] = []
    for task in action.tasks:
        employed(book, task.assignee_id, task.due_on, task.due_on)
        ident = book.new_id("task")
        book.add([Task(
            id=ident, unit=subject.unit, authors=pen.authors(Task, assignee_id="tasks"), title=task.title,
            assignee_id=task.assignee_id, due_on=task.due_on, about=str(about), status="open",
        )])  # fmt: skip
        idents.append(ident)
    return Effect({"task_ids": idents})


def assign_person(book: Book, pen: Pen) -> Effect:
    """More than 100 % is booked all the same, as planners do; the receipt says how much the busiest day then holds."""
    action = pen.action
    assert isinstance(action, AssignPerson)
    project = open_project(book, action.project_id)
    employed(book, action.person_id, action.start_on, action.end_on)
    others = [
        other for other in book.find(Assignment, {"person_id": action.person_id})
        if other.status != "released" and other.start_on <= action.end_on and action.start_on <= other.end_on
    ]  # fmt: skip
    days = [action.start_on, *(other.start_on for other in others if other.start_on > action.start_on)]
    booked = max(sum(other.percent for other in others if other.start_on <= day <= other.end_on) for day in days)
    ident = book.new_id("assignment")
    book.add([Assignment(
        id=ident, unit=project.unit, authors=pen.authors(Assignment), project_id=project.id,
        person_id=action.person_id, role=action.role, start_on=action.start_on, end_on=action.end_on,
        percent=action.percent, status=action.status,
    )])  # fmt: skip
    return Effect({"assignment_id": ident, "booked_percent": booked + action.percent})


def shift_milestone(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, ShiftMilestone)
    milestone = book.require(Milestone, action.milestone_id)
    if milestone.status in ("completed", "invoiced"):
        raise Refused(f"milestone {milestone.id} is {milestone.status} and cannot move")
    book.change(milestone, pen, due_on=action.due_on)
    return Effect(
        {"milestone_id": milestone.id, "due_on": action.due_on.isoformat()}, {"due_on": milestone.due_on.isoformat()}
    )


def update_forecast(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, UpdateForecast)
    project = open_project(book, action.project_id)
    if action.finish_on < project.start_on:
        raise Refused(f"project {project.id} starts on {project.start_on}, after the new finish {action.finish_on}")
    result: dict[str, JsonValue] = {"project_id": project.id, **action.model_dump(mode="json", exclude={"tool"})}
    forecast = book.get(Forecast, project.id)
    if forecast is None:
        book.add([Forecast(
            id=project.id, unit=project.unit, authors=pen.authors(Forecast, id="project_id"),
            remaining_minutes=action.remaining_minutes, finish_on=action.finish_on,
        )])  # fmt: skip
        return Effect(result)
    book.change(forecast, pen, remaining_minutes=action.remaining_minutes, finish_on=action.finish_on)
    before: dict[str, JsonValue] = {
        "remaining_minutes": forecast.remaining_minutes, "finish_on": forecast.finish_on.isoformat(),
    }  # fmt: skip
    return Effect(result, before)


def send_customer_message(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, SendCustomerMessage)
    customer = book.require(Customer, action.customer_id)
    ident, send_at = book.new_id("message"), pen.now + timedelta(seconds=MESSAGE_DELAY_S)
    book.add([Message(
        id=ident, unit=customer.unit, authors=pen.authors(Message), customer_id=customer.id,
        recipient=action.recipient, subject=action.subject, body=action.body, status="scheduled", send_at=send_at,
    )])  # fmt: skip
    return Effect({"message_id": ident, "send_at": send_at.isoformat()})


def recall_message(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, RecallMessage)
    message = book.require(Message, action.message_id)
    if message.status == "sent" or (message.status == "scheduled" and pen.now >= message.send_at):
        raise Refused(f"message {message.id} has left and cannot be recalled")
    if message.status == "recalled":
        raise Refused(f"message {message.id} is recalled already")
    book.change(message, pen.firm, status="recalled")
    return Effect({"message_id": message.id}, {"status": message.status})


def notify_channel(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, NotifyChannel)
    ident = book.new_id("notice")
    book.add([Notice(id=ident, authors=pen.authors(Notice), channel=action.channel, text=action.text)])
    return Effect({"notice_id": ident})


def create_task(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, CreateTask)
    assignee = employed(book, action.assignee_id, action.due_on, action.due_on)
    ident = book.new_id("task")
    book.add([Task(
        id=ident, unit=assignee.unit, authors=pen.authors(Task), title=action.title, description=action.description,
        assignee_id=assignee.id, due_on=action.due_on, about=action.about, status="open",
    )])  # fmt: skip
    return Effect({"task_id": ident})


def set_ticket_priority(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, SetTicketPriority)
    ticket = book.require(Ticket, action.ticket_id)
    if ticket.status == "closed":
        raise Refused(f"ticket {ticket.id} is closed")
    book.change(ticket, pen, priority=action.priority)
    return Effect({"ticket_id": ticket.id, "priority": action.priority}, {"priority": ticket.priority})


def open_renewal(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, OpenRenewal)
    contract = book.require(Contract, action.contract_id)
    owner = employed(book, action.owner_id, action.due_on, action.due_on)
    if found := book.find(Renewal, {"contract_id": contract.id, "status": "open"}):
        raise Refused(f"contract {contract.id} has an open renewal: {found[0].id}")
    ident = book.new_id("renewal")
    book.add([Renewal(
        id=ident, unit=contract.unit, authors=pen.authors(Renewal), contract_id=contract.id, owner_id=owner.id,
        due_on=action.due_on, status="open",
    )])  # fmt: skip
    return Effect({"renewal_id": ident})


def cancel_record(book: Book, pen: Pen) -> Effect:
    action = pen.action
    assert isinstance(action, CancelRecord)
    kind: RecordKind = action.kind
    status = action.CANCELLED[kind]
    for ident in action.ids:
        record = book.require(RECORDS[kind], ident)
        if record.value("status") == status:
            raise Refused(f"{kind.replace('_', ' ')} {ident} is {status} already")
        if kind == "project" and book.find(TimeEntry, {"project_id": ident}, limit=1):
            raise Refused(f"project {ident} has time booked on it and cannot be cancelled")
        book.change(record, pen.firm, status=status)
    return Effect({"kind": kind, "ids": list(action.ids)})


EFFECTS: dict[str, Apply] = {
    effect.__name__: effect
    for effect in (
        create_project, provision_workspace, create_onboarding_tasks, assign_person, shift_milestone, update_forecast,
        send_customer_message, recall_message, notify_channel, create_task, set_ticket_priority, open_renewal,
        cancel_record,
    )
}  # fmt: skip
