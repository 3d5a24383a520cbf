"""Actions: typed tool calls, one model per tool, told apart by `tool`. Amounts are minor units, effort is minutes."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from tools import values
from tools.values import Currency, Day, Id, Minor, PositiveMinor, RecordKind, Value, digest

# Control characters but tab and line breaks, zero-width space and joiners, bidirectional overrides and isolates.
_DISGUISES = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


def _undisguised(text: str) -> str:
    if found := _DISGUISES.search(text):
        raise ValueError(f"holds U+{ord(found[0]):04X}, which hides or reorders text")
    return text


# What people approve must read the same everywhere. Events and records may hold such characters; actions may not.
Line = Annotated[values.Line, AfterValidator(_undisguised)]
Text = Annotated[values.Text, AfterValidator(_undisguised)]
Email = Annotated[values.Email, AfterValidator(_undisguised)]


Word = Annotated[str, StringConstraints(max_length=120, pattern=r"^[A-Za-z][A-Za-z0-9._:-]*$")]
"""A currency, one of a few words, or an id: it begins with a letter, and so is never taken for a day."""


class Ref(Value):
    """`{"$ref": "<proposal>/result/<field>"}`: a value that an earlier proposal's execution will read back."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    target: Annotated[
        str, Field(alias="$ref"), StringConstraints(pattern=r"^prp_[0-9a-z]{26}/result/[a-z_]{1,60}$", max_length=120)
    ]

    @property
    def proposal(self) -> str:
        return self.target.split("/")[0]

    @property
    def field(self) -> str:
        return self.target.split("/")[2]


class Action(Value):
    """Base of every action. `args` is the wire form of all fields but `tool`; the digest covers exactly both."""

    model_config = ConfigDict(serialize_by_alias=True)

    tool: str

    def args(self) -> dict[str, Any]:
        """JSON form of the arguments, absent optional ones left out."""
        return self.model_dump(mode="json", exclude={"tool"}, exclude_none=True)

    def digest(self) -> str:
        """`args_digest`: `sha256:` + hex over RFC 8785 of `{"args": …, "tool": …}`."""
        return digest({"args": self.args(), "tool": self.tool})

    def refs(self) -> dict[str, Ref]:
        """Argument name → reference, for each argument that waits for an earlier result."""
        return {name: value for name in type(self).model_fields if isinstance(value := getattr(self, name), Ref)}


class CreateProject(Action):
    tool: Literal["create_project"] = "create_project"
    name: Line
    customer_id: Id
    contract_id: Id
    unit: Line
    start_on: Day
    end_on: Day
    budget_minor: PositiveMinor
    currency: Currency
    lead_id: Id | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "CreateProject":
        if self.end_on < self.start_on:
            raise ValueError("end_on lies before start_on")
        return self


class ProvisionWorkspace(Action):
    tool: Literal["provision_workspace"] = "provision_workspace"
    project_id: Id | Ref
    type: Literal["channel", "drive", "repository"]
    name: Line


class OnboardingTask(Value):
    title: Line
    assignee_id: Id
    due_on: Day


class CreateOnboardingTasks(Action):
    """Tasks that get a project or a new colleague started; `about` is the project's or person's id."""

    tool: Literal["create_onboarding_tasks"] = "create_onboarding_tasks"
    about_kind: Literal["project", "person"]
    about: Id | Ref
    tasks: Annotated[list[OnboardingTask], Field(min_length=1, max_length=30)]


class AssignPerson(Action):
    tool: Literal["assign_person"] = "assign_person"
    project_id: Id | Ref
    person_id: Id
    role: Line
    start_on: Day
    end_on: Day
    percent: Annotated[int, Field(ge=1, le=100)]
    status: Literal["tentative", "requested", "confirmed"] = "requested"

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "AssignPerson":
        if self.end_on < self.start_on:
            raise ValueError("end_on lies before start_on")
        return self


class ShiftMilestone(Action):
    tool: Literal["shift_milestone"] = "shift_milestone"
    milestone_id: Id
    due_on: Day
    reason: Text


class UpdateForecast(Action):
    tool: Literal["update_forecast"] = "update_forecast"
    project_id: Id | Ref
    remaining_minutes: Annotated[int, Field(ge=0, le=60_000_000)]
    finish_on: Day


class ChangeBudget(Action):
    """Sets the whole new budget; the decision looks at its distance from the recorded one."""

    tool: Literal["change_budget"] = "change_budget"
    project_id: Id
    budget_minor: PositiveMinor
    currency: Currency
    reason: Text


class CreateChangeOrder(Action):
    tool: Literal["create_change_order"] = "create_change_order"
    project_id: Id
    change_request_id: Id | None = None
    title: Line
    minutes: Annotated[int, Field(ge=0, le=60_000_000)]
    amount_minor: Annotated[Minor, Field(ge=0)]
    currency: Currency


class SyncContractTerms(Action):
    """Writes the signed contract's value of one term into the system that disagrees."""

    tool: Literal["sync_contract_terms"] = "sync_contract_terms"
    contract_id: Id
    system: Literal["crm", "erp"]
    term: Literal[
        "value_minor", "hourly_rate_minor", "cap_minor", "start_on", "end_on", "payment_days", "currency", "type",
        "billing_contact_id",
    ]  # fmt: skip
    value: Minor | Day | Word


