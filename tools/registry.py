"""The registry: what each tool is, what it risks, what may support its arguments, how it is read back and undone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tools import inverses, readback, stakes
from tools.actions import ACTIONS, MESSAGE_DELAY_S, Action
from tools.ports import ReadPort
from tools.reach import Reach
from tools.receipt import Receipt
from tools.supports import Bounded, EventField, Existing, FieldOf, InReach, Prose, ReachedField, Support
from tools.values import Money

RiskClass = Literal["internal", "people", "money", "contract", "customer", "protective"]
Reversibility = Literal["reversible", "within_window", "irreversible"]
DataClass = Literal["none", "personal", "financial"]

PROSE, BOUNDED = Prose(), Bounded()


@dataclass(frozen=True)
class ToolSpec:
    """One tool. `supports` names for every argument the places that may support it; any one is enough.

    `confirm` reads the effect back by a fresh query and returns what differs (empty: it holds).
    `inverse` is the action that takes the effect back, None where there is none.
    `stake` is the money at stake by the records, None where no money moves.
    """

    tool: str
    title: str
    risk_class: RiskClass
    reversibility: Reversibility
    data_class: DataClass
    supports: Mapping[str, tuple[Support, ...]]
    confirm: Callable[[Action, Receipt, ReadPort], list[str]]
    inverse: Callable[[Action, Receipt], Action | None]
    stake: Callable[[Action, Reach], Money | None] = stakes.none
    recipient_argument: str | None = None
    undo_window_s: int | None = None

    @property
    def model(self) -> type[Action]:
        return ACTIONS[self.tool]


def _contract(field: str) -> FieldOf:
    return FieldOf(argument="contract_id", kind="contract", field=field)


def _project(field: str) -> FieldOf:
    return FieldOf(argument="project_id", kind="project", field=field)


def _invoice(field: str) -> FieldOf:
    return FieldOf(argument="invoice_id", kind="invoice", field=field)


_PROJECT, _CONTRACT, _INVOICE = InReach(kind="project"), InReach(kind="contract"), InReach(kind="invoice")
_COLLEAGUE = Existing(kind="person")
_PROJECT_CURRENCY = _project("currency")

_SPECS = (
    ToolSpec(
        "create_project", "Create a project", "internal", "reversible", "financial",
        {
            "name": (PROSE,), "contract_id": (_CONTRACT,), "customer_id": (_contract("customer_id"),),
            "unit": (_contract("unit"),), "start_on": (_contract("start_on"), EventField(field="start_on")),
            "end_on": (_contract("end_on"), EventField(field="end_on")), "budget_minor": (_contract("value_minor"),),
            "currency": (_contract("currency"),), "lead_id": (_contract("owner_id"), InReach(kind="person")),
        },
        readback.create_project, inverses.created("project", "project_id"), stakes.create_project,
    ),
    ToolSpec(
        "provision_workspace", "Set up a workspace", "internal", "reversible", "none",
        {"project_id": (_PROJECT,), "type": (BOUNDED,), "name": (PROSE,)},
        readback.provision_workspace, inverses.created("workspace", "workspace_id"),
    ),
    ToolSpec(
        "create_onboarding_tasks", "Create onboarding tasks", "internal", "reversible", "personal",
        {"about_kind": (BOUNDED,), "about": (_PROJECT, InReach(kind="person")), "tasks": (_COLLEAGUE,)},
        readback.create_onboarding_tasks, inverses.created_many("task", "task_ids"),
    ),
    ToolSpec(
        "assign_person", "Assign a person to a project", "people", "reversible", "personal",
        {
            "project_id": (_PROJECT,), "person_id": (_COLLEAGUE,), "role": (PROSE,),
            "start_on": (_project("start_on"), EventField(field="start_on")),
            "end_on": (_project("end_on"), EventField(field="end_on")),
            "percent": (BOUNDED,), "status": (BOUNDED,),
        },
        readback.assign_person, inverses.created("assignment", "assignment_id"), stakes.assign_person,
    ),
    ToolSpec(
        "shift_milestone", "Move a milestone", "contract", "reversible", "none",
        {
            "milestone_id": (InReach(kind="milestone"),), "due_on": (EventField(field="expected_on"),),
            "reason": (PROSE,),
        },
        readback.shift_milestone, inverses.shift_milestone, stakes.shift_milestone,
    ),
    ToolSpec(
        "update_forecast", "Update a project's forecast", "internal", "reversible", "none",
        {
            "project_id": (_PROJECT,),
            "remaining_minutes": (FieldOf(argument="project_id", kind="forecast", field="remaining_minutes"),),
            "finish_on": (
                EventField(field="expected_on"), _project("end_on"),
                FieldOf(argument="project_id", kind="forecast", field="finish_on"),
            ),
        },
        readback.update_forecast, inverses.update_forecast,
    ),
    ToolSpec(
        "change_budget", "Change a project's budget", "money", "reversible", "financial",
        {
            "project_id": (_PROJECT,), "currency": (_PROJECT_CURRENCY,), "reason": (PROSE,),
            "budget_minor": (ReachedField(kind="contract", field="value_minor", match="contract_id"),),
        },
        readback.change_budget, inverses.change_budget, stakes.change_budget,
    ),
    ToolSpec(
        "create_change_order", "Draft a change order", "contract", "reversible", "financial",
        {
            "project_id": (_PROJECT,), "change_request_id": (InReach(kind="change_request"),), "title": (PROSE,),
            # How much work it is, is said by somebody; what is weighed is the amount made of it.
            "minutes": (BOUNDED,), "amount_minor": (), "currency": (_PROJECT_CURRENCY,),
        },
        readback.create_change_order, inverses.created("change_order", "change_order_id"), stakes.amount,
    ),
    ToolSpec(
        "sync_contract_terms", "Correct a contract term", "contract", "reversible", "financial",
        {
            "contract_id": (_CONTRACT,), "system": (BOUNDED,), "term": (BOUNDED,),
            "value": (_contract("{term}"),),
        },
        readback.sync_contract_terms, inverses.sync_contract_terms, stakes.sync_contract_terms,
    ),
    ToolSpec(
        "hold_invoice", "Hold an invoice", "protective", "reversible", "financial",
        {"invoice_id": (_INVOICE,), "reason": (PROSE,)},
        readback.hold_invoice, inverses.hold_invoice,
    ),
    ToolSpec(
        "resume_invoice", "Take an invoice off hold", "money", "reversible", "financial",
        {"invoice_id": (_INVOICE,)},
        readback.resume_invoice, inverses.resume_invoice, stakes.invoice,
    ),
    ToolSpec(
        "release_invoice", "Release an invoice", "money", "irreversible", "financial",
        {"invoice_id": (_INVOICE,), "amount_minor": (_invoice("amount_minor"),), "currency": (_invoice("currency"),)},
        readback.release_invoice, inverses.none, stakes.amount,
    ),
    ToolSpec(
        "flag_time_entry", "Flag a time entry", "protective", "reversible", "personal",
        {"time_entry_id": (InReach(kind="time_entry"),), "reason": (PROSE,)},
        readback.flag_time_entry, inverses.flag_time_entry,
    ),
    ToolSpec(
        "unflag_time_entry", "Clear a flagged time entry", "people", "reversible", "personal",
        {"time_entry_id": (InReach(kind="time_entry"),)},
        readback.unflag_time_entry, inverses.unflag_time_entry,
    ),
    ToolSpec(
        "write_off", "Write off part of an invoice", "money", "reversible", "financial",
        {"invoice_id": (_INVOICE,), "amount_minor": (), "currency": (_invoice("currency"),), "reason": (PROSE,)},
        readback.write_off, inverses.write_off, stakes.amount,
    ),
    ToolSpec(
        "reverse_write_off", "Take back a write-off", "money", "reversible", "financial",
        {
            "invoice_id": (_INVOICE,), "amount_minor": (_invoice("written_off_minor"),),
            "currency": (_invoice("currency"),),
        },
        readback.reverse_write_off, inverses.reverse_write_off, stakes.amount,
    ),
    ToolSpec(
        "send_customer_message", "Send a message to a customer", "customer", "within_window", "personal",
        {
            "customer_id": (InReach(kind="customer"),), "change_order_id": (InReach(kind="change_order"),),
            "project_id": (_PROJECT,), "recipient": (ReachedField(kind="contact", field="email", match="customer_id"),),
            "subject": (PROSE,), "body": (PROSE,), "language": (BOUNDED,),
        },
        readback.send_customer_message, inverses.send_customer_message, recipient_argument="recipient",
        undo_window_s=MESSAGE_DELAY_S,
    ),
    ToolSpec(
        "recall_message", "Recall a message before it leaves", "protective", "irreversible", "personal",
        {"message_id": (InReach(kind="message"),)},
        readback.recall_message, inverses.none,
    ),
    ToolSpec(
        "notify_channel", "Post to an internal channel", "internal", "irreversible", "none",
        {"channel": (ReachedField(kind="project", field="channel", match="project_id"), BOUNDED), "text": (PROSE,)},
        readback.notify_channel, inverses.none,
    ),
    ToolSpec(
        "create_task", "Create a task", "internal", "reversible", "none",
        {
            "title": (PROSE,), "description": (PROSE,), "assignee_id": (_COLLEAGUE,), "due_on": (BOUNDED,),
            "about": (PROSE,),
        },
        readback.create_task, inverses.created("task", "task_id"),
    ),
    ToolSpec(
        "set_ticket_priority", "Set a ticket's priority", "internal", "reversible", "none",
        {"ticket_id": (InReach(kind="ticket"),), "priority": (BOUNDED,)},
        readback.set_ticket_priority, inverses.set_ticket_priority,
    ),
    ToolSpec(
        "open_renewal", "Open a contract renewal", "contract", "reversible", "none",
        {
            "contract_id": (_CONTRACT,), "owner_id": (_contract("owner_id"),),
            "due_on": (_contract("end_on"), BOUNDED),
        },
        readback.open_renewal, inverses.created("renewal", "renewal_id"), stakes.open_renewal,
    ),
    ToolSpec(
        "cancel_record", "Take back what was created", "internal", "irreversible", "none",
        {"kind": (BOUNDED,), "ids": ()},
        readback.cancel_record, inverses.none,
    ),
)  # fmt: skip

TOOLS: Mapping[str, ToolSpec] = {spec.tool: spec for spec in _SPECS}

if TOOLS.keys() != ACTIONS.keys():
    raise RuntimeError(f"registry and actions differ: {TOOLS.keys() ^ ACTIONS.keys()}")