class HoldInvoice(Action):
    tool: Literal["hold_invoice"] = "hold_invoice"
    invoice_id: Id
    reason: Text


class ResumeInvoice(Action):
    """Takes an invoice off hold, back to draft; nothing leaves the house by it."""

    tool: Literal["resume_invoice"] = "resume_invoice"
    invoice_id: Id


class ReleaseInvoice(Action):
    """Sends the invoice out. The amount restates what leaves, so that a changed invoice no longer fits the approval."""

    tool: Literal["release_invoice"] = "release_invoice"
    invoice_id: Id
    amount_minor: PositiveMinor
    currency: Currency


class FlagTimeEntry(Action):
    tool: Literal["flag_time_entry"] = "flag_time_entry"
    time_entry_id: Id
    reason: Text


class UnflagTimeEntry(Action):
    tool: Literal["unflag_time_entry"] = "unflag_time_entry"
    time_entry_id: Id


class WriteOff(Action):
    tool: Literal["write_off"] = "write_off"
    invoice_id: Id
    amount_minor: PositiveMinor
    currency: Currency
    reason: Text


class ReverseWriteOff(Action):
    tool: Literal["reverse_write_off"] = "reverse_write_off"
    invoice_id: Id
    amount_minor: PositiveMinor
    currency: Currency


class SendCustomerMessage(Action):
    """Leaves after `MESSAGE_DELAY_S`; until then it can be recalled.

    `change_order_id` and `project_id` are what the message speaks of where that is yet to be made: without it the
    message does not leave.
    """

    tool: Literal["send_customer_message"] = "send_customer_message"
    customer_id: Id
    change_order_id: Id | Ref | None = None
    project_id: Id | Ref | None = None
    recipient: Email
    subject: Line
    body: Text
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "en"


class RecallMessage(Action):
    tool: Literal["recall_message"] = "recall_message"
    message_id: Id


class NotifyChannel(Action):
    tool: Literal["notify_channel"] = "notify_channel"
    channel: Annotated[str, StringConstraints(pattern=r"^#?[a-z0-9][a-z0-9._-]{0,78}$")]
    text: Text


class CreateTask(Action):
    tool: Literal["create_task"] = "create_task"
    title: Line
    assignee_id: Id
    due_on: Day
    description: Text | None = None
    about: Line | None = None


class SetTicketPriority(Action):
    tool: Literal["set_ticket_priority"] = "set_ticket_priority"
    ticket_id: Id
    priority: Literal["p1", "p2", "p3", "p4"]


class OpenRenewal(Action):
    tool: Literal["open_renewal"] = "open_renewal"
    contract_id: Id
    owner_id: Id
    due_on: Day


class CancelRecord(Action):
    """Takes back what an earlier action created, by marking it cancelled; nothing is deleted."""

    tool: Literal["cancel_record"] = "cancel_record"
    kind: Literal["project", "workspace", "task", "assignment", "change_order", "renewal"]
    ids: Annotated[list[Id], Field(min_length=1, max_length=30)]

    CANCELLED: ClassVar[dict[RecordKind, str]] = {
        "project": "cancelled", "workspace": "cancelled", "task": "cancelled", "assignment": "released",
        "change_order": "cancelled", "renewal": "cancelled",
    }  # fmt: skip


MESSAGE_DELAY_S = 60

ACTIONS: dict[str, type[Action]] = {
    model.model_fields["tool"].default: model
    for model in (
        CreateProject, ProvisionWorkspace, CreateOnboardingTasks, AssignPerson, ShiftMilestone, UpdateForecast,
        ChangeBudget, CreateChangeOrder, SyncContractTerms, HoldInvoice, ResumeInvoice, ReleaseInvoice,
        FlagTimeEntry, UnflagTimeEntry, WriteOff, ReverseWriteOff, SendCustomerMessage, RecallMessage, NotifyChannel,
        CreateTask, SetTicketPriority, OpenRenewal, CancelRecord,
    )
}  # fmt: skip

AnyAction = Annotated[
    CreateProject | ProvisionWorkspace | CreateOnboardingTasks | AssignPerson | ShiftMilestone | UpdateForecast
    | ChangeBudget | CreateChangeOrder | SyncContractTerms | HoldInvoice | ResumeInvoice | ReleaseInvoice
    | FlagTimeEntry | UnflagTimeEntry | WriteOff | ReverseWriteOff | SendCustomerMessage | RecallMessage | NotifyChannel
    | CreateTask | SetTicketPriority | OpenRenewal | CancelRecord,
    Field(discriminator="tool"),
]  # fmt: skip

_ANY_ACTION: TypeAdapter[AnyAction] = TypeAdapter(AnyAction)


def parse_action(tool: str, args: Any) -> AnyAction:
    """The action of a tool name and its wire arguments. Raises pydantic.ValidationError naming each wrong field."""
    if not isinstance(args, dict) or "tool" in args:
        args = {"args": args}
    return _ANY_ACTION.validate_python({"tool": tool, **args})
